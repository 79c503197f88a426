/* Lists of names that come in pages, those of tags above all. The next page is asked for on our own
 * base URL; a marker that comes a second time would be a circle and ends the list as incomplete. */
#include "oci/document.h"
#include "registry/api_private.h"
#include "registry/pagination.h"
#include "util/buf.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BARREN_PAGES 10

struct listing {
	struct api *api;
	char *path; /* "/v2/NAME/tags/list" */
	struct strtab *names, *markers;
	struct strtab *leaves; /* of an earlier list, or NULL */
	size_t size;           /* of the page that is asked for; 0: not known */
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
	list.count = strtab_count(names);
	list.names = xcalloc(list.count + 1, sizeof *list.names);
	for (uint32_t i = 0; i < list.count; i++)
		list.names[i] = xstrdup(strtab_text(names, i));
	listed(ctx, &list);
	for (size_t i = 0; i < list.count; i++)
		free(list.names[i]);
	free(list.names);
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

bool list_read(const struct http_response *response, const char *key, struct strtab *names,
	       size_t *count)
{
	CLEANUP(document_put) struct json_object *root = NULL;
	struct json_object *list = NULL;
	struct err why;
	bool good = document_parse(response->body, response->body_length, &root, &why) == 0 &&
		    !has_errors(root) && json_object_object_get_ex(root, key, &list);

	if (good && list)
		good = json_object_is_type(list, json_type_array);
	*count = good && list ? json_object_array_length(list) : 0;
	for (size_t i = 0; good && i < *count; i++) {
		struct json_object *name = json_object_array_get_idx(list, i);

		good = json_object_is_type(name, json_type_string) &&
		       strlen(json_object_get_string(name)) ==
			       (size_t)json_object_get_string_len(name);
		if (good)
			strtab_add(names, json_object_get_string(name),
				   (size_t)json_object_get_string_len(name));
	}
	return good;
}

static void __attribute__((format(printf, 2, 3)))
trouble(struct listing *listing, const char *format, ...)
{
	va_list arguments;

	if (listing->trouble[0])
		return;
	va_start(arguments, format);
	vsnprintf(listing->trouble, sizeof listing->trouble, format, arguments);
	va_end(arguments);
}

static void end(void *ctx, const char *hidden_trouble, const struct http_response *response)
{
	struct listing *listing = ctx;
	struct api_list list = { .plain = listing->plain,
				 .absent = listing->absent,
				 .response = response };

	if (hidden_trouble)
		trouble(listing, "%s", hidden_trouble);
	list.trouble = listing->trouble[0] ? listing->trouble : NULL;
	list_deliver(listing->names, list, listing->listed, listing->ctx);
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
		trouble(listing, "its next page cannot be asked for (Link: %.200s)",
			response->link);
	} else if (next == PAGE_NEXT) {
		asked = ask_next(listing, &page);
		if (!asked)
			trouble(listing, "its pages go round in a circle (last=%.200s)", page.last);
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
	size_t count;

	api_read_answer(response, &answer);
	if (answer.outcome == API_OK) {
		if (list_read(response, "tags", listing->names, &count)) {
			next_page(listing, response, count);
			return;
		}
		trouble(listing, "%s", "the answer is not a list of names");
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
