/* How far names are from each other: to tell what was probably meant. */
#ifndef UTIL_EDIT_DISTANCE_H
#define UTIL_EDIT_DISTANCE_H

#include <stddef.h>

/* The edit distance of A and B: letters added, left out or replaced, neighbours swapped counting
 * once, compared without case. SIZE_MAX when one is longer than 64 letters. */
size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length);

/* What was probably meant, among names that are considered one after the other. */
struct edits_nearest {
	size_t below;     /* only what is fewer edits away is taken */
	const char *name; /* the first of the nearest, borrowed; NULL: none is near */
};

/* Takes OTHER if it is nearer to NAME than what BEST has. */
void edit_distance_consider(struct edits_nearest *best, const char *name, const char *other);

#endif
