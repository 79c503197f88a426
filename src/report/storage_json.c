/* What the storage took and takes, as walks, forecasts and the collector's list tell it. */
#include "report/storage_json.h"

#include "forecast/collector_marks.h"
#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "inventory/order.h"
#include "report/run_json.h"
#include "report/space.h"
#include "util/xalloc.h"
#include "json/write.h"

#include <inttypes.h>

static void write_measurement(FILE *stream, const char *name, const struct measurement *measured)
{
	fprintf(stream, "\"%s\": ", name);
	if (measured->allocated == MEASURE_UNKNOWN) {
		fputs("null", stream);
		return;
	}
	fputs("{ \"bytes\": ", stream);
	json_write_number(stream, measured->bytes);
	fputs(", \"allocated\": ", stream);
	json_write_number(stream, measured->allocated);
	fputs(", \"files\": ", stream);
	json_write_number(stream, measured->files);
	fputs(", \"file_system_free\": ", stream);
	json_write_number(stream, measured->free_space);
	fputs(" }", stream);
}

static void write_forecast_repositories(const struct report *report, FILE *stream)
{
	const struct forecast *forecast = report->forecast;
	CLEANUP(free_p) uint32_t *order = inventory_order_repositories(report->inventory);
	const char *separator = "";

	for (size_t i = 0; i < report->inventory->repository_count; i++) {
		uint32_t r = order[i];
		const struct forecast_repository *part = &forecast->repositories[r];

		if (!part->freed && !part->untagged)
			continue;
		fprintf(stream, "%s\n      { \"repository\": ", separator);
		json_write_string(stream, report->inventory->repositories[r].name);
		fprintf(stream,
			", \"freed_bytes\": %" PRIu64 ", \"untagged_bytes\": ", part->freed);
		json_write_number(stream, forecast->complete ? part->untagged : MEASURE_UNKNOWN);
		fputs(" }", stream);
		separator = ",";
	}
}

/* What the collector would have removed at once is known from its list, if at all. */
static uint64_t garbage_bytes(const struct report *report)
{
	if (report->forecast->complete)
		return report->forecast->garbage;
	return report->garbage_listed && report->garbage.unsized == 0 ? report->garbage.bytes
								      : MEASURE_UNKNOWN;
}

/* The parts of forecast_bytes, and what no run frees. */
static void write_forecast(const struct report *report, FILE *stream)
{
	const struct forecast *forecast = report->forecast;

	if (!forecast || !report->inventory || !report_knows_space(report)) {
		fputs("null", stream);
		return;
	}
	fprintf(stream, "{ \"blobs\": %" PRIu64 ", \"shared_bytes\": %" PRIu64,
		report_forecast(report).count, forecast->shared);
	fputs(", \"garbage_bytes\": ", stream);
	json_write_number(stream, garbage_bytes(report));
	fputs(", \"untagged_bytes\": ", stream);
	json_write_number(stream, forecast->complete ? forecast->untagged : MEASURE_UNKNOWN);
	if (report->brief) {
		fputs(", \"repositories\": null }", stream);
		return;
	}
	fputs(", \"repositories\": [", stream);
	write_forecast_repositories(report, stream);
	fputs(" ] }", stream);
}

/* Seen in the folder, or from what the collector said that it removed. */
static void write_freed(const struct report *report, FILE *stream)
{
	struct report_space freed = report_freed(report);
	const char *from = freed.bytes == MEASURE_UNKNOWN ? "null"
			   : freed.by_collector           ? "\"collector\""
							  : "\"storage\"";

	fputs(",\n    \"freed_bytes\": ", stream);
	json_write_number(stream, report_space_known(freed));
	fprintf(stream, ", \"freed_known_from\": %s, \"freed_bytes_at_least\": ", from);
	json_write_number(stream, freed.bytes);
	fputs(", \"added_bytes\": ", stream);
	json_write_number(stream, freed.added);
}

void storage_json_write(const struct report *report, FILE *stream)
{
	fputs("  \"storage\": { \"driver\": ", stream);
	if (report->driver && report->driver[0])
		json_write_string(stream, report->driver);
	else
		fputs("null", stream);
	fputs(",\n    ", stream);
	write_measurement(stream, "before", &report->before);
	fputs(",\n    ", stream);
	write_measurement(stream, "after", &report->after);
	fputs(",\n    \"forecast_bytes\": ", stream);
	json_write_number(stream, report_space_known(report_expected(report)));
	fputs(",\n    \"forecast_later_bytes\": ", stream);
	json_write_number(stream,
			  report->native.looked ? report->native.later.bytes : MEASURE_UNKNOWN);
	fputs(",\n    \"forecast\": ", stream);
	write_forecast(report, stream);
	write_freed(report, stream);
	fputs(" },\n", stream);
}

void storage_json_write_listed(const struct report *report, FILE *stream)
{
	const struct collector_marks *marks = report->listed_marks;

	fputs("  \"untagged_listed\": ", stream);
	if (!marks) {
		fputs("null,\n", stream);
		return;
	}
	if (report->brief) {
		fprintf(stream, "{ \"count\": %zu, \"manifests\": null },\n",
			report->listed_untagged_count);
		return;
	}
	fprintf(stream, "{ \"count\": %zu, \"manifests\": [", report->listed_untagged_count);
	for (size_t i = 0; i < report->listed_untagged_count; i++) {
		uint32_t mark = report->listed_untagged[i];

		fprintf(stream, "%s\n    { \"repository\": ", i ? "," : "");
		json_write_string(stream, collector_marks_repository(marks, mark));
		fputs(", \"digest\": ", stream);
		json_write_string(stream, collector_marks_digest(marks, mark));
		fputs(" }", stream);
	}
	fputs(" ] },\n", stream);
}
