/* Requests of Scaleway's API for single objects. Lists are in list.c. */
#include "scaleway/api.h"

#include "scaleway/answer.h"
#include "scaleway/api_private.h"
#include "scaleway/error.h"
#include "scaleway/page.h"
#include "util/uuid.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

#define OBJECT_LIMIT ((size_t)4 << 20) /* bytes; an image tells the names of its tags */

struct scaleway_api *scaleway_api_new(struct http *http, const char *base)
{
	struct scaleway_api *api = xcalloc(1, sizeof *api);

	*api = (struct scaleway_api){ .http = http,
				      .base = xstrdup(base),
				      .most = SCALEWAY_LIST_OBJECTS,
				      .pages = SCALEWAY_LIST_PAGES };
	return api;
}

void scaleway_api_free(struct scaleway_api *api)
{
	if (!api)
		return;
	free(api->base);
	free(api);
}

static void submit(const struct scaleway_api *api, const char *path, struct http_request *request)
{
	CLEANUP(free_p) char *url = xasprintf("%s/%s", api->base, path);

	request->url = url;
	request->accept = "application/json";
	request->judge = scaleway_error_judge;
	http_submit(api->http, request);
}

void scaleway_ask(const struct scaleway_api *api, const char *path, size_t max_body, http_done done,
		  void *ctx)
{
	struct http_request request = {
		.method = HTTP_GET, .max_body = max_body, .done = done, .ctx = ctx
	};

	submit(api, path, &request);
}

struct call {
	struct scaleway_question question;
	scaleway_done done;
	void *ctx;
};

static void on_answer(void *ctx, const struct http_response *response)
{
	CLEANUP(free_p) struct call *call = ctx;
	struct scaleway_answer answer;
	struct scaleway_object object;

	scaleway_answer_read(response, &call->question, &answer, &object);
	call->done(call->ctx, &answer);
	scaleway_object_clear(&object);
}

static void ask_object(const struct scaleway_api *api, const struct call *call,
		       struct http_request *request)
{
	static const char *const FOLDERS[] = { [SCALEWAY_NAMESPACE] = "namespaces",
					       [SCALEWAY_IMAGE] = "images",
					       [SCALEWAY_TAG] = "tags" };
	CLEANUP(free_p) char *path = NULL;
	struct call *own = xmalloc(sizeof *own);

	*own = *call;
	path = xasprintf("%s/%s", FOLDERS[call->question.kind], call->question.id);
	request->max_body = OBJECT_LIMIT;
	request->done = on_answer;
	request->ctx = own;
	submit(api, path, request);
}

static struct call call_about(enum scaleway_kind kind, const char *id, scaleway_done done,
			      void *ctx)
{
	struct call call = { .question = { .kind = kind }, .done = done, .ctx = ctx };

	if (!uuid_valid(id))
		die_internal("not a UUID: an id of a %s", scaleway_kind_name(kind));
	(void)snprintf(call.question.id, sizeof call.question.id, "%s", id);
	return call;
}

void scaleway_get(struct scaleway_api *api, enum scaleway_kind kind, const char *id,
		  scaleway_done done, void *ctx)
{
	struct call call = call_about(kind, id, done, ctx);
	struct http_request request = { .method = HTTP_GET };

	ask_object(api, &call, &request);
}

void scaleway_delete(struct scaleway_api *api, enum scaleway_kind kind, const char *id,
		     int64_t not_after_ms, scaleway_done done, void *ctx)
{
	struct call call = call_about(kind, id, done, ctx);
	struct http_request request = { .method = HTTP_DELETE, .not_after_ms = not_after_ms };

	if (kind != SCALEWAY_TAG && kind != SCALEWAY_NAMESPACE)
		die_internal("a DELETE of an image");
	call.question.deletes = true;
	ask_object(api, &call, &request);
}

static void on_ping(void *ctx, const struct http_response *response)
{
	CLEANUP(free_p) struct call *call = ctx;
	struct scaleway_answer answer;
	struct scaleway_page page = { 0 };
	struct err err;

	scaleway_answer_begin(response, NULL, &answer);
	if (answer.outcome == SCALEWAY_OK &&
	    scaleway_page_read(response->body, response->body_length, SCALEWAY_NAMESPACE, NULL,
			       &page, &err) < 0)
		scaleway_answer_fail(response, err.msg, &answer);
	scaleway_page_clear(&page);
	call->done(call->ctx, &answer);
}

void scaleway_ping(struct scaleway_api *api, scaleway_done done, void *ctx)
{
	struct call *call = xmalloc(sizeof *call);

	*call = (struct call){ .done = done, .ctx = ctx };
	scaleway_ask(api, "namespaces?order_by=created_at_asc&page=1&page_size=1",
		     SCALEWAY_PAGE_LIMIT, on_ping, call);
}
