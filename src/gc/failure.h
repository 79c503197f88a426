/* Why a collection failed, in words that help. */
#ifndef GC_FAILURE_H
#define GC_FAILURE_H

#include "util/err.h"

#include <stdbool.h>

struct config;
struct layout;
struct collector_marks;
struct proc_result;

/* How a collector ended. */
struct gc_end {
	const struct proc_result *process;
	const char *errors;                  /* what tells why */
	const struct collector_marks *marks; /* what it marked until then */
	bool asked;                          /* it was only asked what it would remove */
	bool hurried;                        /* asked, with no more time than gc.timeout_minutes */
	bool summary;                        /* it had printed its summary line */
};

/* Sets ERR (ERR_COLLECTOR) from END; returns -1. LAYOUT (may be NULL) is looked through to name
 * what it stopped at. */
int gc_failure(const struct config *config, struct layout *layout, const struct gc_end *end,
	       struct err *err);

/* Whether ERRORS, all that was printed by what ended so, is what a container engine says when it
 * refuses to start anything: no collector can be at work then. */
bool gc_never_started(const struct proc_result *process, const char *errors);

/* The collector stopped since there is no folder of repositories, as before the first push. */
bool gc_finds_no_repositories(const char *errors);

#endif
