/* Strings that live as long as their arena: pointers stay valid, nothing is released singly. */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */
/* A NUL-terminated copy of LENGTH bytes; borrowed from ARENA. */
const char *arena_string(struct arena *arena, const char *text, size_t length);
const char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
