/* The list of all repositories, from a registry whose own pages leave some out.
 *
 * distribution walks its storage in one order and compares names with `last` in another one ('/'
 * before everything). What it walks over behind a page's end, and finds smaller than the name
 * there, is in no page:
 *   - on a file system it sees `a/1` before `a`, since a digit sorts before the folder by which it
 *     knows a repository: a page that ends at `a/1` loses `a`. 2.x then gives a page that is full
 * and has no Link; 3.x ends with a panic, which is seen as a connection that breaks, when `a/1`
 * just fills the page;
 *   - 3.x on S3 sees `team-a/x` before `team/x`: a page that ends in `team-a/` loses `team/…`.
 * (registry/storage/catalog.go, driver/walk.go and driver/s3-aws/s3.go of 2.8.2, 3.0.0 and 3.1.1.)
 *
 * So, where there is more than one page: a full page is not the end; each page's middle is asked
 * for what follows it, too; after a broken connection one name fewer is asked for; and what may
 * hide behind a marker is asked for by its name. Each question is asked once, and one that brings
 * nothing new leads to no other, so it ends. */
#include "registry/api_private.h"
#include "registry/pagination.h"
#include "registry/questions.h"
#include "util/secrets.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CATALOG_PAGE 1000 /* the most that distribution allows unless told otherwise */
#define SIDE_PAGE    100
#define BARREN_PAGES 10
#define NAME_LONGEST 255 /* of repositories: what is longer is inside of none */

struct catalog {
	struct api *api;
	struct strtab *names;
	struct strtab *markers; /* of plain pages */
	struct questions questions;
	size_t plain; /* names when the plain pages ended; SIZE_MAX: they have not */
	size_t pages; /* that came */
	unsigned barren;
	char trouble[400];
	api_listed listed;
	void *ctx;
};

/* A page that came. */
struct taken {
	struct strtab *names;
	size_t count; /* repeats included */
	size_t n;     /* that was asked for */
	bool new_names;
	bool linked; /* it names a next one */
};

static void on_page(void *ctx, const struct http_response *response);

static void __attribute__((format(printf, 2, 3)))
trouble(struct catalog *catalog, const char *format, ...)
{
	va_list arguments;

	if (catalog->trouble[0])
		return;
	va_start(arguments, format);
	secrets_print(catalog->trouble, sizeof catalog->trouble, format, arguments);
	va_end(arguments);
}

static bool is_known(const struct catalog *catalog, const char *name)
{
	return strtab_find(catalog->names, name, strlen(name)) != STRTAB_NONE;
}

/* Sends the next question. False when there is none. */
static bool ask(struct catalog *catalog)
{
	const struct question *question;
	CLEANUP(free_p) char *path = NULL;
	char n[24];
	struct list_question to = { .kind = FRESH_CATALOG, .path = "/v2/_catalog", .n = n };

	while (catalog->questions.current < catalog->questions.count &&
	       catalog->questions.items[catalog->questions.current].kind == DIRECT &&
	       is_known(catalog, catalog->questions.items[catalog->questions.current].last))
		catalog->questions.current++;
	if (catalog->questions.current == catalog->questions.count)
		return false;
	question = &catalog->questions.items[catalog->questions.current];
	to.last = question->last;
	to.breaks = question->kind != DIRECT && questions_size(question) > 1 &&
		    question->broken < QUESTION_BREAKS;
	snprintf(n, sizeof n, "%zu", questions_size(question));
	if (!questions_size(question))
		to.n = NULL;
	if (question->kind == DIRECT) {
		path = xasprintf("/v2/%s/tags/list", question->last);
		to = (struct list_question){ .kind = FRESH_TAGS, .path = path, .n = "1" };
	}
	list_ask(catalog->api, &to, on_page, catalog);
	return true;
}

/* Notes it as the list's trouble, too. */
static bool is_endless(struct catalog *catalog)
{
	struct list_size size = { .names = catalog->names,
				  .places = { catalog->markers, catalog->questions.asked },
				  .pages = catalog->pages };
	char text[200];
	const char *why = list_excess(catalog->api, &size, text);

	if (why)
		trouble(catalog, "%s", why);
	return why;
}

static void finish(struct catalog *catalog, const struct http_response *response)
{
	struct api_list list = { .plain = catalog->plain, .response = response };
	bool endless = is_endless(catalog);

	if (list.plain == SIZE_MAX)
		list.plain = strtab_count(catalog->names);
	list.trouble = catalog->trouble[0] ? catalog->trouble : NULL;
	list_deliver(endless ? NULL : catalog->names, list, catalog->listed, catalog->ctx);
	questions_clear(&catalog->questions);
	strtab_free(catalog->names);
	strtab_free(catalog->markers);
	free(catalog);
}

