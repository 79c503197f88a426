/* A file to which lines are added; for state/state.c. */
#ifndef STATE_JOURNAL_H
#define STATE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define JOURNAL_LIMIT ((size_t)64 << 20) /* bytes; one that is longer is not read */

struct journal {
	char *path;
	int fd;    /* -1: for reading only */
	bool torn; /* it ends within a line */
};

/* Opens the file at PATH, which ends with a whole line, anew. -1 with errno set. */
int journal_open(struct journal *journal) __attribute__((warn_unused_result));
/* Frees PATH as well. */
void journal_close(struct journal *journal);
/* Whether LENGTH bytes more are still within the limit. */
bool journal_has_room(const struct journal *journal, size_t length);
/* Adds LINES; DURABLE: and fsyncs. 0 or an errno; then nothing was added, or at worst lines that
 * count as damaged. */
int journal_append(struct journal *journal, const struct buf *lines, bool durable)
	__attribute__((warn_unused_result));

#endif
