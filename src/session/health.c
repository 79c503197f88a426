/* A request of its own, repeated by the engine. */
#include "session/health.h"

#include "config/config.h"
#include "http/engine.h"
#include "registry/api.h"
#include "registry/facts.h"
#include "session/session.h"

#define START_SECONDS 60

int health_await(const struct config *config, bool by_token, struct err *err)
{
	struct http_options options = session_http_options(config);
	struct facts facts = { 0 };
	struct http *http;
	struct api *api;
	int result;

	/* After a start the registry needs a moment: the engine's own retries wait for it. */
	options.retry_seconds = START_SECONDS;
	options.known = true;
	options.by_token = by_token;
	http = http_new(&options, err);
	if (!http)
		return -1;
	api = api_new(http, config->registry.url);
	result = facts_ping(api, http, &facts, err);
	api_free(api);
	http_free(http);
	return result;
}
