/* Proves that the folder which an inventory was read from is the registry's own: a stale copy has
 * the same repositories and the same tags for long, and whoever believed it would delete live
 * images. */
#ifndef SCAN_STORAGE_COMPARE_WITH_API_H
#define SCAN_STORAGE_COMPARE_WITH_API_H

#include "util/err.h"

#include <stdint.h>

struct api;
struct http;
struct inventory;
struct layout;

#define COMPARE_SAMPLE 20 /* tags */

/* Compares a sample of INVENTORY's tags, the youngest links among them, with the registry's
 * answers. What was changed since INVENTORY was read is looked up again in LAYOUT, and is no
 * difference. -1: ERR_IO says what differs; ERR_UNREACHABLE, ERR_STOPPED. */
int compare_with_api_sample(const struct inventory *inventory, const struct layout *layout,
			    struct api *api, struct http *http, struct err *err)
	__attribute__((warn_unused_result));

/* Compares the names of all repositories and tags in the same way. */
int compare_with_api_names(const struct inventory *inventory, const struct layout *layout,
			   struct api *api, struct http *http, struct err *err)
	__attribute__((warn_unused_result));

#endif
