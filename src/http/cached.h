/* Which lines of an answer's head say that it came out of a cache. Private to src/http. */
#ifndef HTTP_CACHED_H
#define HTTP_CACHED_H

#include <stdbool.h>
#include <stddef.h>

/* LINE, of LENGTH bytes and without its end, is "Name: value". Via and Date prove nothing. */
bool cached_says(const char *line, size_t length);

#endif
