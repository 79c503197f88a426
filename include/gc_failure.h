/* Why a collection failed, in words that help. */
#ifndef GC_FAILURE_H
#define GC_FAILURE_H

#include "util/err.h"

#include <stdbool.h>

struct config;
struct layout;
struct proc_result;

/* Sets ERR (ERR_COLLECTOR) from how the collector ended and ERRORS, what tells why; returns -1.
 * SUMMARY: it had printed its summary line. LAYOUT (may be NULL) is looked through to name what it
 * stopped at. */
int gc_failure(const struct config *config, struct layout *layout, const struct proc_result *end,
	       const char *errors, int summary, struct err *err);

/* Whether ERRORS, all that was printed, is what a container engine says when it refuses to start
 * anything: no collector can be at work then. */
bool gc_never_started(const struct proc_result *end, const char *errors);

/* The collector stopped since there is no folder of repositories, as before the first push. */
bool gc_finds_no_repositories(const char *errors);

#endif
