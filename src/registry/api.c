/* Builds the requests of the v2 API and reads its answers. Lists of names are in list.c,
 * hidden_tags.c and catalog.c. */
#include "registry/api.h"

#include "oci/mediatype.h"
#include "registry/api_private.h"
#include "util/secrets.h"
#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

struct api *api_new(struct http *http, const char *base_url)
{
	struct api *api = xcalloc(1, sizeof *api);

	api->http = http;
	api->base = xstrdup(base_url);
	api->limits = (struct list_limits){ API_LIST_NAMES, API_LIST_BYTES, API_LIST_PAGES };
	fresh_init(api);
	return api;
}

struct api *api_new_like(struct http *http, const char *base_url, const struct api *like)
{
	struct api *api = api_new(http, base_url);

	api->hiding = like->hiding;
	api->keys = like->keys;
	api->catalog_seconds = like->catalog_seconds;
	return api;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	free(api->base);
	free(api);
}

void api_expect(struct api *api, enum api_hiding hiding, bool keys)
{
	api->hiding = hiding;
	api->keys = keys;
}

void api_limit_catalog(struct api *api, unsigned seconds)
{
	api->catalog_seconds = seconds;
}

void api_name_repositories(struct api *api, const struct string_list *names)
{
	api->repositories = names;
}

bool api_repository_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > 255)
		return false;
	for (const char *p = name; *p; p++) {
		bool begins = p == name || p[-1] == '/';
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');

		if (begins ? !letter : !letter && !strchr("._-/", *p))
			return false;
	}
	return name[length - 1] != '/';
}

