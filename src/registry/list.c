/* Lists of names, page by page: the question for a page, and what is in it. */
#include "registry/api_private.h"
#include "util/buf.h"
#include "util/strtab.h"
#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define LIST_BRACKETS 100 /* { and [ of a page */

void list_deliver(const struct strtab *names, struct api_list list, api_listed listed, void *ctx)
{
	list.count = names ? strtab_count(names) : 0;
	list.names = xcalloc(list.count + 1, sizeof *list.names);
	for (uint32_t i = 0; i < list.count; i++)
		list.names[i] = xstrdup(strtab_text(names, i));
	listed(ctx, &list);
	for (size_t i = 0; i < list.count; i++)
		free(list.names[i]);
	free(list.names);
}

const char *list_excess(const struct api *api, const struct list_size *size, char text[200])
{
	const struct list_limits *limits = &api->limits;
	size_t bytes = strtab_bytes(size->names);

	for (size_t i = 0; i < 2; i++)
		bytes += size->places[i] ? strtab_bytes(size->places[i]) : 0;
	if (strtab_count(size->names) > limits->names)
		snprintf(text, 200, "it comes to no end (more than %zu names)", limits->names);
	else if (bytes > limits->bytes)
		snprintf(text, 200, "it comes to no end (more than %zu bytes of names)",
			 limits->bytes);
	else if (size->pages > limits->pages)
		snprintf(text, 200, "it comes to no end (more than %zu pages)", limits->pages);
	else
		return NULL;
	return text;
}

static void escape(struct buf *url, const char *text)
{
	static const char PLAIN[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	for (; *text; text++) {
		if (strchr(PLAIN, *text))
			buf_add(url, text, 1);
		else
			buf_format(url, "%%%02X", (unsigned char)*text);
	}
}

void list_ask(struct api *api, const struct list_question *question, http_done done, void *ctx)
{
	CLEANUP(buf_free) struct buf url = { 0 };
	struct http_request request = { .method = HTTP_GET,
					.max_body = API_LIST_LIMIT,
					.breaks = question->breaks,
					.done = done,
					.ctx = ctx };

	if (question->kind == FRESH_CATALOG) {
		request.timeout_seconds = api->catalog_seconds;
		request.timeout_key = "registry.catalog_timeout";
	}
	buf_format(&url, "%s%s", api->base, question->path);
	if (question->n) {
		buf_format(&url, "?n=");
		escape(&url, question->n);
	}
	if (question->last) {
		buf_format(&url, "%clast=", question->n ? '&' : '?');
		escape(&url, question->last);
	}
	request.url = buf_string(&url);
	fresh_ask(api, question->kind, &request);
}

/* Beside a list that says that something went wrong with it. */
static bool has_errors(const struct json_object *root)
{
	struct json_object *errors = document_get(root, "errors");

	return errors && !(json_object_is_type(errors, json_type_array) &&
			   json_object_array_length(errors) == 0);
}

/* A list has one object, few arrays, and a comma for each name: what has many more of these would
 * become many times as large in memory, and is not read. */
static bool is_plain(const char *body, size_t length, size_t names)
{
	size_t brackets = 0, commas = 0;

	for (size_t i = 0; i < length; i++) {
		brackets += body[i] == '{' || body[i] == '[';
		commas += body[i] == ',';
	}
	return brackets <= LIST_BRACKETS && commas <= names + LIST_BRACKETS;
}

/* False when NAMES has got only some of it. */
static bool take_names(struct json_object *list, struct strtab *names)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name;
		size_t length;

		if (!document_text(json_object_array_get_idx(list, i), &name, &length) ||
		    strlen(name) != length)
			return false;
		strtab_add(names, name, length);
	}
	return true;
}

const char *list_read(const struct api *api, const struct http_response *response, const char *key,
		      struct strtab *names, size_t *count)
{
	static const char NO_LIST[] = "the answer is not a list of names";
	CLEANUP(document_put) struct json_object *root = NULL;
	struct json_object *list = NULL;
	struct err why;

	*count = 0;
	if (!is_plain(response->body, response->body_length, api->limits.names))
		return "the answer is not a list of names, or one that comes to no end";
	if (document_parse(response->body, response->body_length, &root, &why) < 0 ||
	    has_errors(root) || !json_object_object_get_ex(root, key, &list))
		return NO_LIST;
	if (!list)
		return NULL;
	if (!json_object_is_type(list, json_type_array))
		return NO_LIST;
	*count = json_object_array_length(list);
	return take_names(list, names) ? NULL : NO_LIST;
}
