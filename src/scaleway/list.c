/* Lists, page by page, read until two readings agree. */
#include "scaleway/answer.h"
#include "scaleway/api.h"
#include "scaleway/api_private.h"
#include "scaleway/error.h"
#include "scaleway/page.h"
#include "scaleway/reading.h"
#include "util/units.h"
#include "util/uuid.h"
#include "util/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOST_READINGS 3

struct listing {
	const struct scaleway_api *api;
	struct scaleway_list_request request;
	char parent[40]; /* in lower case; "": none */
	struct scaleway_reading now, before;
	bool has_before; /* the reading before was good */
	size_t page;     /* the number of that which is asked for */
	struct scaleway_list list;
};

void scaleway_list_clear(struct scaleway_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		scaleway_object_clear(&list->items[i]);
	free(list->items);
	*list = (struct scaleway_list){ 0 };
}

static const char *parent_of(const struct listing *listing)
{
	return listing->parent[0] ? listing->parent : NULL;
}

static void on_page(void *ctx, const struct http_response *response);

static void ask(struct listing *listing)
{
	CLEANUP(free_p) char *path = NULL;
	const char *parent = listing->parent, *join = "";
	const char *what = "namespaces";

	if (listing->request.kind == SCALEWAY_IMAGE) {
		what = parent[0] ? "images?namespace_id=" : "images";
		join = parent[0] ? "&" : "?";
	} else if (listing->request.kind == SCALEWAY_TAG) {
		what = "images/";
		join = "/tags?";
	} else {
		join = "?";
	}
	path = xasprintf("%s%s%sorder_by=created_at_asc&page=%zu&page_size=%d", what, parent, join,
			 listing->page, READING_PAGE_SIZE);
	scaleway_ask(listing->api, path, SCALEWAY_PAGE_LIMIT, on_page, listing);
}

/* The list is at its end: whole, or with a trouble. */
static void end(struct listing *listing)
{
	if (!listing->list.trouble[0]) {
		listing->list.items = listing->now.items;
		listing->list.count = listing->now.count;
		listing->now.items = NULL;
		listing->now.count = 0;
	}
	scaleway_reading_clear(&listing->now);
	scaleway_reading_clear(&listing->before);
	listing->request.done(listing->request.ctx, &listing->list);
	scaleway_list_clear(&listing->list);
	free(listing);
}

static void fail(struct listing *listing, enum scaleway_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void fail(struct listing *listing, enum scaleway_outcome outcome, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(listing->list.trouble, sizeof listing->list.trouble, format, arguments);
	va_end(arguments);
	listing->list.outcome = outcome;
	end(listing);
}

static void begin_reading(struct listing *listing)
{
	scaleway_reading_begin(&listing->now);
	listing->page = 1;
	listing->list.readings++;
	ask(listing);
}

/* A good reading, or one with a FAULT, has ended. */
static void end_reading(struct listing *listing, const char *fault)
{
	char why[READING_FAULT] = "";
	bool good = !fault;

	if (good && listing->request.readings > 1 && !listing->has_before)
		(void)snprintf(why, sizeof why, "it was not read twice");
	else if (good && listing->request.readings > 1)
		(void)scaleway_reading_same(&listing->before, &listing->now, why);
	if (good && !why[0]) {
		end(listing);
		return;
	}
	if (listing->list.readings == MOST_READINGS) {
		fail(listing, SCALEWAY_FAILED, "%d readings do not agree, or are not whole: %s",
		     MOST_READINGS, good ? why : fault);
		return;
	}
	scaleway_reading_clear(&listing->before);
	listing->has_before = good;
	if (good) {
		listing->before = listing->now;
		listing->now = (struct scaleway_reading){ 0 };
	} else {
		scaleway_reading_clear(&listing->now);
	}
	begin_reading(listing);
}

/* The number of entries that a header tells; -1: none, or another one than PAGE does. */
static int64_t total_of(const struct http_response *response, const struct scaleway_page *page)
{
	uint64_t told;

	if (page->total >= 0 || !response->total_count ||
	    !units_parse_u64(response->total_count, &told) || told > INT64_MAX)
		return page->total;
	return (int64_t)told;
}

static void take_page(struct listing *listing, struct scaleway_page *page)
{
	const struct scaleway_api *api = listing->api;
	char fault[READING_FAULT] = "";
	bool more = scaleway_reading_add(&listing->now, page, fault);

	if (fault[0])
		end_reading(listing, fault);
	else if (!more)
		end_reading(listing, NULL);
	else if (listing->now.count > api->most)
		fail(listing, SCALEWAY_FAILED, "it comes to no end (more than %zu entries)",
		     api->most);
	else if (++listing->page > api->pages)
		fail(listing, SCALEWAY_FAILED, "it comes to no end (more than %zu pages)",
		     api->pages);
	else
		ask(listing);
}

static void on_page(void *ctx, const struct http_response *response)
{
	struct listing *listing = ctx;
	struct scaleway_page page = { 0 };
	struct scaleway_answer answer;
	struct err err;

	scaleway_answer_begin(response, parent_of(listing), &answer);
	listing->list.date = answer.date;
	if (answer.outcome == SCALEWAY_OK &&
	    scaleway_page_read(response->body, response->body_length, listing->request.kind,
			       parent_of(listing), &page, &err) < 0)
		scaleway_answer_fail(response, err.msg, &answer);
	if (answer.outcome == SCALEWAY_OK) {
		page.total = total_of(response, &page);
		take_page(listing, &page);
	} else {
		fail(listing, answer.outcome, "page %zu: %s", listing->page, answer.message);
	}
	scaleway_page_clear(&page);
}

void scaleway_list_begin(struct scaleway_api *api, const struct scaleway_list_request *request)
{
	struct listing *listing = xcalloc(1, sizeof *listing);
	const char *parent = request->parent;

	if ((request->kind == SCALEWAY_TAG) > (parent != NULL) ||
	    (request->kind == SCALEWAY_NAMESPACE && parent) || (parent && !uuid_valid(parent)))
		die_internal("a list of %ss of nothing", scaleway_kind_name(request->kind));
	listing->api = api;
	listing->request = *request;
	listing->list.date = -1;
	(void)snprintf(listing->parent, sizeof listing->parent, "%s", parent ? parent : "");
	uuid_lower(listing->parent);
	listing->request.parent = parent_of(listing);
	begin_reading(listing);
}
