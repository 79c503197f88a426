/* Questions that only the registry itself can answer, whatever stands in between.
 *
 * A shared cache may have been told to keep what it gets however a client asks (nginx: proxy_cache,
 * which knows nothing of a request's Cache-Control). Nothing is in it yet for an address that was
 * never asked for: so each question has a query parameter of its own, which the registry ignores.
 * Where one refuses it, it is left out for questions of that kind. */
#include "registry/api_private.h"
#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#define PARAMETER "clean-registry"

struct asked {
	struct api *api;
	enum fresh_kind kind;
	bool marked;
	struct http_request plain; /* as it was asked for; its texts are ours */
	char *url, *known;
};

void fresh_init(struct api *api)
{
	if (getrandom(&api->next_mark, sizeof api->next_mark, GRND_NONBLOCK) < 0)
		api->next_mark = (uint64_t)time_monotonic_ms();
}

static void on_answer(void *ctx, const struct http_response *response);

static void send(struct asked *asked)
{
	CLEANUP(free_p) char *url = NULL;
	struct http_request request = asked->plain;

	if (asked->marked) {
		url = xasprintf("%s%c" PARAMETER "=%016" PRIx64, asked->url,
				strchr(asked->url, '?') ? '&' : '?', asked->api->next_mark++);
		request.url = url;
	}
	request.done = on_answer;
	request.ctx = asked;
	scope_submit(asked->api, &request);
}

static bool is_refusal(const struct http_response *response)
{
	return response->failure == HTTP_ANSWERED &&
	       (response->status == 400 || response->status == 405);
}

/* Only the answer to a valid question shows how the registry treats the parameter. */
static void learn(const struct asked *asked, const struct http_response *response)
{
	struct api *api = asked->api;
	enum fresh_marks *marks = &api->marks[asked->kind];

	if (*marks != MARKS_UNTRIED || response->failure != HTTP_ANSWERED ||
	    (response->status != 200 && response->status != 304))
		return;
	*marks = asked->marked ? MARKS_TAKEN : MARKS_REFUSED;
	if (*marks == MARKS_REFUSED && !api->told_refusal) {
		api->told_refusal = true;
		log_info("the registry refuses questions with the parameter " PARAMETER
			 ", which no cache in between can answer; it is left out from now on");
	}
}

static void on_answer(void *ctx, const struct http_response *response)
{
	struct asked *asked = ctx;

	if (asked->marked && is_refusal(response) &&
	    asked->api->marks[asked->kind] != MARKS_TAKEN) {
		asked->marked = false;
		send(asked);
		return;
	}
	learn(asked, response);
	asked->plain.done(asked->plain.ctx, response);
	free(asked->url);
	free(asked->known);
	free(asked);
}

void fresh_ask(struct api *api, enum fresh_kind kind, const struct http_request *request)
{
	struct asked *asked;

	if (api->marks[kind] == MARKS_REFUSED) {
		scope_submit(api, request);
		return;
	}
	asked = xmalloc(sizeof *asked);
	*asked = (struct asked){ .api = api,
				 .kind = kind,
				 .marked = true,
				 .plain = *request,
				 .url = xstrdup(request->url),
				 .known = request->if_none_match ? xstrdup(request->if_none_match)
								 : NULL };
	asked->plain.url = asked->url;
	asked->plain.if_none_match = asked->known;
	send(asked);
}
