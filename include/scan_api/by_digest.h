/* Manifests that no tag leads to, read by their digests, where something else names these. */
#ifndef SCAN_API_BY_DIGEST_H
#define SCAN_API_BY_DIGEST_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

struct api;
struct http; /* http/engine.h */
struct inventory;

/* Reads COUNT manifests of INVENTORY that are unseen, and what these mention and is unseen, in
 * turn. Dates are not read. What the registry does not have is missing; what could not be read is a
 * fault of its repository (S2). -1: ERR_STOPPED, ERR_UNREACHABLE. */
int scan_api_by_digest(struct inventory *inventory, const uint32_t *manifests, size_t count,
		       struct api *api, struct http *http, struct err *err)
	__attribute__((warn_unused_result));

#endif
