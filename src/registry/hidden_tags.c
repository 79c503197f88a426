/* Tags that a registry leaves out of its list.
 *
 * distribution 3.1.0 and 3.1.1 walk S3's keys in their order, .../tags/1/current/link before
 * .../tags/10/current/link, and pass over everything whose key begins like that of the tag they saw
 * last. So a tag hides those that begin with its name and go on with what sorts behind '/' (a
 * letter, a digit or '_'; '-' and '.' sort before it). Asked for what comes after `1/~`, such a
 * registry begins behind the keys of 1, as nothing in them sorts behind '~', and so shows what 1
 * hid. Each name that this brings may hide others and is asked for in its turn. */
#include "registry/api_private.h"
#include "registry/pagination.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

#define AT_ONCE     8   /* questions on their way */
#define TAG_LONGEST 128 /* nothing is longer, so that one hides nothing */

/* How many names to ask for: what is hidden by one tag is few, mostly none. 3.1.0 refuses more than
 * tags.maxtags (1000). */
static const char *const SIZES[] = { "20", "500", NULL };

struct hidden {
	struct api *api;
	const char *path;
	const struct strtab *leaves; /* not asked about; or NULL */
	struct strtab *names;
	uint32_t next; /* the name to ask about */
	unsigned in_flight;
	bool over; /* nothing more is asked */
	char trouble[400];
	hidden_done done;
	void *ctx;
};

struct guess {
	struct hidden *hidden;
	uint32_t tag;
	size_t size; /* index into SIZES */
};

static void on_answer(void *ctx, const struct http_response *response);

static void ask(struct guess *guess)
{
	struct hidden *hidden = guess->hidden;
	const char *tag = strtab_text(hidden->names, guess->tag);
	CLEANUP(free_p) char *last = xasprintf("%s/~", tag);
	struct list_question question = {
		.kind = FRESH_TAGS, .path = hidden->path, .n = SIZES[guess->size], .last = last
	};

	hidden->in_flight++;
	list_ask(hidden->api, &question, on_answer, guess);
}

/* A name that is no tag's goes into no address; the list has a fault for it anyway. */
static bool may_hide(const char *tag)
{
	return strlen(tag) < TAG_LONGEST && api_tag_valid(tag);
}

static bool is_leaf(const struct hidden *hidden, const char *tag)
{
	return hidden->leaves && strtab_find(hidden->leaves, tag, strlen(tag)) != STRTAB_NONE;
}

static void pump(struct hidden *hidden)
{
	while (!hidden->over && hidden->in_flight < AT_ONCE &&
	       hidden->next < strtab_count(hidden->names)) {
		uint32_t tag = hidden->next++;
		struct guess *guess;

		if (!may_hide(strtab_text(hidden->names, tag)) ||
		    is_leaf(hidden, strtab_text(hidden->names, tag)))
			continue;
		guess = xcalloc(1, sizeof *guess);
		*guess = (struct guess){ .hidden = hidden, .tag = tag };
		ask(guess);
	}
}

static bool is_full(const struct guess *guess, size_t count)
{
	const char *n = SIZES[guess->size];

	return n && count >= strtoul(n, NULL, 10);
}

/* True when the names of PAGE do not reach beyond those that TAG may hide, and more may follow. */
static bool may_go_on(const struct guess *guess, const struct strtab *page, size_t count,
		      const char *link)
{
	const char *tag = strtab_text(guess->hidden->names, guess->tag);
	size_t length = strlen(tag);
	struct page next;
	enum page_next linked = pagination_parse(link, &next);

	pagination_clear(&next);
	if (count == 0 || (linked == PAGE_NONE && !is_full(guess, count)))
		return false;
	for (uint32_t i = 0; i < strtab_count(page); i++) {
		if (strncmp(strtab_text(page, i), tag, length) != 0)
			return false;
	}
	return true;
}

static void fail(struct hidden *hidden, const char *why)
{
	if (!hidden->trouble[0])
		snprintf(hidden->trouble, sizeof hidden->trouble,
			 "what it hides (last=TAG/~) cannot be asked for: %.300s", why);
	hidden->over = true;
}

/* PAGE begins before what was asked for, or has more than that: that registry knows neither `last`
 * nor n, and so is not one of those that hide tags. */
