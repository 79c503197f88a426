/* The report as JSON, version 1, written piece by piece: a million tags are never held whole. */
#include "report/run_json.h"

#include "apply/apply.h"
#include "apply_scaleway/namespaces.h"
#include "config/config.h"
#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "inventory/order.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "plan_file/json.h"
#include "policy/policy.h"
#include "report/criteria.h"
#include "report/native_json.h"
#include "report/rules.h"
#include "report/scaleway_fields.h"
#include "report/storage_json.h"
#include "util/date.h"
#include "util/log.h"
#include "util/messages.h"
#include "util/xalloc.h"
#include "json/write.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* There is no storage, no collector and no body of a manifest to tell of. */
static bool is_scaleway(const struct report *report)
{
	return report->config->registry.kind == KIND_SCALEWAY;
}

static void write_tag(const struct report *report, FILE *stream, uint32_t tag, bool first)
{
	static const char *const STATUS[] = { "kept", "planned", "deleted", "failed", "changed" };
	const struct inventory *inventory = report->inventory;
	const struct inventory_tag *entry = &inventory->tags[tag];
	const struct plan_tag *decision = &report->plan->tags[tag];
	uint8_t status = report->outcome->tags[tag];
	uint32_t changed = status == TAG_CHANGED ? REASON_CHANGED : 0;

	fprintf(stream, "%s\n    { \"repository\": ", first ? "" : ",");
	json_write_string(stream, inventory_tag_repository(inventory, tag));
	fputs(", \"tag\": ", stream);
	json_write_string(stream, entry->name);
	fputs(", \"digest\": ", stream);
	if (entry->manifest == INVENTORY_NONE)
		fputs("null", stream);
	else
		json_write_string(stream, inventory_digest(inventory, entry->manifest));
	if (!is_scaleway(report)) {
		fputs(", \"created_at\": ", stream);
		json_write_time(stream, entry->manifest == INVENTORY_NONE
						? DATE_ABSENT
						: report->plan->manifests[entry->manifest].created);
	} else {
		fputs(", ", stream);
		scaleway_fields_write(report, tag, stream);
	}
	fputs(", \"pushed_at\": ", stream);
	json_write_time(stream, entry->pushed);
	fputs(", \"pulled_at\": ", stream);
	json_write_time(stream, entry->pulled);
	fputs(", \"exclusive_bytes\": ", stream);
	json_write_number(stream, report->forecast->tags[tag]);
	fprintf(stream, ", \"decision\": \"%s\", \"status\": \"%s\", \"reasons\": ",
		decision->goes ? "delete" : "keep", STATUS[status]);
	plan_file_reasons(stream, decision->reasons | changed);
	if (decision->rule != PLAN_NO_RULE) {
		fputs(", \"rule\": ", stream);
		json_write_string(stream, report->plan->policy->rules[decision->rule].name);
	}
	if (decision->blocker != INVENTORY_NONE) {
		fputs(", \"held_by\": ", stream);
		json_write_string(stream,
				  decision->reasons & (REASON_SHARED_DIGEST | REASON_PART_KEPT)
					  ? inventory->tags[decision->blocker].name
					  : inventory_digest(inventory, decision->blocker));
	}
	fputs(" }", stream);
}

static void write_tags(const struct report *report, FILE *stream)
{
	CLEANUP(free_p)
	uint32_t *order = report->inventory && !report->brief
				  ? inventory_order_tags(report->inventory)
				  : NULL;

	if (report->brief) {
		fputs("  \"tags\": null,\n", stream);
		return;
	}
	fputs("  \"tags\": [", stream);
	for (size_t i = 0; report->inventory && i < report->inventory->tag_count; i++)
		write_tag(report, stream, order[i], i == 0);
	fputs("\n  ],\n", stream);
}

/* Manifests without a tag that cleanup.untagged_days selects. */
static void write_untagged(const struct report *report, FILE *stream)
{
	const struct inventory *inventory = report->inventory;
	const char *separator = "";

	if (report->brief) {
		fputs("  \"untagged\": null,\n", stream);
		return;
	}
	fputs("  \"untagged\": [", stream);
	for (uint32_t m = 0; inventory && m < inventory->manifest_count; m++) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];

		if (!report->plan->manifests[m].untagged)
			continue;
		fprintf(stream, "%s\n    { \"repository\": ", separator);
		json_write_string(stream, inventory->repositories[manifest->repository].name);
		fputs(", \"digest\": ", stream);
		json_write_string(stream, inventory_digest(inventory, m));
		fputs(", \"untagged_since\": ", stream);
		json_write_time(stream, manifest->untagged_since);
		fprintf(stream, ", \"decision\": \"%s\", \"deleted\": %s }",
			report->plan->manifests[m].goes ? "delete" : "keep",
			manifest->gone ? "true" : "false");
		separator = ",";
	}
	fputs(" ],\n", stream);
}

