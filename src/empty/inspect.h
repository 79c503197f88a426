/* Looks into the folders of an empty repository. For src/empty/removal.c and move.c only. */
#ifndef EMPTY_INSPECT_H
#define EMPTY_INSPECT_H

#include "empty/removal.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum empty_part { EMPTY_MANIFESTS, EMPTY_LAYERS, EMPTY_UPLOADS };
#define EMPTY_PARTS 3

extern const char *const EMPTY_NAMES[EMPTY_PARTS], *const EMPTY_NAMES_HIDDEN[EMPTY_PARTS],
							   *const EMPTY_NAMES_GONE[EMPTY_PARTS];

/* The descriptor of the folder of all repositories (LENGTH 0), or of the first LENGTH characters of
 * REPOSITORY: -1 with errno, ELOOP when a link leads there, EXDEV when it is on another device than
 * LAYOUT. */
int empty_open(const struct layout *layout, const char *repository, size_t length);
/* The same for NAME in the folder PARENT. */
int empty_open_in(int parent, const char *name);

/* Judges PART of a repository, which has NAME in its folder REPOSITORY; none is empty. VERDICT
 * begins as { EMPTY_IDLE, INT64_MIN, "" }, and its state only gets lower. True when it is there. */
bool empty_look(int repository, enum empty_part part, const char *name,
		struct empty_verdict *verdict);

#endif
