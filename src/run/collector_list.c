/* What is in the list and not in the inventory is asked for by its name. It adds what stays, and
 * what belongs to that which goes; it never makes a tag go. */
#include "run/collector_list.h"

#include "config/config.h"
#include "forecast/collector_marks.h"
#include "forecast/listed.h"
#include "http/engine.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "registry/api.h"
#include "report/run_json.h"
#include "run/context.h"
#include "run/limits.h"
#include "scan_api/by_digest.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

#define NAMED    20
#define READ_ALL 10000 /* manifests: more are read only where something goes */

/* Names that are told together, the first of them one by one. */
struct names {
	struct buf text;
	size_t count;
};

static void add_name(struct names *names, const char *name)
{
	if (names->count++ < NAMED)
		buf_format(&names->text, "%s%s", names->text.length ? ", " : "", name);
}

static const char *more(const struct names *names)
{
	return names->count > NAMED ? ", …" : "";
}

/* Into a strtab. A list that is not complete leaves more of what is hidden named. */
static void on_catalog(void *names, const struct api_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		strtab_add(names, list->names[i], strlen(list->names[i]));
}

/* Repositories of the marks that the inventory does not know; where registry.repositories names
 * what is worked on, it need not. The caller frees it. */
static struct strtab *find_hidden(const struct run *run)
{
	const struct collector_marks *marks = run->rehearsal.answer.marks;
	bool all = run->config->registry.repositories.count == 0;
	struct strtab *hidden = strtab_new();

	for (size_t i = 0; i < collector_marks_count(marks) && all; i++) {
		const char *name = collector_marks_repository(marks, i);

		if (inventory_repository_find(run->session.inventory, name) == INVENTORY_NONE)
			strtab_add(hidden, name, strlen(name));
	}
	return hidden;
}

static void add_repository(struct inventory *inventory, const char *name, const char *why)
{
	uint32_t repository = inventory_repository(inventory, name);

	inventory->repositories[repository].unlisted = true;
	inventory_trouble(inventory, repository, "%s", why);
}

/* What the catalog names when it is asked again was pushed meanwhile, and is for the next run. */
static int add_hidden(struct run *run, const struct strtab *hidden, struct err *err)
{
	struct inventory *inventory = run->session.inventory;
	struct strtab *catalog = strtab_new();
	struct names named = { 0 };
	int result = 0;

	catalog_list(run->session.api, on_catalog, catalog);
	result = http_run(run->session.http, err);
	for (uint32_t i = 0; i < strtab_count(hidden) && result == 0; i++) {
		const char *name = strtab_text(hidden, i);
		bool came = strtab_find(catalog, name, strlen(name)) != STRTAB_NONE;

		add_repository(inventory, name,
			       came ? "it came while the registry was read"
				    : "the catalog does not name it");
		if (!came)
			add_name(&named, name);
	}
	if (named.count > 0) {
		inventory_catalog_trouble(inventory, "it leaves out what the collector lists");
		inventory->failures++;
		log_error("the catalog leaves out %zu repositor%s that the collector lists: %s%s; "
			  "nothing is deleted there",
			  named.count, named.count == 1 ? "y" : "ies", buf_string(&named.text),
			  more(&named));
	}
	buf_free(&named.text);
	strtab_free(catalog);
	return result;
}

static bool has_manifests(const struct inventory *inventory, uint32_t repository)
{
	for (uint32_t m = inventory->repositories[repository].first_manifest; m != INVENTORY_NONE;
	     m = inventory->manifests[m].next)
		if (inventory->manifests[m].kind != MANIFEST_MISSING &&
		    inventory->manifests[m].kind != MANIFEST_UNSEEN)
			return true;
	return false;
}

/* What it does not come across it does not mark, and would remove. 1: there is none. 0: there is,
 * and it may have been pushed meanwhile. One that comes across nothing was judged before. */
static int find_overlooked(const struct run *run, bool last, struct err *err)
{
	const struct inventory *inventory = run->session.inventory;
	const struct strtab *listed = run->rehearsal.answer.repositories;
	struct names named = { 0 };

	for (uint32_t r = 0; strtab_count(listed) > 0 && r < inventory->repository_count; r++) {
		const char *name = inventory->repositories[r].name;

		if (has_manifests(inventory, r) &&
		    strtab_find(listed, name, strlen(name)) == STRTAB_NONE)
			add_name(&named, name);
	}
	if (named.count > 0 && last)
		err_set(err, ERR_COLLECTOR,
			"the collector does not come across %zu repositor%s of the catalog, and "
			"would remove what %s: %s%s",
			named.count, named.count == 1 ? "y" : "ies",
			named.count == 1 ? "it has" : "they have", buf_string(&named.text),
			more(&named));
	buf_free(&named.text);
	return named.count == 0 ? 1 : last ? -1 : 0;
}

/* Reads what REPOSITORY has: something in it is to go, or there are few enough to be sure of what
 * blobs are shared. Where a repository has a trouble nothing goes, and its answers may be bad. */
static bool is_read(const struct run *run, uint32_t repository, bool few)
{
	return repository != INVENTORY_NONE &&
	       !run->session.inventory->repositories[repository].trouble &&
	       (few || run->plan->repositories[repository].step_count > 0);
}

static bool is_known(const struct inventory *inventory, uint32_t repository, const char *digest)
{
	uint32_t manifest = inventory_manifest_find(inventory, repository, digest);

	return manifest != INVENTORY_NONE && inventory->manifests[manifest].kind != MANIFEST_UNSEEN;
}