static void write_summary(const struct report *report, FILE *stream)
{
	static const struct outcome NONE = { 0 };
	const struct outcome *outcome = report->outcome ? report->outcome : &NONE;
	const struct inventory *inventory = report->inventory;
	struct report_counts counts;

	report_count(report, &counts);
	fprintf(stream,
		"  \"summary\": { \"repositories\": %zu, \"tags\": %zu, \"kept\": %zu, "
		"\"deleted\": %zu, \"planned\": %zu, \"failed\": %zu, \"changed\": %zu,\n"
		"    \"errors\": %zu, \"unknown_age\": %zu, \"orphans\": %zu, "
		"\"manifests_deleted\": ",
		inventory ? inventory->repository_count : 0, inventory ? inventory->tag_count : 0,
		counts.kept, outcome->tags_deleted, outcome->tags_planned, outcome->tags_failed,
		outcome->tags_changed, report->errors, counts.unknown_age, counts.orphans);
	json_write_number(stream,
			  is_scaleway(report) ? JSON_WRITE_UNKNOWN : outcome->manifests_deleted);
	fputs(",\n    \"criteria\": { ", stream);
	report_criteria_write(report, stream);
	fputs(" },\n    \"rules\": [", stream);
	if (report->plan)
		report_rules_write(report, stream);
	fputs(" ] },\n", stream);
}

static void write_collection(const struct report *report, FILE *stream)
{
	static const char *const METHODS[] = {
		[GC_REGISTRY] = "registry", [GC_OFFLINE] = "offline", [GC_NATIVE] = "native"
	};
	const struct gc_result *gc = &report->gc;

	fputs("  \"garbage_collection\": { \"method\": ", stream);
	json_write_string(stream, is_scaleway(report) ? NULL : METHODS[report->config->gc.method]);
	fprintf(stream, ", \"ran\": %s, \"exit_status\": ", gc->ran ? "true" : "false");
	if ((gc->ran || gc->failed_asked) && gc->exit_status >= 0)
		fprintf(stream, "%d", gc->exit_status);
	else
		fputs("null", stream);
	if (!gc->ran)
		fputs(", \"blobs_marked\": null, \"blobs_deleted\": null, "
		      "\"manifests_deleted\": null, \"seconds\": null",
		      stream);
	else
		fprintf(stream,
			", \"blobs_marked\": %" PRIu64 ", \"blobs_deleted\": %" PRIu64
			", \"manifests_deleted\": %" PRIu64 ", \"seconds\": %.3f",
			gc->blobs_marked, gc->blobs_deleted, gc->manifests_deleted, gc->seconds);
	fputs(", \"stopped_seconds\": ", stream);
	if (gc->stopped_seconds > 0)
		fprintf(stream, "%.3f", gc->stopped_seconds);
	else
		fputs("null", stream);
	fputs(", \"not_due_before\": ", stream);
	json_write_time(stream, report->next_collection);
	fputs(",\n    \"native\": ", stream);
	native_json_write(report, stream);
	fputs(" }\n", stream);
}

static void write_damage(const struct inventory *inventory, const struct verify_finding *damage,
			 FILE *stream)
{
	fputs("\n      { \"repository\": ", stream);
	json_write_string(stream, inventory_tag_repository(inventory, damage->tag));
	fputs(", \"tag\": ", stream);
	json_write_string(stream, inventory->tags[damage->tag].name);
	fputs(", \"digest\": ", stream);
	if (damage->digest)
		json_write_string(stream, damage->digest);
	else
		fputs("null", stream);
	fputs(", \"what\": ", stream);
	json_write_string(stream, damage->what);
	fprintf(stream, ", \"since\": \"%s\" }",
		damage->since == VERIFY_SINCE_THIS_RUN ? "this_run" : "before");
}

static void write_verification(const struct report *report, FILE *stream)
{
	const struct verify_result *result = &report->verification;
	const char *separator = "";
	size_t written = 0, most = report_items(report, result->finding_count);

	if (!report->verified) {
		fputs("  \"verification\": { \"ran\": false, \"tags\": null, \"whole\": null, "
		      "\"damaged\": null, \"unverified\": null, \"damage\": [] },\n",
		      stream);
		return;
	}
	fprintf(stream,
		"  \"verification\": { \"ran\": true, \"tags\": %zu, \"whole\": %zu, "
		"\"damaged\": %zu, \"unverified\": %zu,\n    \"damage\": [",
		result->tags, result->whole, result->damaged, result->unverified);
	for (size_t i = 0; i < result->finding_count && written < most; i++) {
		if (!result->findings[i].damage)
			continue;
		fputs(separator, stream);
		write_damage(report->verified, &result->findings[i], stream);
		separator = ",";
		written++;
	}
	fputs(" ] },\n", stream);
}

