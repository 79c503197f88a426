/* The last lines of a run, in plain words. */
#include "report/run_json.h"

#include "apply/apply.h"
#include "apply_scaleway/namespaces.h"
#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "inventory/order.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "report/rules.h"
#include "report/space.h"
#include "report/storage_text.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/log.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

#define LIMITED_NAMED 20

/* The bit of that reason among REASONS whose place comes next after BEHIND; PLAN_REASONS: none. */
static unsigned next_counted(uint64_t reasons, unsigned behind)
{
	unsigned next = PLAN_REASONS;

	for (unsigned i = 0; i < PLAN_REASONS; i++) {
		const struct plan_reason_row *row = &PLAN_REASON_ROWS[i];

		if ((reasons >> i & 1) && row->words && row->place > behind &&
		    (next == PLAN_REASONS || row->place < PLAN_REASON_ROWS[next].place))
			next = i;
	}
	return next;
}

static void count_kept(const struct plan_tag *decision, struct report_counts *counts)
{
	unsigned under = next_counted(decision->reasons, 0);

	counts->kept++;
	counts->unknown_age += (decision->reasons & REASON_UNKNOWN_AGE) != 0;
	counts->orphans += (decision->reasons & REASON_ORPHAN) != 0;
	if (under < PLAN_REASONS)
		counts->by_reason[under]++;
}

void report_count(const struct report *report, struct report_counts *counts)
{
	*counts = (struct report_counts){ 0 };
	for (size_t t = 0; report->inventory && t < report->inventory->tag_count; t++) {
		if (report->outcome->tags[t] == TAG_KEPT)
			count_kept(&report->plan->tags[t], counts);
	}
}

static void log_tag(const struct report *report, uint32_t tag, struct buf *line)
{
	const struct inventory *inventory = report->inventory;
	const struct inventory_tag *entry = &inventory->tags[tag];
	char size[UNITS_SIZE];

	buf_clear(line);
	buf_format(line, "%s:%s (", inventory_tag_repository(inventory, tag), entry->name);
	plan_explain(inventory, report->plan, tag, line);
	if (entry->manifest != INVENTORY_NONE && report_knows_space(report))
		buf_format(line, "; alone it holds %s",
			   units_bytes(report->forecast->tags[tag], size));
	buf_text(line, ")");
	if (report->outcome->tags[tag] == TAG_KEPT)
		log_debug("keep %s", buf_string(line));
	else if (report->dry_run)
		log_about(LOG_LEVEL_INFO,
			  (const struct log_field[]){
				  { .name = "event", .text = "would delete" },
				  { .name = "repository",
				    .text = inventory_tag_repository(inventory, tag) },
				  { .name = "tag", .text = entry->name },
				  { 0 } },
			  "would delete %s", buf_string(line));
	else
		log_debug("to delete: %s", buf_string(line));
}

/* Untagged manifests, which have a rule of their own. */
static void log_untagged(const struct report *report)
{
	const struct inventory *inventory = report->inventory;
	char since[TIME_TEXT];

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];
		const char *name = inventory->repositories[manifest->repository].name;

		if (report->plan->manifests[m].goes && report->plan->manifests[m].untagged)
			log_info("%s %s@%s (untagged since %.10s)",
				 report->dry_run ? "would delete" : "to delete:", name,
				 inventory_digest(inventory, m),
				 time_utc(manifest->untagged_since, since));
	}
}

/* Tags on which an expression gave up: whoever wrote it should look at it. */
static void log_limited(const struct report *report)
{
	const struct inventory *inventory = report->inventory;
	CLEANUP(buf_free) struct buf why = { 0 };
	size_t count = 0;

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (!(report->plan->tags[t].reasons & REASON_PATTERN_LIMIT) ||
		    count++ >= LIMITED_NAMED)
			continue;
		buf_clear(&why);
		plan_explain(inventory, report->plan, t, &why);
		log_warning("%s:%s stays, as an expression takes too long on it (%s)",
			    inventory_tag_repository(inventory, t), inventory->tags[t].name,
			    buf_string(&why));
	}
	if (count > LIMITED_NAMED)
		log_warning("so do %zu more tags; --debug names them", count - LIMITED_NAMED);
}

