/* Shared by src/scaleway only. */
#ifndef SCALEWAY_API_PRIVATE_H
#define SCALEWAY_API_PRIVATE_H

#include "scaleway/api.h"

#include <stddef.h>

struct scaleway_api {
	struct http *http;
	char *base;         /* without a slash at its end */
	size_t most, pages; /* of a list: objects, and pages of one reading */
};

/* Sends a GET of BASE/PATH, judged by what its body says. */
void scaleway_ask(const struct scaleway_api *api, const char *path, size_t max_body, http_done done,
		  void *ctx);

#endif
