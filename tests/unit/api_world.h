/* A small server of ours, and the API's requests to it, one at a time. */
#ifndef API_WORLD_H
#define API_WORLD_H

#include "../tools/tiny_http.h"
#include "registry/api_private.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

struct api_world {
	struct tiny_http server;
	struct http *http;
	struct api *api;
};

/* ANSWER has CTX as the server's. */
static inline void api_world_start(struct api_world *world, tiny_handler answer, void *ctx)
{
	static const struct http_options OPTIONS = { .max_in_flight = 1,
						     .get_timeout_seconds = 10,
						     .delete_timeout_seconds = 10 };
	CLEANUP(free_p) char *url = NULL;
	struct err err;

	tiny_start(&world->server, answer, ctx);
	url = xasprintf("http://127.0.0.1:%u", world->server.port);
	world->http = http_new(&OPTIONS, &err);
	assert_non_null(world->http);
	world->api = api_new(world->http, url);
}

static inline void api_world_stop(struct api_world *world)
{
	api_free(world->api);
	http_free(world->http);
	tiny_stop(&world->server);
}

#endif
