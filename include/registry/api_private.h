/* Shared by src/registry/api.c and api_list.c only. */
#ifndef REGISTRY_API_PRIVATE_H
#define REGISTRY_API_PRIVATE_H

#include "registry/api.h"

struct api {
	struct http *http;
	char *base; /* without trailing slash */
};

void api_read_answer(const struct http_response *response, struct api_answer *answer);

#endif
