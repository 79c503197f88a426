/* A HEAD for each blob; where that says that it is there, its first byte, which no cache has. */
#include "run/stale_cache.h"

#include "config/config.h"
#include "gc/gc.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "lists/checksummed.h"
#include "oci/digest.h"
#include "plan/plan.h"
#include "registry/api.h"
#include "run/context.h"
#include "state/state.h"
#include "storage/links.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/spread.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>

#define ASKED      10 /* blobs that this run removed */
#define FILE_NAME  "stale"
#define HEADER     "clean-registry stale 1\n"
#define FILE_LIMIT ((size_t)1 << 20)

enum belief {
	BELIEF_UNKNOWN = 0,
	BELIEF_NONE, /* it is not there, for the cache as well; or it was pushed again */
	BELIEF_FALSE,
};

/* About the blob DIGEST in REPOSITORY. */
struct question {
	struct api *api;
	/* Where the blob may be there all the same, and only its link was taken; NULL: it is gone
	 * if it is not there. */
	const struct layout *layout;
	char *repository;
	const char *digest; /* of the table of questions */
	enum belief belief;
};

/* What was asked for, by what came of it. */
struct answers {
	uint32_t asked;
	struct strtab *believed, *unknown;
};

/* Questions are kept as "REPOSITORY DIGEST". */
static void add(struct strtab *table, const char *repository, const char *digest)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_format(&text, "%s %s", repository, digest);
	strtab_add(table, buf_string(&text), text.length);
}

static bool is_removed(const struct gc_result *gc, const char *digest)
{
	return strtab_find(gc->removed, digest, strlen(digest)) != STRTAB_NONE;
}

/* distribution 3.x prints the links that it removes, with their repositories. The native collector
 * takes them before the blobs go: NATIVE. */
static void add_links(struct strtab *table, const struct gc_result *gc, bool native)
{
	for (uint32_t i = 0; i < strtab_count(gc->removed); i++) {
		const char *text = strtab_text(gc->removed, i);
		const char *blank = strchr(text, ' ');

		if (blank && (native || is_removed(gc, blank + 1)))
			strtab_add(table, text, strlen(text));
	}
}

/* 2.x leaves the links: what was planned to go says where the blobs were. */
static void add_planned(struct strtab *table, const struct run *run)
{
	const struct inventory *inventory = run->session.inventory;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];

		if (!run->plan->manifests[m].goes)
			continue;
		for (uint32_t i = 0; i < manifest->blob_count; i++) {
			uint32_t blob = inventory->references[manifest->blobs + i];
			const char *digest =
				strtab_text(inventory->digests, inventory->blobs[blob].digest);

			if (is_removed(&run->report.gc, digest))
				add(table, inventory->repositories[manifest->repository].name,
				    digest);
		}
	}
}

/* What an earlier run found to be believed in. */
static void add_remembered(struct strtab *table, const struct state *state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char sum[DIGEST_TEXT];
	struct err err = { 0 };
	size_t body = 0;

	if (state_read_file(state, FILE_NAME, FILE_LIMIT, &text, &err) < 0)
		return;
	if (checksummed_open(HEADER, text.data, text.length, &body, sum, &err) < 0) {
		log_info("what the registry's cache believed in before is %s", err.msg);
		return;
	}
	text.data[strlen(HEADER) + body] = '\0';
	for (char *rest = text.data + strlen(HEADER), *line; (line = strsep(&rest, "\n")) && rest;)
		strtab_add(table, line, strlen(line));
}

static bool is_native(const struct run *run)
{
	return run->config->gc.method == GC_NATIVE;
}

/* All that was remembered, and a few of what was removed now. */
static struct strtab *choose(const struct run *run)
{
	struct strtab *removed = strtab_new(), *chosen = strtab_new();

