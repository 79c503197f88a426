/* A small server of ours under the path of a region, and Scaleway's API at it. */
#ifndef SCALEWAY_WORLD_H
#define SCALEWAY_WORLD_H

#include "../tools/tiny_http.h"
#include "scaleway/api_private.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

#define REGION "/registry/v1/regions/fr-par"
#define KEY    "6f1c2b3a-0000-4000-8000-000000005ec7"

struct scaleway_world {
	struct tiny_http server;
	char *place;
	struct http *http;
	struct scaleway_api *api;
};

/* ANSWER has CTX as the server's. */
static inline void scaleway_world_start(struct scaleway_world *world, tiny_handler answer,
					unsigned retry_seconds, void *ctx)
{
	CLEANUP(free_p) char *base = NULL;
	struct http_options options = { .max_in_flight = 8,
					.get_timeout_seconds = 10,
					.delete_timeout_seconds = 10,
					.retry_seconds = retry_seconds,
					.auth_token = KEY };
	struct err err;

	tiny_start(&world->server, answer, ctx);
	world->place = xasprintf("http://127.0.0.1:%u", world->server.port);
	base = xasprintf("%s" REGION, world->place);
	options.registry = world->place;
	world->http = http_new(&options, &err);
	assert_non_null(world->http);
	world->api = scaleway_api_new(world->http, base);
}

static inline void scaleway_world_stop(struct scaleway_world *world)
{
	scaleway_api_free(world->api);
	http_free(world->http);
	free(world->place);
	tiny_stop(&world->server);
}

static inline void scaleway_world_run(struct scaleway_world *world)
{
	struct err err = { 0 };

	assert_int_equal(http_run(world->http, &err), 0);
}

/* STATUS "200 OK" and lines of HEADERS that end with \r\n each. */
static inline void scaleway_world_reply(int fd, const char *status, const char *headers,
					const char *body)
{
	CLEANUP(free_p)
	char *text = xasprintf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
			       strlen(body), body);

	tiny_write(fd, text, strlen(text));
}

#endif
