/* Allocation that cannot fail: out of memory ends the process with EXIT_INTERNAL (70). What was
 * already deleted is recorded in the state folder, so the next run continues. */
#ifndef UTIL_XALLOC_H
#define UTIL_XALLOC_H

#include <stddef.h>
#include <stdlib.h>

#define EXIT_INTERNAL 70

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *format, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));

/* For libraries: MEMORY, which one allocated, unless it is NULL. */
void *xchecked(void *memory) __attribute__((returns_nonnull));
/* Sees to it that SIZE bytes more can be had: before a library that does not survive the want of
 * them. Other threads may take them first. */
void xensure(size_t size);

/* Prints "internal error: ..." and leaves with EXIT_INTERNAL: a broken invariant, never bad input.
 */
void die_internal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Makes room for one more element in ARRAY, which holds COUNT of them and has room for CAPACITY. */
#define GROW(array, count, capacity)                                                   \
	do {                                                                           \
		if ((count) == (capacity)) {                                           \
			(capacity) = (capacity) ? (capacity)*2 : 16;                   \
			(array) = xreallocarray((array), (capacity), sizeof *(array)); \
		}                                                                      \
	} while (0)

/* A local that releases itself at the end of its scope: CLEANUP(free_p) char *text = NULL; */
#define CLEANUP(function) __attribute__((cleanup(function)))
static inline void free_p(void *slot)
{
	free(*(void **)slot);
}

/* Hands a self-releasing local out: return steal(&text); */
static inline void *steal_pointer(void *slot)
{
	void **from = slot;
	void *taken = *from;

	*from = NULL;
	return taken;
}
#define steal(slot) ((__typeof__(*(slot)))steal_pointer(slot))

#endif
