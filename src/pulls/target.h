/* What a request was for: a manifest of a repository, by tag or digest. Pure. For src/pulls only.
 */
#ifndef PULLS_TARGET_H
#define PULLS_TARGET_H

#include "pulls/access_line.h"

#include <stdbool.h>
#include <stddef.h>

#define TARGET_LIMIT 512 /* longer ones name nothing that a registry can have */

struct target {
	bool api;                /* it is of the v2 API */
	size_t length;           /* bytes in NAME; 0: it is no manifest */
	char name[TARGET_LIMIT]; /* "REPOSITORY:TAG" or "REPOSITORY@DIGEST", followed by a NUL */
};

/* What LINE asks for; PREFIX is the path of registry.url ("" or "/some/where"), which may be there
 * or not: a proxy may have taken it away. Percent signs are decoded. */
void target_read(const struct access_line *line, const char *prefix, struct target *target);

/* Where the repository ends in NAME: the first ':' or '@'. */
size_t target_repository(const char *name);

#endif
