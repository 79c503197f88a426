/* The tags of a repository, in pages. The next page is asked for on our own base URL; a marker that
 * comes a second time would be a circle and ends the list as incomplete. */
#include "registry/api_private.h"
#include "registry/pagination.h"
#include "util/secrets.h"
#include "util/strtab.h"
#include "util/xalloc.h"

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
	    !hidden_tags_ask(listing->api, listing->path, listing->leaves, listing->names, end,
			     listing))
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
	enum page_next next = pagination_parse(response->link, &page);
	uint32_t names = strtab_count(listing->names);
	bool asked = false;

	if (next == PAGE_UNUSABLE) {
		trouble(listing, "its next page cannot be asked for (Link: %s)", response->link);
	} else if (next == PAGE_NEXT) {
		asked = ask_next(listing, &page);
		if (!asked)
			trouble(listing, "its pages go round in a circle (last=%s)", page.last);
		pagination_clear(&page);
	} else if (listing->size && count == listing->size && names > listing->found) {
		/* A full page is not the end, whatever it says. */
		char n[24];

		snprintf(n, sizeof n, "%zu", count);
		page = (struct page){
			.last = xstrdup(strtab_text(listing->names, names - 1)),
			.n = xstrdup(n),
		};
		asked = ask_next(listing, &page);
		pagination_clear(&page);
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

void tags_list(struct api *api, const char *repository, api_listed listed, void *ctx)
{
	list_tags(api, repository, NULL, listed, ctx);
}

void tags_list_again(struct api *api, const char *repository, struct strtab *known,
		     api_listed listed, void *ctx)
{
	list_tags(api, repository,
		  api->hiding == API_HIDES_NOTHING ? NULL : hidden_tags_leaves(known), listed, ctx);
	strtab_free(known);
}
