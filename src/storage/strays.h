/* What lies in the registry's storage and is none of its own: left by file servers, desktops and
 * file systems (`@eaDir`, `.DS_Store`, `lost+found`), or by people who made copies there. */
#ifndef STORAGE_STRAYS_H
#define STORAGE_STRAYS_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct layout; /* storage/layout.h */

/* The last part of PATH is a name by which such things are known, and none before it is. */
bool strays_is_known(const char *path);
/* No repository can have the name that the first LENGTH bytes of NAME are, so that distribution
 * (2.8.2, 3.0.0, 3.1.1) gives up the collection when it comes to one. Some others cannot either. */
bool strays_is_repository(const char *name, size_t length);
/* Distribution's drivers open no file by such a PATH: it has other characters than theirs. */
bool strays_is_unreadable(const char *path);

/* Calls EACH with the path, relative to docker/registry/v2, of what is known to be a stray in
 * blobs/, and (STOPS) of each file `data` at which the collector would abort, since no blob can lie
 * there. What is inside a blob's own folder is not looked at: there are too many. -1: ERR_STOPPED.
 */
int strays_in_blobs(const struct layout *layout,
		    void (*each)(void *ctx, const char *path, bool stops), void *ctx,
		    struct err *err) __attribute__((warn_unused_result));

#endif