/* Parts of an image that goes, which the API would not know to be needed. */
void report_log_held(const struct report *report)
{
	const struct inventory *inventory = report->inventory;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		uint32_t blocker = report->plan->manifests[m].blocker;

		if (blocker != INVENTORY_NONE)
			log_info("keep %s@%s (listed by %s, an index that no tag reaches)",
				 inventory->repositories[inventory->manifests[m].repository].name,
				 inventory_digest(inventory, m),
				 inventory_digest(inventory, blocker));
	}
}

void report_log_plan(const struct report *report)
{
	CLEANUP(free_p) uint32_t *order = inventory_order_tags(report->inventory);
	CLEANUP(buf_free) struct buf line = { 0 };

	for (size_t i = 0; i < report->inventory->tag_count; i++) {
		if (log_debugging() || (report->dry_run && report->plan->tags[order[i]].goes))
			log_tag(report, order[i], &line);
	}
	log_limited(report);
	report_warn_namesakes(report);
	log_untagged(report);
	report_log_held(report);
}

static void log_kept(const struct report_counts *counts)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	for (unsigned i = next_counted(UINT64_MAX, 0); i < PLAN_REASONS;
	     i = next_counted(UINT64_MAX, PLAN_REASON_ROWS[i].place)) {
		if (counts->by_reason[i])
			buf_format(&text, "%s%zu %s", text.length ? ", " : "", counts->by_reason[i],
				   PLAN_REASON_ROWS[i].words);
	}
	log_info("kept %zu tag%s%s%s", counts->kept, units_s(counts->kept), text.length ? ": " : "",
		 buf_string(&text));
}

/* Why a run would not collect what could be freed. */
static void log_not_collected(const struct report *report)
{
	char next[TIME_TEXT];

	if (date_known(report->next_collection))
		log_info("no collection is due before %s (gc.every_days), so the run would not "
			 "collect that; clean-registry collect does not wait",
			 time_local(report->next_collection, next));
	else
		log_info("%s, so the run would not collect that: clean-registry collect does, "
			 "or gc.when: always",
			 report->config->gc.when == GC_NEVER ? "gc.when is never"
							     : "nothing is to be deleted");
}

/* An API that knows of tags alone deletes nothing else. */
static void log_number(const struct report *report, const char *what, size_t tags, size_t manifests)
{
	if (report_knows_space(report))
		log_info("%s %zu tag%s (%zu manifest%s)", what, tags, units_s(tags), manifests,
			 units_s(manifests));
	else
		log_info("%s %zu tag%s", what, tags, units_s(tags));
}

static void log_foreseen(const struct report *report)
{
	const struct forecast *forecast = report->forecast;
	char size[UNITS_SIZE];

	storage_text_forecast(report);
	if (forecast->blobs && !forecast->complete && !report->garbage_listed &&
	    report->config->registry.repositories.count > 0)
		log_info("less than that, if repositories that registry.repositories does not name "
			 "hold some of it, too");
	if (forecast->blobs && !report->collects && report->config->gc.method != GC_NATIVE)
		log_not_collected(report);
	if (forecast->unread)
		log_warning("%zu manifest%s cannot be read: what %s to counts as free there, and "
			    "is not",
			    forecast->unread, units_s(forecast->unread),
			    forecast->unread == 1 ? "it refers" : "they refer");
	if (forecast->untagged)
		log_info("untagged manifests hold %s; cleanup.untagged_days %s",
			 units_bytes(forecast->untagged, size),
			 report->config->cleanup.untagged_days ? "removes them in time"
							       : "removes them");
}

static void log_planned(const struct report *report)
{
	log_number(report, "would delete", report->outcome->tags_planned,
		   report->plan->manifests_going);
	if (report->plan->untagged_going)
		log_info("%zu of these manifests have been without a tag for long",
			 report->plan->untagged_going);
	if (report_knows_space(report))
		log_foreseen(report);
}