bool api_tag_valid(const char *name)
{
	static const char WORD[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t length = strlen(name);

	if (length == 0 || length > 128 || !strchr(WORD, name[0]))
		return false;
	for (size_t i = 1; i < length; i++) {
		if (!strchr(WORD, name[i]) && name[i] != '.' && name[i] != '-')
			return false;
	}
	return true;
}

/* The string under KEY, "" when there is none. */
static const char *member_text(const struct json_object *object, const char *key)
{
	const char *text = NULL;
	struct err ignored;

	if (!json_object_is_type(object, json_type_object) ||
	    document_string(object, key, &text, &ignored) < 0)
		return "";
	return text ? text : "";
}

/* What RESPONSE says is wrong; NULL when its body is not such a document, or not a strict one: then
 * it is not the registry's own word. The caller's. */
static struct json_object *error_document(const struct http_response *response)
{
	CLEANUP(document_put) struct json_object *root = NULL;
	struct err ignored;

	if (document_parse(response->body, response->body_length, &root, &ignored) < 0 ||
	    !document_get(root, "errors"))
		return NULL;
	return steal(&root);
}

/* The first error of a registry's JSON envelope: its code, and its message for people; what stands
 * behind an unknown error only the detail tells, where it is a text. */
static void read_error(const struct http_response *response, struct api_answer *answer)
{
	CLEANUP(document_put) struct json_object *root = error_document(response);
	struct json_object *errors = root ? document_get(root, "errors") : NULL, *first = NULL;
	CLEANUP(free_p) char *message = NULL;
	CLEANUP(free_p) char *detail = NULL;
	CLEANUP(free_p) char *code = NULL;

	if (json_object_is_type(errors, json_type_array) && json_object_array_length(errors) > 0)
		first = json_object_array_get_idx(errors, 0);
	message = secrets_masked(member_text(first, "message"));
	code = secrets_masked(member_text(first, "code"));
	detail = secrets_masked(strcmp(code, "UNKNOWN") == 0 ? member_text(first, "detail") : "");
	snprintf(answer->code, sizeof answer->code, "%s", code);
	if (answer->code[0])
		snprintf(answer->why, sizeof answer->why, "%d %s%s%.150s%s%.150s%s",
			 response->status, answer->code, *message ? " (" : "", message,
			 *message && *detail ? ": " : "", *message ? detail : "",
			 *message ? ")" : "");
	else if (response->message[0])
		snprintf(answer->why, sizeof answer->why, "%s", response->message);
	else /* a redirect that is not followed, or a success that nobody asked for */
		snprintf(answer->why, sizeof answer->why, "unexpected status %d", response->status);
}

/* distribution 3.x answers 202 to a DELETE and appends the errors of single tags to the body, which
 * need not be one document then. */
static bool has_errors(const struct http_response *response)
{
	CLEANUP(document_put) struct json_object *root = error_document(response);

	return root || strstr(response->body, "\"errors\"");
}

int api_status(const struct http_response *response)
{
	return response->failure == HTTP_ANSWERED && !response->cached ? response->status : 0;
}

static bool is_unknown(const char *code)
{
	return strcmp(code, "MANIFEST_UNKNOWN") == 0 || strcmp(code, "NAME_UNKNOWN") == 0 ||
	       strcmp(code, "BLOB_UNKNOWN") == 0;
}

void api_read_answer(const struct http_response *response, struct api_answer *answer)
{
	int status = api_status(response);

	*answer = (struct api_answer){ .outcome = API_FAILED, .response = response };
	if (response->failure != HTTP_ANSWERED)
		snprintf(answer->why, sizeof answer->why, "%s", response->message);
	else if (response->cached)
		snprintf(answer->why, sizeof answer->why,
			 "a cache answered, not the registry (%s): let it not cache /v2/, or set "
			 "registry.url to the registry itself",
			 response->cached);
	else if (status == 200 || (status == 202 && !has_errors(response)))
		answer->outcome = API_OK;
	else if (status == 304)
		answer->outcome = API_NOT_MODIFIED;
	else if (response->refused_token)
		snprintf(answer->why, sizeof answer->why, "%d: %s", status,
			 response->refused_token);
	else
		read_error(response, answer);
	if (status == 404 && is_unknown(answer->code))
		answer->outcome = API_ABSENT;
}

struct call {
	api_done done;
	http_take take; /* NULL: the body is kept */
	void *ctx;
	bool fixed; /* it is about a digest, which names the same for ever */
};

static bool on_bytes(void *ctx, const char *bytes, size_t length)
{
	const struct call *call = ctx;

	return call->take(call->ctx, bytes, length);
}

static void on_answer(void *ctx, const struct http_response *response)
{
	struct call call = *(struct call *)ctx;
	struct http_response own = *response;
	struct api_answer answer;

	free(ctx);
	/* A cache may well have what a digest names, but not know that it is gone or has come. */
	if (call.fixed && own.status != 404)
		own.cached = NULL;
	api_read_answer(&own, &answer);
	/* Only where a part was asked for is it an answer. */
	if (call.take && own.status == 206)
		answer = (struct api_answer){ .outcome = API_OK, .response = &own };
	call.done(call.ctx, &answer);
}

static struct call *new_call(api_done done, void *ctx)
{
	struct call *call = xmalloc(sizeof *call);

	*call = (struct call){ .done = done, .ctx = ctx };
	return call;
}

/* Requests that write, or name a digest. */
static void submit(struct api *api, struct http_request *request, api_done done, void *ctx)
{
	struct call *call = new_call(done, ctx);

	call->take = request->take;
	call->fixed = request->method == HTTP_GET;
	request->take = request->take ? on_bytes : NULL;
	request->done = on_answer;
	request->ctx = call;
	scope_submit(api, request);
}

static void submit_fresh(struct api *api, enum fresh_kind kind, struct http_request *request,
			 api_done done, void *ctx)
{
	request->done = on_answer;
	request->ctx = new_call(done, ctx);
	fresh_ask(api, kind, request);
}

void api_manifest(struct api *api, const char *repository, const char *reference, const char *known,
		  api_done done, void *ctx)
{
	CLEANUP(free_p)
	char *url = xasprintf("%s/v2/%s/manifests/%s", api->base, repository, reference);
	struct http_request request = { .method = HTTP_GET,
					.url = url,
					.accept = MEDIATYPE_ACCEPT,
					.if_none_match = known,
					.max_body = API_MANIFEST_LIMIT };

	if (strchr(reference, ':')) /* a digest */
		submit(api, &request, done, ctx);
	else
		submit_fresh(api, FRESH_TAG, &request, done, ctx);
}

void api_pull(struct api *api, const char *repository, const char *tag, const char *agent,
	      api_done done, void *ctx)
{
	CLEANUP(free_p) char *url = xasprintf("%s/v2/%s/manifests/%s", api->base, repository, tag);
	struct http_request request = { .method = HTTP_GET,
					.url = url,
					.accept = MEDIATYPE_ACCEPT,
					.agent = agent,
					.max_body = API_MANIFEST_LIMIT };

	submit(api, &request, done, ctx);
}

void api_config(struct api *api, const char *repository, const char *digest, api_done done,
		void *ctx)
{
	CLEANUP(free_p) char *url = xasprintf("%s/v2/%s/blobs/%s", api->base, repository, digest);
	struct http_request request = {
		.method = HTTP_GET, .url = url, .max_body = API_CONFIG_LIMIT, .redirects = 5
	};

	submit(api, &request, done, ctx);
}

void api_blob_head(struct api *api, const char *repository, const char *digest, api_done done,
		   void *ctx)
{
	CLEANUP(free_p) char *url = xasprintf("%s/v2/%s/blobs/%s", api->base, repository, digest);
	struct http_request request = { .method = HTTP_HEAD, .url = url };

	submit(api, &request, done, ctx);
}

void api_blob_probe(struct api *api, const char *repository, const char *digest, bool breaks,
		    http_take take, api_done done, void *ctx)
{
	CLEANUP(free_p) char *url = xasprintf("%s/v2/%s/blobs/%s", api->base, repository, digest);
	struct http_request request = { .method = HTTP_GET,
					.url = url,
					.redirects = 5,
					.range = "0-0",
					.take = take,
					.breaks = breaks };

	submit(api, &request, done, ctx);
}

void api_blob(struct api *api, const char *repository, const char *digest, http_take take,
	      api_done done, void *ctx)
{
	CLEANUP(free_p) char *url = xasprintf("%s/v2/%s/blobs/%s", api->base, repository, digest);
	struct http_request request = {
		.method = HTTP_GET, .url = url, .redirects = 5, .take = take, .long_body = true
	};

	submit(api, &request, done, ctx);
}

void api_delete(struct api *api, const char *repository, const char *reference,
		int64_t not_after_ms, api_done done, void *ctx)
{
	CLEANUP(free_p)
	char *url = xasprintf("%s/v2/%s/manifests/%s", api->base, repository, reference);
	struct http_request request = { .method = HTTP_DELETE,
					.url = url,
					.not_after_ms = not_after_ms };

	submit(api, &request, done, ctx);
}

void api_put(struct api *api, const char *repository, const char *reference,
	     const struct api_body *body, int64_t not_after_ms, api_done done, void *ctx)
{
	CLEANUP(free_p)
	char *url = xasprintf("%s/v2/%s/manifests/%s", api->base, repository, reference);
	struct http_request request = { .method = HTTP_PUT,
					.url = url,
					.body = body->bytes,
					.body_length = body->length,
					.content_type = body->type,
					.not_after_ms = not_after_ms };

	submit(api, &request, done, ctx);
}

void api_catalog_probe(struct api *api, api_done done, void *ctx)
{
	CLEANUP(free_p) char *url = xasprintf("%s/v2/_catalog?n=1", api->base);
	struct http_request request = { .method = HTTP_GET,
					.url = url,
					.timeout_seconds = api->catalog_seconds,
					.timeout_key = "registry.catalog_timeout" };

	submit_fresh(api, FRESH_CATALOG, &request, done, ctx);
}

void api_ping(struct api *api, api_done done, void *ctx)
{
	CLEANUP(free_p) char *url = xasprintf("%s/v2/", api->base);
	struct http_request request = { .method = HTTP_GET, .url = url };

	submit_fresh(api, FRESH_BASE, &request, done, ctx);
}

bool api_end_unknown(const struct http_response *response)
{
	if (response->failure != HTTP_ANSWERED)
		return http_end_unknown(response);
	return response->status == 502 || response->status == 504;
}
