/* Seen in the storage, else what the collector said that it removed; or what was foreseen. */
#include "report/space.h"

#include "config/config.h"
#include "forecast/forecast.h"
#include "forecast/marks.h"
#include "measure/measure.h"
#include "report/run_json.h"

static const struct report_space UNKNOWN = { .bytes = MEASURE_UNKNOWN,
					     .blobs = MEASURE_UNKNOWN,
					     .added = MEASURE_UNKNOWN };

bool report_knows_space(const struct report *report)
{
	return report->config->registry.kind != KIND_SCALEWAY;
}

/* Manifests that are not read may need what seems to go: each of them may be a blob too many. */
struct listed_blobs report_forecast(const struct report *report)
{
	struct listed_blobs sum = { report->forecast->blobs, report->forecast->bytes, 0 };

	if (report->forecast->complete || !report->garbage_listed)
		return sum;
	sum.count += report->garbage.count;
	sum.bytes = forecast_add(sum.bytes, report->garbage.bytes);
	sum.unsized = report->garbage.unsized + report->listed_unread;
	return sum;
}

struct report_space report_freed(const struct report *report)
{
	struct report_space space = UNKNOWN;

	if (measure_compare(&report->before, &report->after, &space.bytes, &space.added,
			    &space.blobs) ||
	    !report->gc.done)
		return space;
	space.bytes = report->removed.bytes;
	space.blobs = report->removed.count;
	space.at_least = report->removed.unsized > 0;
	space.by_collector = true;
	return space;
}

struct report_space report_expected(const struct report *report)
{
	struct report_space space = UNKNOWN;
	struct listed_blobs sum;

	if (!report_knows_space(report))
		return space;
	if (report->native.looked) {
		space.bytes = report->native.frees.bytes;
	} else if (report->forecast) {
		sum = report_forecast(report);
		space.bytes = sum.bytes;
		space.at_least = sum.unsized > 0;
	}
	return space;
}

struct report_space report_still_to_free(const struct report *report)
{
	struct report_space left = report_expected(report), freed = report_freed(report);

	if (left.bytes == MEASURE_UNKNOWN)
		return left;
	if (freed.bytes == MEASURE_UNKNOWN)
		return report->gc.ran ? UNKNOWN : left;
	if (freed.at_least)
		return UNKNOWN;
	left.bytes -= freed.bytes < left.bytes ? freed.bytes : left.bytes;
	return left;
}

uint64_t report_space_known(struct report_space space)
{
	return space.at_least ? MEASURE_UNKNOWN : space.bytes;
}
