/* Blobs, fetched whole: whether a blob is there, only its bytes tell. A registry with a cache
 * answers a HEAD, and takes a manifest, also for what was removed (registry notes, section 5). */
#ifndef RESTORE_FETCH_H
#define RESTORE_FETCH_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct api;
struct http;
struct restore_blob;

/* Fetches each of COUNT blobs; sets CHECKED of those whose bytes are what the digest says, and WHY
 * of the others. -1: as http_run. */
int restore_fetch(struct api *api, struct http *http, struct restore_blob *const *blobs,
		  size_t count, struct err *err) __attribute__((warn_unused_result));

#endif