/* Never more than the registry allows. */
static size_t side_page(const struct catalog *catalog)
{
	size_t n = catalog->questions.items[0].n;

	return n < SIDE_PAGE ? n : SIDE_PAGE;
}

static void add_direct(struct catalog *catalog, const char *marker, size_t length)
{
	CLEANUP(free_p) char *name = xstrndup(marker, length);

	if (api_repository_valid(name) && !is_known(catalog, name))
		questions_add_once(&catalog->questions, DIRECT, name, length, 0);
}

/* What the page after MARKER may leave out: the repositories that it lies in, and, in the order of
 * keys, those that its name goes on from with '-' or '.', with all that lies in them. */
static void add_hidden_behind(struct catalog *catalog, const char *marker)
{
	if (strlen(marker) > NAME_LONGEST)
		return;
	for (const char *p = marker + 1; *marker && *p; p++) {
		size_t length = (size_t)(p - marker);
		CLEANUP(free_p) char *inside = NULL;

		if (*p == '/' && p[1] >= '0' && p[1] <= '9')
			add_direct(catalog, marker, length);
		if (!catalog->api->keys || (*p != '-' && *p != '.') || strchr("-._/", p[-1]))
			continue;
		inside = xasprintf("%.*s/-", (int)length, marker);
		add_direct(catalog, marker, length);
		questions_add_once(&catalog->questions, EXTRA, inside, strlen(inside),
				   side_page(catalog));
	}
}

static const char *name_at(const struct taken *page, size_t index)
{
	return strtab_text(page->names, (uint32_t)index);
}

/* The middle of PAGE, and what may hide behind its end. N is for the next questions. */
static void add_overlap(struct catalog *catalog, const struct taken *page, size_t n)
{
	size_t count = strtab_count(page->names);
	const char *middle;

	if (count > 1) {
		middle = name_at(page, (count - 1) / 2);
		questions_add_once(&catalog->questions, EXTRA, middle, strlen(middle), n);
		add_hidden_behind(catalog, middle);
	}
	if (count > 0)
		add_hidden_behind(catalog, name_at(page, count - 1));
}

static void end_plain(struct catalog *catalog)
{
	if (catalog->plain == SIZE_MAX)
		catalog->plain = strtab_count(catalog->names);
}

/* False: that page was asked for already, or they bring nothing. */
static bool add_plain(struct catalog *catalog, const struct taken *page, const char *last, size_t n)
{
	uint32_t known = strtab_count(catalog->markers);

	catalog->barren = page->new_names ? 0 : catalog->barren + 1;
	if (strtab_add(catalog->markers, last, strlen(last)) < known ||
	    catalog->barren > BARREN_PAGES)
		return false;
	questions_add_next(&catalog->questions, last, n);
	return true;
}

static void follow_link(struct catalog *catalog, const struct question *question,
			const struct taken *page, const struct page *link)
{
	size_t count = strtab_count(page->names);
	size_t n = link->n && !question->broken ? strtoul(link->n, NULL, 10) : question->n;

	if (!add_plain(catalog, page, link->last, n)) {
		trouble(catalog, "its pages go round in a circle (last=%s)", link->last);
		end_plain(catalog);
	} else if (count > 0 && strcmp(link->last, name_at(page, count - 1)) == 0) {
		/* Other markers than names are the registry's secret. */
		add_overlap(catalog, page, n);
	}
}

/* A page without a Link, which may have left the Link out. */
static void look_beyond(struct catalog *catalog, const struct question *question,
			const struct taken *page)
{
	size_t count = strtab_count(page->names);
	const char *last;

	end_plain(catalog);
	if (count == 0 || page->count != page->n)
		return;
	last = name_at(page, count - 1);
	if (question->last &&
	    strtab_find(page->names, question->last, strlen(question->last)) != STRTAB_NONE) {
		questions_add(&catalog->questions, SHORT, NULL, 0, page->n > 1 ? page->n - 1 : 1);
		return;
	}
	if (add_plain(catalog, page, last, question->n))
		add_overlap(catalog, page, question->n);
}

static void take_plain(struct catalog *catalog, const struct question *question,
		       const struct taken *page, const char *link_header)
{
	struct page link;

	switch (pagination_parse(link_header, &link)) {
	case PAGE_NEXT:
		follow_link(catalog, question, page, &link);
		pagination_clear(&link);
		break;
	case PAGE_UNUSABLE:
		trouble(catalog, "its next page cannot be asked for (Link: %s)", link_header);
		end_plain(catalog);
		break;
	case PAGE_NONE:
		look_beyond(catalog, question, page);
		break;
	}
}

