/* Lists of names that come in pages. The next page is asked for on our own base URL; a marker that
 * comes a second time would be a circle and ends the list as incomplete. */
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
#define CATALOG_PAGE 1000 /* the most that distribution allows unless told otherwise */

struct listing {
	struct api *api;
	char *path;      /* "/v2/_catalog" */
	const char *key; /* "repositories" */
	unsigned page;   /* n to ask for; 0: leave it to the registry */
	struct strtab *names, *markers;
	uint32_t found;  /* names when the last page came */
	unsigned barren; /* pages in a row that brought no new one */
	bool absent;
	char trouble[400];
	api_listed listed;
	void *ctx;
};

static void finish(struct listing *listing, const struct http_response *response)
{
	uint32_t count = strtab_count(listing->names);
	char **names = xcalloc((size_t)count + 1, sizeof *names);
	struct api_list list = { .names = names,
				 .count = count,
				 .absent = listing->absent,
				 .trouble = listing->trouble[0] ? listing->trouble : NULL,
				 .response = response };

	for (uint32_t i = 0; i < count; i++)
		names[i] = xstrdup(strtab_text(listing->names, i));
	listing->listed(listing->ctx, &list);
	for (uint32_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	strtab_free(listing->names);
	strtab_free(listing->markers);
	free(listing->path);
	free(listing);
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

static void on_page(void *ctx, const struct http_response *response);

static void escape(struct buf *url, const char *text)
{
	static const char PLAIN[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

	for (; *text; text++) {
		if (strchr(PLAIN, *text))
			buf_add(url, text, 1);
		else
			buf_format(url, "%%%02X", (unsigned char)*text);
	}
}

static void ask(struct listing *listing, const struct page *page)
{
	CLEANUP(buf_free) struct buf url = { 0 };
	char separator = '?';
	struct http_request request = {
		.method = HTTP_GET, .max_body = API_LIST_LIMIT, .done = on_page, .ctx = listing
	};

	buf_format(&url, "%s%s", listing->api->base, listing->path);
	if (page && page->n) {
		buf_format(&url, "%cn=", separator);
		escape(&url, page->n);
		separator = '&';
	} else if (listing->page) {
		buf_format(&url, "%cn=%u", separator, listing->page);
		separator = '&';
	}
	if (page) {
		buf_format(&url, "%clast=", separator);
		escape(&url, page->last);
	}
	request.url = buf_string(&url);
	http_submit(listing->api->http, &request);
}

/* Adds the names of one page; null is an empty list. False when the body is not such a list. */
static bool add_names(struct listing *listing, const struct http_response *response)
{
	struct json_object *root = json_tokener_parse(response->body);
	struct json_object *names = NULL;
	bool good = root && json_object_is_type(root, json_type_object) &&
		    json_object_object_get_ex(root, listing->key, &names);

	if (good && names)
		good = json_object_is_type(names, json_type_array);
	for (size_t i = 0; good && names && i < json_object_array_length(names); i++) {
		struct json_object *name = json_object_array_get_idx(names, i);

		good = json_object_is_type(name, json_type_string) &&
		       strlen(json_object_get_string(name)) ==
			       (size_t)json_object_get_string_len(name);
		if (good)
			strtab_add(listing->names, json_object_get_string(name),
				   (size_t)json_object_get_string_len(name));
	}
	json_object_put(root);
	return good;
}

static void next_page(struct listing *listing, const struct http_response *response)
{
	struct page page;
	enum page_next next = page_parse(response->link, &page);
	uint32_t known = strtab_count(listing->markers);

	if (next == PAGE_UNUSABLE)
		trouble(listing, "its next page cannot be asked for (Link: %.200s)",
			response->link);
	if (next != PAGE_NEXT) {
		finish(listing, response);
		return;
	}
	listing->barren = strtab_count(listing->names) > listing->found ? 0 : listing->barren + 1;
	listing->found = strtab_count(listing->names);
	if (strtab_add(listing->markers, page.last, strlen(page.last)) < known ||
	    listing->barren > BARREN_PAGES) {
		trouble(listing, "its pages go round in a circle (last=%.200s)", page.last);
		finish(listing, response);
	} else {
		ask(listing, &page);
	}
	page_clear(&page);
}

/* A site may allow less than n = 1000: ask for less, in the end for what the registry likes. */
static bool ask_for_less(struct listing *listing, const struct api_answer *answer)
{
	if (listing->page == 0 || strtab_count(listing->markers) > 0 ||
	    answer->response->status != 400)
		return false;
	listing->page = listing->page > 10 ? listing->page / 10 : 0;
	ask(listing, NULL);
	return true;
}

static void on_page(void *ctx, const struct http_response *response)
{
	struct listing *listing = ctx;
	struct api_answer answer;

	api_read_answer(response, &answer);
	if (answer.outcome == API_OK) {
		if (add_names(listing, response)) {
			next_page(listing, response);
			return;
		}
		trouble(listing, "%s", "the answer is not a list of names");
	} else if (ask_for_less(listing, &answer)) {
		return;
	} else if (answer.outcome == API_ABSENT && strcmp(answer.code, "NAME_UNKNOWN") == 0 &&
		   strtab_count(listing->markers) == 0) {
		listing->absent = true;
	} else {
		trouble(listing, "%s", answer.why);
	}
	finish(listing, response);
}

static void list(struct api *api, char *path, const char *key, unsigned page, api_listed listed,
		 void *ctx)
{
	struct listing *listing = xcalloc(1, sizeof *listing);

	*listing = (struct listing){ .api = api,
				     .path = path,
				     .key = key,
				     .page = page,
				     .names = strtab_new(),
				     .markers = strtab_new(),
				     .listed = listed,
				     .ctx = ctx };
	ask(listing, NULL);
}

void api_repositories(struct api *api, api_listed listed, void *ctx)
{
	list(api, xstrdup("/v2/_catalog"), "repositories", CATALOG_PAGE, listed, ctx);
}

void api_tags(struct api *api, const char *repository, api_listed listed, void *ctx)
{
	list(api, xasprintf("/v2/%s/tags/list", repository), "tags", 0, listed, ctx);
}
