/* Sentences that are gathered before any is shown: the faults of a file, or its warnings. */
#ifndef UTIL_NOTES_H
#define UTIL_NOTES_H

#include <stddef.h>

struct notes {
	char **lines;
	size_t count;
};

/* Appends a line. Control characters become '?', so that it is one line. */
void notes_add(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void notes_clear(struct notes *notes);

#endif
