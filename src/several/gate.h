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

/* The files that a run writes where its configuration says, and their keys. */
#define GATE_FILE_TABLE(X)              \
	X(METRICS, report.metrics_file) \
	X(HTML, report.html_file)       \
	X(LOG, log.file)
#define GATE_FILE(name, key) GATE_##name,
enum gate_file { GATE_FILE_TABLE(GATE_FILE) GATE_FILES };

/* What two registries must not share; of the files, a log alone may be that of both. */
struct gate_identity {
	char *url;                    /* every loopback address is the same */
	char *storage;                /* device and inode of paths.host_storage; "" when unknown */
	char *collector;              /* how it is reached; "" where none is to run */
	char *files[GATE_FILES];      /* by their folders, device and inode; "" when none */
	struct string_list variables; /* that were removed, since they held a secret */
};
void gate_identity_clear(struct gate_identity *identity);
/* The keys of a file that both would write, and one would overwrite; the caller's. NULL: there is
 * none. */
char *gate_same_file(const struct gate_identity *a, const struct gate_identity *b);

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
