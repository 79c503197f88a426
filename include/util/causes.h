/* What failed, put together by why it did: one fault is told in one line, however many it is about.
 */
#ifndef UTIL_CAUSES_H
#define UTIL_CAUSES_H

#include <stddef.h>

struct causes;

struct cause {
	const char *why;
	const char *place, *what; /* the first that failed for it */
	size_t count;             /* how many failed */
	size_t places;            /* in how many different places */
};

struct causes *causes_new(void);
void causes_free(struct causes *causes); /* NULL is fine */

/* WHAT in PLACE failed; WHY has nothing in it that only this has. All are copied. */
void causes_add(struct causes *causes, const char *place, const char *what, const char *why);
/* Has TELL called for each of the first MOST causes, in the order in which they came, and forgets
 * them all. How many failed for the others. */
size_t causes_tell(struct causes *causes, size_t most, void (*tell)(const struct cause *cause));

#endif
