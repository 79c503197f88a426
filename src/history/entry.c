/* What a report tells of its run, in a few numbers; what measure/ does not know is UINT64_MAX, too.
 */
#include "history/history.h"

#include "apply/outcome.h"
#include "config/config.h"
#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "measure/free_space.h"
#include "report/run_json.h"
#include "report/space.h"
#include "util/log.h"

#include <stdio.h>

static void add_tags(const struct report *report, struct history_entry *entry)
{
	struct report_counts counts;

	if (report->outcome) {
		entry->tags_deleted = report->outcome->tags_deleted;
		entry->manifests_deleted = report->config->registry.kind == KIND_SCALEWAY
						   ? HISTORY_UNKNOWN
						   : report->outcome->manifests_deleted;
	}
	if (report->inventory) {
		report_count(report, &counts);
		entry->repositories = report->inventory->repository_count;
		entry->tags = report->inventory->tag_count;
		entry->tags_kept = counts.kept;
	}
	if (report->verified)
		entry->tags_damaged = report->verification.damaged;
}

/* Where no collector was at work, nothing was freed. */
static void add_freed(const struct report *report, struct history_entry *entry)
{
	struct report_space freed = report_freed(report);

	if (freed.bytes == MEASURE_UNKNOWN && !report->gc.ran && report_knows_space(report))
		freed.bytes = freed.blobs = 0;
	entry->bytes_freed = report_space_known(freed);
	entry->blobs_freed = freed.blobs;
	if (!freed.by_collector)
		return;
	entry->blobs_freed = report->gc.blobs_deleted;
	if (report->config->gc.method == GC_NATIVE)
		entry->bytes_freed = report->native.freed.bytes;
}

static uint64_t sum_blobs(const struct inventory *inventory)
{
	uint64_t sum = 0;

	for (size_t b = 0; b < inventory->blob_count; b++) {
		const struct inventory_blob *blob = &inventory->blobs[b];
		uint64_t size =
			inventory->from_storage ? blob->stored : (blob->foreign ? 0 : blob->size);

		if (size != INVENTORY_ABSENT && __builtin_add_overflow(sum, size, &sum))
			return HISTORY_UNKNOWN;
	}
	return sum;
}

/* Measured; or, as no collector was at work, what was there before. */
static void add_storage(const struct report *report, struct history_entry *entry)
{
	const struct inventory *inventory = report->inventory;
	bool same = !report->gc.ran;

	entry->storage_bytes = measure_size(&report->after);
	entry->free_bytes = report->after.free_space;
	if (entry->storage_bytes == HISTORY_UNKNOWN && same)
		entry->storage_bytes = measure_size(&report->before);
	if (entry->storage_bytes == HISTORY_UNKNOWN && same && inventory && inventory->from_storage)
		entry->storage_bytes = sum_blobs(inventory);
	if (inventory && !inventory->from_storage && report_knows_space(report))
		entry->image_bytes = sum_blobs(inventory);
	if (entry->free_bytes == HISTORY_UNKNOWN && inventory && inventory->from_storage)
		entry->free_bytes = measure_free_space(report->config->paths.host_storage);
	if (report->after.bytes != MEASURE_UNKNOWN)
		entry->trash_bytes = report->after.trash_bytes;
	if (!report->forecast || !report->forecast->complete)
		return;
	entry->garbage_bytes = report->forecast->garbage;
	entry->untagged_bytes = report->forecast->untagged;
}

struct history_entry history_entry_of(const struct report *report)
{
	struct history_entry entry = {
		.started_at = report->started_at,
		.finished_at = report->finished_at,
		.exit_code = report->exit_code,
		.duration_ms = report->seconds > 0 ? (uint64_t)(report->seconds * 1000) : 0,
		.repositories = HISTORY_UNKNOWN,
		.tags = HISTORY_UNKNOWN,
		.tags_kept = HISTORY_UNKNOWN,
		.tags_damaged = HISTORY_UNKNOWN,
		.warnings = log_warnings(),
		.errors = report->errors,
		.collected = report->gc.done,
		.image_bytes = HISTORY_UNKNOWN,
		.garbage_bytes = HISTORY_UNKNOWN,
		.untagged_bytes = HISTORY_UNKNOWN,
		.trash_bytes = HISTORY_UNKNOWN,
	};

	snprintf(entry.command, sizeof entry.command, "%s", report->command);
	add_tags(report, &entry);
	add_freed(report, &entry);
	add_storage(report, &entry);
	return entry;
}