/* The manifests that are marked and not known, added to the inventory. REST: how many others of
 * these stay unknown. The caller frees them. */
static uint32_t *find_unread(const struct run *run, size_t *count, size_t *rest)
{
	struct inventory *inventory = run->session.inventory;
	const struct collector_marks *marks = run->rehearsal.answer.marks;
	size_t marked = collector_marks_count(marks);
	CLEANUP(free_p) uint32_t *places = xcalloc(marked + 1, sizeof *places);
	uint32_t *unread = xcalloc(marked + 1, sizeof *unread);
	bool few;

	*count = *rest = 0;
	for (size_t i = 0; i < marked; i++) {
		uint32_t place =
			inventory_repository_find(inventory, collector_marks_repository(marks, i));

		places[i] = INVENTORY_NONE;
		*rest += place == INVENTORY_NONE;
		if (place == INVENTORY_NONE ||
		    is_known(inventory, place, collector_marks_digest(marks, i)))
			continue;
		places[i] = place;
		++*rest;
	}
	few = *rest <= READ_ALL;
	for (size_t i = 0; i < marked; i++) {
		if (!is_read(run, places[i], few))
			continue;
		unread[(*count)++] =
			inventory_manifest(inventory, places[i], collector_marks_digest(marks, i));
	}
	*rest -= *count;
	return unread;
}

/* Of each tag: it went until now. The caller frees it. */
static bool *remember_going(const struct run *run)
{
	size_t count = run->session.inventory->tag_count;
	bool *went = xcalloc(count + 1, sizeof *went);

	for (size_t t = 0; t < count; t++)
		went[t] = run->plan->tags[t].goes;
	return went;
}

static void tell_kept(const struct run *run, const bool *went)
{
	const struct inventory *inventory = run->session.inventory;
	CLEANUP(buf_free) struct buf line = { 0 };

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (!went[t] || run->plan->tags[t].goes)
			continue;
		buf_clear(&line);
		plan_explain(inventory, run->plan, t, &line);
		log_info("keep %s:%s after all (%s)", inventory_tag_repository(inventory, t),
			 inventory->tags[t].name, buf_string(&line));
	}
	report_log_held(&run->report);
}

/* With more manifests more stays, and referrers that no tag leads to go with what they describe. */
static int plan_anew(struct run *run, struct err *err)
{
	CLEANUP(free_p) bool *went = remember_going(run);
	size_t before = run->plan->manifests_going;

	run_plan_again(run);
	tell_kept(run, went);
	return run->plan->manifests_going > before ? limits_check(run, err) : 0;
}

static int read_untagged(struct run *run, struct err *err)
{
	struct session *session = &run->session;
	size_t count = 0;
	CLEANUP(free_p)
	uint32_t *unread = find_unread(run, &count, &run->report.listed_unread);
	int result;

	if (count > 0)
		log_info("reading %zu manifest%s that the collector lists and no tag leads to",
			 count, units_s(count));
	result = scan_api_by_digest(session->inventory, unread, count, session->api, session->http,
				    err);
	inventory_faults_tell(session->inventory);
	if (result == 0)
		session->unseen = NULL;
	return result;
}

static void note_untagged(struct run *run)
{
	const struct inventory *inventory = run->session.inventory;
	const struct gc_result *answer = &run->rehearsal.answer;
	struct report *report = &run->report;

	free(run->rehearsal.untagged);
	run->rehearsal.untagged =
		listed_untagged(inventory, answer->marks, &report->listed_untagged_count);
	report->listed_untagged = run->rehearsal.untagged;
	report->listed_marks = answer->marks;
	report->garbage = listed_blobs_weigh(inventory, answer->removed);
	report->garbage_listed = true;
}

static void tell_untagged(const struct run *run)
{
	const struct report *report = &run->report;

	for (size_t i = 0; i < report->listed_untagged_count && log_debugging(); i++)
		log_debug("no tag leads to %s@%s",
			  collector_marks_repository(report->listed_marks,
						     report->listed_untagged[i]),
			  collector_marks_digest(report->listed_marks, report->listed_untagged[i]));
	if (report->listed_untagged_count > 0)
		log_info("no tag leads to %zu manifest%s that the collector keeps (--debug and the "
			 "report name them)",
			 report->listed_untagged_count, units_s(report->listed_untagged_count));
}

/* The plan is made for an inventory of that size: whatever comes, it is made anew. */
static int complete(struct run *run, struct err *err)
{
	struct strtab *hidden = find_hidden(run);
	bool any = strtab_count(hidden) > 0;
	struct err ignored = { 0 };
	int result = any ? add_hidden(run, hidden, err) : 0;

	strtab_free(hidden);
	if (run->plan->step_count == 0) {
		if (any)
			run_plan_again(run);
		return result;
	}
	if (result == 0)
		result = read_untagged(run, err);
	return plan_anew(run, result < 0 ? &ignored : err) < 0 ? -1 : result;
}

int collector_list_take(struct run *run, bool last, struct err *err)
{
	const struct session *session = &run->session;
	int result;

	if (session->inventory->from_storage || (!session->unseen && !run->rehearsal.listed))
		return 1;
	result = find_overlooked(run, last, err);
	if (result != 1)
		return result;
	if (complete(run, err) < 0)
		return -1;
	run->rehearsal.listed = true;
	note_untagged(run);
	tell_untagged(run);
	return 1;
}

void collector_list_forget(struct run *run)
{
	struct report *report = &run->report;

	report->listed_marks = NULL;
	report->listed_untagged = NULL;
	report->listed_untagged_count = report->listed_unread = 0;
	report->garbage_listed = false;
}