static bool is_unheeded(const struct guess *guess, const struct strtab *page, size_t count)
{
	const char *tag = strtab_text(guess->hidden->names, guess->tag);
	const char *n = SIZES[guess->size];

	return guess->hidden->api->hiding == API_MAY_HIDE_TAGS &&
	       ((n && count > strtoul(n, NULL, 10)) ||
		strtab_find(page, tag, strlen(tag)) != STRTAB_NONE);
}

/* True when the same is to be asked with another n. */
static bool take_names(struct guess *guess, const struct http_response *response)
{
	struct hidden *hidden = guess->hidden;
	struct list_size size = { .names = hidden->names };
	struct strtab *page = strtab_new();
	size_t count;
	bool more = false;
	const char *why = list_read(hidden->api, response, "tags", page, &count);
	char text[200];

	if (why) {
		fail(hidden, why);
	} else {
		for (uint32_t i = 0; i < strtab_count(page); i++) {
			const char *name = strtab_text(page, i);

			strtab_add(hidden->names, name, strlen(name));
		}
		if (is_unheeded(guess, page, count))
			hidden->over = true;
		else
			more = may_go_on(guess, page, count, response->link);
	}
	strtab_free(page);
	/* Each question is about another name, so their number is bounded with that of names. */
	why = list_excess(hidden->api, &size, text);
	if (why)
		fail(hidden, why);
	if (more && !SIZES[guess->size] && hidden->api->hiding == API_HIDES_TAGS)
		fail(hidden, "the answer comes in pages");
	return more && SIZES[guess->size];
}

/* True when the same is to be asked with another n. Where it is not known which registry this is, a
 * refusal in other words than distribution's shows that it is not the one that hides tags. */
static bool take_refusal(struct guess *guess, const struct api_answer *answer)
{
	struct hidden *hidden = guess->hidden;
	int status = api_status(answer->response);

	if (status == 400 && SIZES[guess->size]) {
		guess->size = sizeof SIZES / sizeof *SIZES - 2;
		return true;
	}
	if (hidden->api->hiding == API_MAY_HIDE_TAGS && answer->outcome == API_FAILED &&
	    (status == 400 || status == 404 || status == 405 || status == 501))
		hidden->over = true;
	else
		fail(hidden, answer->why);
	return false;
}

static void on_answer(void *ctx, const struct http_response *response)
{
	struct guess *guess = ctx;
	struct hidden *hidden = guess->hidden;
	struct api_answer answer;
	bool more;

	hidden->in_flight--;
	api_read_answer(response, &answer);
	more = answer.outcome == API_OK ? take_names(guess, response)
					: take_refusal(guess, &answer);
	if (more && !hidden->over) {
		guess->size++;
		ask(guess);
	} else {
		free(guess);
	}
	pump(hidden);
	if (hidden->in_flight > 0)
		return;
	hidden->done(hidden->ctx, hidden->trouble[0] ? hidden->trouble : NULL, response);
	free(hidden);
}

struct strtab *hidden_tags_leaves(const struct strtab *known)
{
	struct strtab *leaves = strtab_new();
	CLEANUP(free_p) bool *hides = xcalloc((size_t)strtab_count(known) + 1, sizeof *hides);

	for (uint32_t i = 0; i < strtab_count(known); i++) {
		const char *name = strtab_text(known, i);

		for (size_t length = 1; name[0] && name[length]; length++) {
			uint32_t by =
				name[length] > '/' ? strtab_find(known, name, length) : STRTAB_NONE;

			if (by != STRTAB_NONE)
				hides[by] = true;
		}
	}
	for (uint32_t i = 0; i < strtab_count(known); i++) {
		const char *name = strtab_text(known, i);

		if (!hides[i])
			strtab_add(leaves, name, strlen(name));
	}
	return leaves;
}

bool hidden_tags_ask(struct api *api, const char *path, const struct strtab *leaves,
		     struct strtab *names, hidden_done done, void *ctx)
{
	struct hidden *hidden = xcalloc(1, sizeof *hidden);

	*hidden = (struct hidden){
		.api = api, .path = path, .leaves = leaves, .names = names, .done = done, .ctx = ctx
	};
	pump(hidden);
	if (hidden->in_flight > 0)
		return true;
	free(hidden);
	return false;
}