static void log_tags(const struct report *report)
{
	const struct outcome *outcome = report->outcome;
	struct report_counts counts;

	report_count(report, &counts);
	log_info("looked at %zu tag%s in %zu repositor%s", report->inventory->tag_count,
		 units_s(report->inventory->tag_count), report->inventory->repository_count,
		 report->inventory->repository_count == 1 ? "y" : "ies");
	if (report->dry_run)
		log_planned(report);
	else
		log_number(report, "deleted", outcome->tags_deleted, outcome->manifests_deleted);
	log_kept(&counts);
	report_rules_log(report);
	if (outcome->tags_changed)
		log_info("left %zu tag%s that changed meanwhile", outcome->tags_changed,
			 units_s(outcome->tags_changed));
	if (outcome->tags_failed)
		log_error("failed to delete %zu tag%s", outcome->tags_failed,
			  units_s(outcome->tags_failed));
	if (!report->dry_run && outcome->tags_planned)
		log_warning("%zu tag%s that should go %s left for the next run",
			    outcome->tags_planned, units_s(outcome->tags_planned),
			    outcome->tags_planned == 1 ? "is" : "are");
}

void report_log_verification(const struct verify_result *result)
{
	log_info("%zu tag%s verified whole", result->whole, units_s(result->whole));
	if (result->damaged)
		log_error("%zu tag%s damaged", result->damaged,
			  result->damaged == 1 ? " is" : "s are");
	if (result->unverified)
		log_warning("%zu tag%s could not be verified", result->unverified,
			    units_s(result->unverified));
}

/* gc.every_days: what it leaves for later. */
static void log_next_collection(const struct report *report)
{
	char next[TIME_TEXT];

	if (report->dry_run || !date_known(report->next_collection))
		return;
	time_local(report->next_collection, next);
	if (report->collection_waits)
		log_info("a collection is owed, and not due before %s (gc.every_days): until then "
			 "what was deleted can be put back; clean-registry collect does not wait",
			 next);
	else
		log_info("no collection is due before %s (gc.every_days)", next);
}

/* How to undo it, and until when. */
static void log_undo(const struct report *report)
{
	const struct undo_window *window = &report->undo.window;
	char until[TIME_TEXT];

	if (!report->undo.run || window->able == UNDO_NOTHING)
		return;
	if (window->able == UNDO_NEVER)
		log_info("undo: what was deleted cannot be put back; %s has what it was",
			 report->undo.path);
	else if (window->able == UNDO_PARTLY)
		log_info("undo: clean-registry restore --run %s puts back what needs no layer that "
			 "was collected",
			 report->undo.run);
	else
		log_info("undo: clean-registry restore --run %s, %suntil %s", report->undo.run,
			 date_known(report->next_collection) ? ""
							     : "until the next collection, or ",
			 date_known(window->until) ? time_local(window->until, until)
						   : "its journal is removed");
}

static size_t planned(const struct scaleway_namespaces *spaces)
{
	size_t count = 0;

	for (size_t i = 0; i < spaces->count; i++)
		count += spaces->items[i].fate == SCALEWAY_NAMESPACE_PLANNED;
	return count;
}

/* Empty namespaces of Scaleway's registry. */
static void log_namespaces(const struct report *report)
{
	const struct scaleway_namespaces *spaces = report->namespaces;
	size_t left = spaces ? planned(spaces) : 0;

	if (!spaces)
		return;
	if (spaces->deleted)
		log_info("deleted %zu empty namespace%s", spaces->deleted,
			 units_s(spaces->deleted));
	if (left && report->dry_run)
		log_info("would delete %zu empty namespace%s", left, units_s(left));
	else if (left)
		log_warning("%zu empty namespace%s left for the next run", left,
			    left == 1 ? " is" : "s are");
	if (spaces->failed)
		log_error("failed to delete %zu empty namespace%s", spaces->failed,
			  units_s(spaces->failed));
}

void report_log(const struct report *report)
{
	if (report->inventory)
		log_tags(report);
	if (report->repositories_removed.count)
		log_info("removed %zu empty repositor%s", report->repositories_removed.count,
			 report->repositories_removed.count == 1 ? "y" : "ies");
	log_namespaces(report);
	if (!report->dry_run && report_knows_space(report))
		storage_text_log(report);
	if (report->verified)
		report_log_verification(&report->verification);
	log_next_collection(report);
	log_undo(report);
}

void report_log_end(const struct report *report)
{
	char duration[UNITS_SIZE];

	if (report->errors)
		log_warning("%zu error%s, see above", report->errors, units_s(report->errors));
	log_info("%s after %s, exit code %d", report->dry_run ? "dry run ended" : "ended",
		 units_duration(report->seconds, duration), report->exit_code);
}