	add_remembered(chosen, run->state);
	if (run->report.gc.removed) {
		add_links(removed, &run->report.gc, is_native(run));
		if (run->plan)
			add_planned(removed, run);
	}
	for (uint32_t i = 0; i < strtab_count(removed); i++)
		if (spread_takes(i, strtab_count(removed), ASKED))
			strtab_add(chosen, strtab_text(removed, i),
				   strlen(strtab_text(removed, i)));
	strtab_free(removed);
	return chosen;
}

static bool pass(void *ctx, const char *bytes, size_t length)
{
	(void)ctx;
	(void)bytes;
	(void)length;
	return true;
}

/* The registry announces what is not there any more, and then has nothing to send, for which a
 * proxy may say 502; a storage that was redirected to answers 404. */
static void on_byte(void *ctx, const struct api_answer *answer)
{
	struct question *question = ctx;
	const struct http_response *response = answer->response;

	if (answer->outcome == API_OK)
		question->belief = BELIEF_NONE;
	else if (response->failure == HTTP_SHORT || response->failure == HTTP_CUT ||
		 response->status == 404 || response->status == 502)
		question->belief = BELIEF_FALSE;
}

/* Where it is said to be there, by 307 for a storage that is redirected to, it was pushed again, or
 * only the cache has it: the bytes tell. */
static void on_head(void *ctx, const struct api_answer *answer)
{
	struct question *question = ctx;
	int status = answer->response->status;

	if (status == 404)
		question->belief = BELIEF_NONE;
	else if (question->layout && status >= 200 && status < 400)
		question->belief =
			links_layer(question->layout, question->repository, question->digest)
						.state == LINK_ABSENT
				? BELIEF_FALSE
				: BELIEF_NONE;
	else if (status >= 200 && status < 400)
		api_blob_probe(question->api, question->repository, question->digest, true, pass,
			       on_byte, question);
}

static int ask(struct run *run, struct question *questions, const struct strtab *texts,
	       struct err *err)
{
	for (uint32_t i = 0; i < strtab_count(texts); i++) {
		const char *text = strtab_text(texts, i);
		size_t name = strcspn(text, " ");

		questions[i] =
			(struct question){ .api = run->session.api,
					   .layout = is_native(run) ? run->session.layout : NULL,
					   .repository = xstrndup(text, name),
					   .digest = text + name + (text[name] == ' ') };
		if (api_repository_valid(questions[i].repository) &&
		    digest_valid(questions[i].digest, strlen(questions[i].digest)))
			api_blob_head(run->session.api, questions[i].repository,
				      questions[i].digest, on_head, &questions[i]);
		else
			questions[i].belief = BELIEF_NONE;
	}
	return http_run(run->session.http, err);
}

static void add_lines(struct buf *text, const struct strtab *table)
{
	for (uint32_t i = 0; i < strtab_count(table); i++)
		buf_format(text, "%s\n", strtab_text(table, i));
}

/* What the next run asks for again. */
static void remember(const struct run *run, const struct answers *answers)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char sum[DIGEST_TEXT];
	struct err err = { 0 };

	if (strtab_count(answers->believed) + strtab_count(answers->unknown) == 0) {
		state_remove_file(run->state, FILE_NAME);
		return;
	}
	buf_text(&text, HEADER);
	add_lines(&text, answers->believed);
	add_lines(&text, answers->unknown);
	checksummed_close(&text, sum);
	if (state_replace_file(run->state, FILE_NAME, &text, &err) < 0)
		log_warning("%s; the next run will not ask for what the registry's cache believes "
			    "in now",
			    err.msg);
}

#define FLUSH "flush it (in redis the keys blobs::* and repository::*::blobs*)"

/* A registry that was stopped for the collection has nothing in its memory. */
static bool was_started_anew(const struct run *run)
{
	return run->report.gc.stopped_seconds > 0;
}