/* A page that begins elsewhere and brought something new: there may be more behind it. */
static void take_extra(struct catalog *catalog, const struct question *question,
		       const struct taken *page)
{
	size_t count = strtab_count(page->names);
	size_t n = catalog->questions.items[0].n;
	const char *last;

	if (!page->new_names || count == 0 || (page->count < page->n && !page->linked))
		return;
	if (n < question->n)
		n = question->n;
	last = name_at(page, count - 1);
	questions_add_once(&catalog->questions, EXTRA, last, strlen(last), n);
	add_overlap(catalog, page, n);
}

static void take_page(struct catalog *catalog, const struct question *question,
		      const struct http_response *response)
{
	struct taken page = { .names = strtab_new(), .n = questions_size(question) };
	struct page link;
	uint32_t known = strtab_count(catalog->names);
	const char *why =
		list_read(catalog->api, response, "repositories", page.names, &page.count);

	if (why) {
		trouble(catalog, "%s", why);
		strtab_free(page.names);
		return;
	}
	for (uint32_t i = 0; i < strtab_count(page.names); i++) {
		const char *name = strtab_text(page.names, i);

		strtab_add(catalog->names, name, strlen(name));
	}
	page.new_names = strtab_count(catalog->names) > known;
	page.linked = pagination_parse(response->link, &link) == PAGE_NEXT;
	pagination_clear(&link);
	if (question->kind == PLAIN)
		take_plain(catalog, question, &page, response->link);
	else if (question->kind == EXTRA)
		take_extra(catalog, question, &page);
	else if (page.count == page.n)
		/* It heeds n, and not `last`: what follows the first page cannot be had. */
		trouble(catalog, "%s", "its pages do not go on from `last`");
	strtab_free(page.names);
}

/* True when the same question is to be asked again, for fewer names. */
static bool ask_for_less(struct catalog *catalog, const struct http_response *response)
{
	struct question *question = &catalog->questions.items[catalog->questions.current];
	bool broke = response->failure == HTTP_CUT ||
		     (response->failure == HTTP_ANSWERED && response->status == 502);

	if (question->kind == DIRECT || !question->n)
		return false;
	if (broke && question->broken < QUESTION_BREAKS && questions_size(question) > 1) {
		question->broken++;
		return true;
	}
	/* A site may allow less than n = 1000; in the end, what the registry likes. */
	if (catalog->questions.current > 0 || api_status(response) != 400)
		return false;
	question->n = question->n > 10 ? question->n / 10 : 0;
	return true;
}

/* Whether a repository that would not be listed is there; who may not know it need not. */
static void take_direct(struct catalog *catalog, const struct question *question,
			const struct api_answer *answer)
{
	bool by_token = answer->response->failure == HTTP_NO_TOKEN;
	int status = by_token ? answer->response->status : api_status(answer->response);

	if (answer->outcome == API_OK)
		strtab_add(catalog->names, question->last, strlen(question->last));
	else if (status != 404 && status != 401 && status != 403)
		trouble(catalog, "whether there is a repository %s: %s", question->last,
			answer->why);
}

static void take(struct catalog *catalog, const struct http_response *response)
{
	/* A copy: the queue grows. */
	struct question question = catalog->questions.items[catalog->questions.current];
	struct api_answer answer;
	int status = api_status(response);

	api_read_answer(response, &answer);
	if (question.kind == DIRECT) {
		take_direct(catalog, &question, &answer);
	} else if (answer.outcome == API_OK) {
		take_page(catalog, &question, response);
	} else if (question.kind == PLAIN || (status != 400 && status != 404)) {
		/* Registries of other kinds may know no such marker. */
		trouble(catalog, "%s", answer.why);
		end_plain(catalog);
	}
	catalog->questions.current++;
}

static void on_page(void *ctx, const struct http_response *response)
{
	struct catalog *catalog = ctx;

	catalog->pages++;
	if (!ask_for_less(catalog, response))
		take(catalog, response);
	if (response->failure == HTTP_ABANDONED || is_endless(catalog) || !ask(catalog))
		finish(catalog, response);
}

void catalog_list(struct api *api, api_listed listed, void *ctx)
{
	struct catalog *catalog;

	if (named_catalog(api, listed, ctx))
		return;
	catalog = xmalloc(sizeof *catalog);
	*catalog = (struct catalog){ .api = api,
				     .names = strtab_new(),
				     .markers = strtab_new(),
				     .plain = SIZE_MAX,
				     .listed = listed,
				     .ctx = ctx };
	questions_init(&catalog->questions);
	questions_add(&catalog->questions, PLAIN, NULL, 0, CATALOG_PAGE);
	ask(catalog);
}