static void write_repositories_removed(const struct report *report, FILE *stream)
{
	const struct tree_names *names = &report->repositories_removed;
	const char *name = names->text.data;
	size_t most = report_items(report, names->count);

	fputs("  \"repositories_removed\": [", stream);
	for (size_t i = 0; i < most; i++, name += strlen(name) + 1) {
		fputs(i ? ", " : "", stream);
		json_write_string(stream, name);
	}
	fputs("],\n", stream);
}

/* Of Scaleway's registry: every empty namespace that was to go, and the names of those that went.
 */
static void write_namespaces(const struct report *report, FILE *stream)
{
	const struct scaleway_namespaces *spaces = report->namespaces;
	const char *separator = "";

	if (!is_scaleway(report))
		return;
	fputs("  \"namespaces\": [", stream);
	for (size_t i = 0; spaces && i < report_items(report, spaces->count); i++) {
		fputs(i ? ",\n    { " : "\n    { ", stream);
		scaleway_fields_namespace(&spaces->items[i], stream);
		fputs(" }", stream);
	}
	fputs(" ],\n  \"namespaces_removed\": [", stream);
	for (size_t i = 0; spaces && i < report_items(report, spaces->count); i++) {
		if (spaces->items[i].fate != SCALEWAY_NAMESPACE_DELETED)
			continue;
		fputs(separator, stream);
		json_write_string(stream, spaces->items[i].name);
		separator = ", ";
	}
	fputs("],\n", stream);
}

/* Errors, in the order in which they were logged. */
static void write_messages(const struct report *report, FILE *stream)
{
	const struct messages *messages = log_messages();
	size_t most = report_items(report, messages->count);

	fprintf(stream, "  \"messages\": { \"warnings\": %zu, \"errors\": %zu, \"texts\": [",
		messages->warnings, messages->errors);
	for (size_t i = 0; i < most; i++) {
		fprintf(stream, "%s\n    { \"level\": \"%s\", \"text\": ", i ? "," : "",
			messages->items[i].is_error ? "ERROR" : "WARNING");
		json_write_string(stream, messages->items[i].text);
		fputs(" }", stream);
	}
	fputs(" ] },\n", stream);
}

/* How to undo it. */
static void write_undo(const struct report_undo *undo, FILE *stream)
{
	fputs("  \"undo\": { \"run\": ", stream);
	json_write_string(stream, undo->run);
	fputs(", \"journal\": ", stream);
	json_write_string(stream, undo->path);
	fputs(", \"restorable\": ", stream);
	json_write_string(stream, undo->run ? undo_able_name(undo->window.able) : NULL);
	fputs(", \"restorable_until\": ", stream);
	json_write_time(stream, undo->window.able == UNDO_WHOLE ? undo->window.until : DATE_ABSENT);
	fputs(" },\n", stream);
}

int report_write(const struct report *report, FILE *stream, struct err *err)
{
	fputs("{ \"version\": 1,\n  \"started_at\": ", stream);
	json_write_time(stream, report->started_at);
	fputs(", \"finished_at\": ", stream);
	json_write_time(stream, report->finished_at);
	fputs(",\n  \"registry\": ", stream);
	json_write_string(stream, report->config->registry.url);
	fprintf(stream,
		", \"command\": \"%s\", \"program_version\": \"%s\",\n"
		"  \"dry_run\": %s, \"exit_code\": %d, \"requests\": %" PRIu64 ",\n",
		report->command, VERSION, report->dry_run ? "true" : "false", report->exit_code,
		report->requests);
	write_tags(report, stream);
	write_repositories_removed(report, stream);
	write_namespaces(report, stream);
	write_untagged(report, stream);
	storage_json_write_listed(report, stream);
	write_summary(report, stream);
	storage_json_write(report, stream);
	write_verification(report, stream);
	write_undo(&report->undo, stream);
	write_messages(report, stream);
	write_collection(report, stream);
	fputs("}\n", stream);
	if (fflush(stream) == 0 && !ferror(stream))
		return 0;
	return err_set(err, ERR_IO, "the report could not be written: %s", strerror(errno));
}
