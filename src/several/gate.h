/* What passes between the process of all and the child for one registry, over one socket of
 * messages: the child's identity, the word to begin, and, at the end, the child's counts. Private
 * to src/several. */
#ifndef SEVERAL_GATE_H
#define SEVERAL_GATE_H

#include "several/several.h"
#include "util/buf.h"
#include "util/string_list.h"

#include <stddef.h>
#include <stdint.h>

#define GATE_MESSAGE 65536 /* bytes of a message, at most */

struct several_gate {
	int socket;
	char *name;
	int64_t began_ms;             /* all of it; time_monotonic_ms */
	struct string_list variables; /* of the environment, before the configuration was read */
};

/* What two registries must not share. */
struct gate_identity {
	char *url;                    /* every loopback address is the same */
	char *storage;                /* device and inode of paths.host_storage; "" when unknown */
	char *collector;              /* how it is reached; "" where none is to run */
	char *metrics, *html;         /* report.metrics_file, report.html_file; "" when none */
	struct string_list variables; /* that were removed, since they held a secret */
};
void gate_identity_clear(struct gate_identity *identity);

/* In the child, before it reads the configuration. */
void gate_open(struct several_gate *gate, int socket, const char *name, int64_t began_ms);
/* What several_may_begin sends for CONFIG, appended to TEXT. */
void gate_describe(const struct several_gate *gate, const struct config *config, struct buf *text);
/* -1: LENGTH bytes at TEXT are no such message. IDENTITY is the caller's in any case. */
int gate_read_identity(const char *text, size_t length, struct gate_identity *identity)
	__attribute__((warn_unused_result));
/* The word to begin, and to forget VARIABLES; false: the child is gone. */
bool gate_let_begin(int socket, const struct string_list *variables);
/* WARNINGS and ERRORS from what several_tell sent; false: LENGTH bytes at TEXT are something else.
 */
bool gate_read_counts(const char *text, size_t length, unsigned *warnings, unsigned *errors);

#endif
