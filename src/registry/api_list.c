/* Lists of names that come in pages, those of tags above all. The next page is asked for on our own
 * base URL; a marker that comes a second time would be a circle and ends the list as incomplete. */
#include "oci/document.h"
#include "registry/api_private.h"
#include "registry/pagination.h"
#include "util/buf.h"
#include "util/secrets.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BARREN_PAGES  10
#define LIST_BRACKETS 100 /* { and [ of a page */

struct listing {
	struct api *api;
	char *path; /* "/v2/NAME/tags/list" */
	struct strtab *names, *markers;
	struct strtab *leaves; /* of an earlier list, or NULL */
	size_t size;           /* of the page that is asked for; 0: not known */
	size_t pages;          /* that came */
	uint32_t found;        /* names when the last page came */
	unsigned barren;       /* pages in a row that brought no new one */
	size_t plain;          /* names before what is hidden was asked for */
	bool absent;
	bool again, was_absent; /* it had no names; the answer before was that it is absent */
	char trouble[400];
	api_listed listed;
	void *ctx;
};

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

static void __attribute__((format(printf, 2, 3)))
trouble(struct listing *listing, const char *format, ...)
{
	va_list arguments;

	if (listing->trouble[0])
		return;
	va_start(arguments, format);
	secrets_print(listing->trouble, sizeof listing->trouble, format, arguments);
	va_end(arguments);
}

static const char *excess(const struct listing *listing, char text[200])
{
	struct list_size size = { .names = listing->names,
				  .places = { listing->markers },
				  .pages = listing->pages };

	return list_excess(listing->api, &size, text);
}

static void end(void *ctx, const char *hidden_trouble, const struct http_response *response)
{
	struct listing *listing = ctx;
	struct api_list list = { .plain = listing->plain,
				 .absent = listing->absent,
				 .response = response };
	char text[200];
	bool endless = excess(listing, text);

	if (hidden_trouble)
		trouble(listing, "%s", hidden_trouble);
	list.trouble = listing->trouble[0] ? listing->trouble : NULL;
	list_deliver(endless ? NULL : listing->names, list, listing->listed, listing->ctx);
	strtab_free(listing->names);
	strtab_free(listing->markers);
	strtab_free(listing->leaves);
	free(listing->path);
	free(listing);
}

static void on_page(void *ctx, const struct http_response *response);

static void ask(struct listing *listing, const struct page *page)
{
	struct list_question question = { .kind = FRESH_TAGS, .path = listing->path };

	if (page) {
		question.n = page->n;
		question.last = page->last;
	}
	listing->size = page && page->n ? strtoul(page->n, NULL, 10) : 0;
	list_ask(listing->api, &question, on_page, listing);
}

/* null, [] and 404 are all written for a repository that has lost its tags, and also where a
 * storage answers before it has everything: only the same answer twice is believed. */
static void ask_again(struct listing *listing)
{
	listing->again = true;
	listing->was_absent = listing->absent;
	listing->absent = false;
	listing->found = listing->barren = 0;
	strtab_free(listing->markers);
	listing->markers = strtab_new();
	ask(listing, NULL);
}

static void compare_answers(struct listing *listing)
{
	if (strtab_count(listing->names) > 0)
		trouble(listing, "%s", "it had no names when it was asked for first");
	else if (listing->absent != listing->was_absent)
		trouble(listing, "%s",
			"the registry says in one answer that it has no tags and in "
			"another that it does not know it");
}

/* The pages are at their end. */
static void finish(struct listing *listing, const struct http_response *response)
{
	listing->plain = strtab_count(listing->names);
	if (!listing->trouble[0] && listing->plain == 0 && !listing->again) {
		ask_again(listing);
		return;
	}
	if (!listing->trouble[0] && listing->again)
		compare_answers(listing);
	if (listing->trouble[0] || listing->api->hiding == API_HIDES_NOTHING ||
	    !hidden_ask(listing->api, listing->path, listing->leaves, listing->names, end, listing))
		end(listing, NULL, response);
}

/* True when PAGE was not asked for yet. */
static bool ask_next(struct listing *listing, const struct page *page)
{
	uint32_t known = strtab_count(listing->markers);

	listing->barren = strtab_count(listing->names) > listing->found ? 0 : listing->barren + 1;
	listing->found = strtab_count(listing->names);
	if (strtab_add(listing->markers, page->last, strlen(page->last)) < known ||
	    listing->barren > BARREN_PAGES)
		return false;
	ask(listing, page);
	return true;
}

static void next_page(struct listing *listing, const struct http_response *response, size_t count)
{
	struct page page;
	enum page_next next = page_parse(response->link, &page);
	uint32_t names = strtab_count(listing->names);
	bool asked = false;

	if (next == PAGE_UNUSABLE) {
		trouble(listing, "its next page cannot be asked for (Link: %s)", response->link);
	} else if (next == PAGE_NEXT) {
		asked = ask_next(listing, &page);
		if (!asked)
			trouble(listing, "its pages go round in a circle (last=%s)", page.last);
		page_clear(&page);
	} else if (listing->size && count == listing->size && names > listing->found) {
		/* A full page is not the end, whatever it says. */
		char n[24];

		snprintf(n, sizeof n, "%zu", count);
		page = (struct page){
			.last = xstrdup(strtab_text(listing->names, names - 1)),
			.n = xstrdup(n),
		};
		asked = ask_next(listing, &page);
		page_clear(&page);
	}
	if (!asked)
		finish(listing, response);
}

static void on_page(void *ctx, const struct http_response *response)
{
	struct listing *listing = ctx;
	struct api_answer answer;
	const char *why;
	char text[200];
	size_t count;

	listing->pages++;
	api_read_answer(response, &answer);
	if (answer.outcome == API_OK) {
		why = list_read(listing->api, response, "tags", listing->names, &count);
		if (!why)
			why = excess(listing, text);
		if (!why) {
			next_page(listing, response, count);
			return;
		}
		trouble(listing, "%s", why);
	} else if (answer.outcome == API_ABSENT && strcmp(answer.code, "NAME_UNKNOWN") == 0 &&
		   strtab_count(listing->markers) == 0) {
		listing->absent = true;
	} else {
		trouble(listing, "%s", answer.why);
	}
	finish(listing, response);
}

static void list_tags(struct api *api, const char *repository, struct strtab *leaves,
		      api_listed listed, void *ctx)
{
	struct listing *listing = xcalloc(1, sizeof *listing);

	*listing = (struct listing){ .api = api,
				     .path = xasprintf("/v2/%s/tags/list", repository),
				     .names = strtab_new(),
				     .markers = strtab_new(),
				     .leaves = leaves,
				     .listed = listed,
				     .ctx = ctx };
	ask(listing, NULL);
}

void api_tags(struct api *api, const char *repository, api_listed listed, void *ctx)
{
	list_tags(api, repository, NULL, listed, ctx);
}

void api_tags_again(struct api *api, const char *repository, struct strtab *known,
		    api_listed listed, void *ctx)
{
	list_tags(api, repository, api->hiding == API_HIDES_NOTHING ? NULL : hidden_leaves(known),
		  listed, ctx);
	strtab_free(known);
}