/* Nothing empties the cache after the collection. */
static void warn(const struct run *run, const struct answers *answers)
{
	const char *container = run->config->registry.container;
	uint32_t believed = strtab_count(answers->believed);
	CLEANUP(buf_free) struct buf seen = { 0 };

	if (believed > 0)
		buf_format(&seen, " (%u of %u that were asked for, %s)", believed, answers->asked,
			   strtab_text(answers->believed, 0));
	if (run->session.server.cache_lasts || was_started_anew(run))
		log_warning("the registry's cache still lists removed layers%s: "
			    "images that are pushed may lack layers. It is in redis and survives a "
			    "restart: " FLUSH " now, or let gc.restart do so",
			    buf_string(&seen));
	else
		log_warning("the registry's cache still lists removed layers%s: "
			    "images pushed before its next restart may lack layers; restart it now "
			    "(`docker restart %s`) or set gc.restart",
			    buf_string(&seen), container[0] ? container : "REGISTRY");
}

static int judge_unexpected(const struct answers *answers, struct err *err)
{
	uint32_t believed = strtab_count(answers->believed);

	if (believed + strtab_count(answers->unknown) == 0)
		return 0;
	return err_set(err, ERR_COLLECTOR,
		       "the registry %s (%u of %u that were asked for, %s), though its "
		       "configuration names no cache: is it in its environment? Nothing is "
		       "collected until gc.restart empties it",
		       believed > 0 ? "still lists layers whose links were taken"
				    : "did not tell whether it lists layers whose links were taken",
		       believed > 0 ? believed : strtab_count(answers->unknown), answers->asked,
		       strtab_text(believed > 0 ? answers->believed : answers->unknown, 0));
}

static int judge(const struct run *run, const struct answers *answers, struct err *err)
{
	uint32_t believed = strtab_count(answers->believed);

	if (run->config->gc.restart.count == 0 && is_native(run))
		return judge_unexpected(answers, err);
	if (run->config->gc.restart.count == 0) {
		state_remove_file(run->state, FILE_NAME);
		if (!was_started_anew(run) || run->session.server.cache_lasts || believed > 0)
			warn(run, answers);
		return 0;
	}
	remember(run, answers);
	if (believed > 0)
		return err_set(err, ERR_COLLECTOR,
			       "after gc.restart the registry still lists removed blobs "
			       "(%u of %u that were asked for, %s): images that are pushed "
			       "may lack layers, and the collection stays owed. Its cache outlives "
			       "gc.restart: " FLUSH " in that command",
			       believed, answers->asked, strtab_text(answers->believed, 0));
	if (strtab_count(answers->unknown) > 0)
		return err_set(err, ERR_COLLECTOR,
			       "whether the registry's cache still lists removed blobs "
			       "could not be asked after gc.restart (%s), so the "
			       "collection stays owed",
			       strtab_text(answers->unknown, 0));
	return 0;
}

static void sort(const struct question *question, const char *text, const struct answers *answers)
{
	if (question->belief == BELIEF_FALSE)
		strtab_add(answers->believed, text, strlen(text));
	else if (question->belief == BELIEF_UNKNOWN)
		strtab_add(answers->unknown, text, strlen(text));
}

int stale_cache_check(struct run *run, struct err *err)
{
	struct answers answers = { 0 };
	struct question *questions;
	struct strtab *texts;
	int result;

	session_ask_server(&run->session);
	/* The native collector does not rely on what the configuration says: the registry may have
	 * been started with another one. */
	if (run->session.server.cache == CONFIG_NO && !is_native(run))
		return 0;
	texts = choose(run);
	answers.asked = strtab_count(texts);
	answers.believed = strtab_new();
	answers.unknown = strtab_new();
	questions = xcalloc((size_t)answers.asked + 1, sizeof *questions);
	result = ask(run, questions, texts, err);
	for (uint32_t i = 0; i < answers.asked; i++) {
		sort(&questions[i], strtab_text(texts, i), &answers);
		free(questions[i].repository);
	}
	if (result == 0)
		result = judge(run, &answers, err);
	free(questions);
	strtab_free(answers.believed);
	strtab_free(answers.unknown);
	strtab_free(texts);
	return result;
}
