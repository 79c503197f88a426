/* What was or would be freed, in plain words: what is not known is never told as nothing. */
#include "report/storage_text.h"

#include "config/config.h"
#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "report/run_json.h"
#include "report/space.h"
#include "util/log.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

static void log_part(uint64_t bytes, const char *of)
{
	char size[UNITS_SIZE];

	if (bytes)
		log_info("  %10s  %s", units_bytes(bytes, size), of);
}

struct part {
	uint64_t bytes;
	const char *name;
};

static int compare_parts(const void *left, const void *right)
{
	const struct part *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* The total by repository, largest first. */
static void log_forecast_parts(const struct report *report)
{
	const struct forecast *forecast = report->forecast;
	const struct inventory *inventory = report->inventory;
	size_t count = inventory->repository_count;
	CLEANUP(free_p) struct part *parts = xcalloc(count + 1, sizeof *parts);

	for (size_t r = 0; r < count; r++)
		parts[r] = (struct part){ forecast->repositories[r].freed,
					  inventory->repositories[r].name };
	qsort(parts, count, sizeof *parts, compare_parts);
	for (size_t r = 0; r < count; r++)
		log_part(parts[r].bytes, parts[r].name);
	log_part(forecast->shared, "shared by several repositories");
	log_part(forecast->complete ? forecast->garbage : report->garbage.bytes,
		 "garbage already now, which nothing refers to");
}

/* The plan alone frees nothing at once. */
static void native_forecast(const struct report *report)
{
	const struct report_native *native = &report->native;
	struct listed_blobs sum = report_forecast(report);
	char size[UNITS_SIZE], first[UNITS_SIZE];

	log_info("nothing would then refer to %s in %" PRIu64 " blob%s",
		 units_bytes(sum.bytes, size), sum.count, units_s(sum.count));
	if (sum.count)
		log_forecast_parts(report);
	if (native->looked)
		log_info("the run would free %s in %" PRIu64 " blob%s%s",
			 units_bytes(native->frees.bytes, first), native->frees.count,
			 units_s(native->frees.count),
			 sum.count > native->frees.count
				 ? "; the rest goes in later runs, a grace after its links were "
				   "taken (gc.grace_hours)"
				 : "");
}

void storage_text_forecast(const struct report *report)
{
	struct listed_blobs sum = report_forecast(report);
	bool listed = report->garbage_listed || report->forecast->complete;
	char size[UNITS_SIZE];

	if (report->config->gc.method == GC_NATIVE) {
		native_forecast(report);
		return;
	}
	units_bytes(sum.bytes, size);
	if (report->listed_unread)
		log_info("a collection would then free about %s in %" PRIu64
			 " blob%s: %zu manifest%s that the collector lists %s not read, and may "
			 "need some of that",
			 size, sum.count, units_s(sum.count), report->listed_unread,
			 units_s(report->listed_unread), report->listed_unread == 1 ? "is" : "are");
	else if (sum.unsized)
		log_info("a collection would then free at least %s in %" PRIu64
			 " blob%s: of %" PRIu64
			 " of them, garbage already now, the size is not known",
			 size, sum.count, units_s(sum.count), sum.unsized);
	else
		log_info("a collection would then free %s in %" PRIu64 " blob%s%s", size, sum.count,
			 units_s(sum.count),
			 listed ? "" : ", and the garbage of before, which the API does not show");
	if (sum.count)
		log_forecast_parts(report);
}

static void log_removed(const struct report *report)
{
	const struct listed_blobs *removed = &report->removed;
	char size[UNITS_SIZE];

	units_bytes(removed->bytes, size);
	if (removed->unsized)
		log_info("freed at least %s: of the %" PRIu64 " blob%s that the collector removed, "
			 "the size of %" PRIu64 " is not known",
			 size, removed->count, units_s(removed->count), removed->unsized);
	else
		log_info("freed %s (%" PRIu64 " blob%s that the collector removed)", size,
			 removed->count, units_s(removed->count));
}

/* What the native collector has not freed yet. */
static void log_trash(const struct report *report)
{
	const struct report_native *native = &report->native;
	char size[UNITS_SIZE], until[TIME_TEXT];

	if (native->detached.count > 0)
		log_info("%s in %" PRIu64 " blob%s can go from %s on",
			 units_bytes(native->detached.bytes, size), native->detached.count,
			 units_s(native->detached.count),
			 time_local(native->detached_until, until));
	if (native->trash_known && native->trash.count > 0)
		log_info("the trash keeps %s in %" PRIu64 " blob%s%s%s",
			 units_bytes(native->trash.bytes, size), native->trash.count,
			 units_s(native->trash.count),
			 native->kept_until > 0 ? ", the first until " : "",
			 native->kept_until > 0 ? time_local(native->kept_until, until) : "");
}

void storage_text_log(const struct report *report)
{
	const struct measurement *before = &report->before, *after = &report->after;
	struct report_space freed = report_freed(report);
	bool seen = freed.bytes != MEASURE_UNKNOWN && !freed.by_collector;
	char first[UNITS_SIZE], second[UNITS_SIZE];

	if (seen) {
		log_info("freed %s (%" PRIu64 " blob%s)%s%s", units_bytes(freed.bytes, first),
			 freed.blobs, units_s(freed.blobs),
			 freed.added ? "; pushed meanwhile: " : "",
			 freed.added ? units_bytes(freed.added, second) : "");
		log_info("the storage holds %s in %" PRIu64 " files now",
			 units_bytes(after->bytes, first), after->files);
	} else if (freed.by_collector) {
		log_removed(report);
	}
	if (!seen && before->allocated != MEASURE_UNKNOWN && after->allocated != MEASURE_UNKNOWN) {
		log_info("the storage took %s before and takes %s now",
			 units_bytes(before->allocated, first),
			 units_bytes(after->allocated, second));
	} else if (!seen && report->gc.ran && !report->gc.done) {
		log_info("what was freed is unavailable: the storage could not be measured");
	}
	log_trash(report);
	if (after->free_space != MEASURE_UNKNOWN)
		log_info("free space on its file system: %s",
			 units_bytes(after->free_space, first));
}
