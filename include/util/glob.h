/* Globs over names of repositories. */
#ifndef UTIL_GLOB_H
#define UTIL_GLOB_H

#include <stdbool.h>

/* The whole of NAME matches GLOB: `*` is any run of characters but '/', `**` any run at all, `?`
 * one character but '/', and a whole component `**` followed by '/' may also be nothing. Everything
 * else, '[' too, stands for itself. Takes at most the product of both lengths. */
bool glob_matches(const char *glob, const char *name);

#endif
