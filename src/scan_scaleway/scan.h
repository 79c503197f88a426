/* The tags of all images. For src/scan_scaleway/load.c only. */
#ifndef SCAN_SCALEWAY_SCAN_H
#define SCAN_SCALEWAY_SCAN_H

#include "util/err.h"

#include <stddef.h>

struct http;
struct inventory;
struct scaleway_api;
struct scaleway_catalog;

struct scan_scaleway {
	struct inventory *inventory;      /* has a repository for each image */
	struct scaleway_catalog *catalog; /* gets their tags */
	struct scaleway_api *api;
	struct http *http;
	size_t window; /* lists that are read at a time, 1 at least */
	size_t next, in_flight, done;
};

/* Reads the tags of every image of the catalog. -1: as http_run. */
int scan_scaleway_tags(struct scan_scaleway *scan, struct err *err)
	__attribute__((warn_unused_result));

#endif
