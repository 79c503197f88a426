/* What was freed, by the storage itself, by the collector's words, or as it is forecast. */
#include "report/space.h"
#include "config/config.h"
#include "html/facts.h"
#include "html/html.h"
#include "html/sections.h"
#include "html/text.h"
#include "measure/measure.h"
#include "report/run_json.h"
#include "util/date.h"

#include <stdbool.h>
#include <stddef.h>

static void write_one(FILE *out, uint64_t number, bool bytes)
{
	if (bytes || number == MEASURE_UNKNOWN)
		html_bytes_cell(out, number);
	else
		html_number_cell(out, number);
}

/* A row of the table before and after. */
static void write_measured(FILE *out, const char *what, uint64_t before, uint64_t after, bool bytes)
{
	if (before == MEASURE_UNKNOWN && after == MEASURE_UNKNOWN)
		return;
	fprintf(out, "<tr><th scope=\"row\">%s</th>", what);
	write_one(out, before, bytes);
	write_one(out, after, bytes);
	fputs("</tr>\n", out);
}

static void write_measurements(const struct report *report, FILE *out)
{
	const struct measurement *before = &report->before, *after = &report->after;

	if (before->allocated == MEASURE_UNKNOWN && after->allocated == MEASURE_UNKNOWN)
		return;
	html_begin_box(out, "The storage before and after");
	fputs("<table><caption>The storage, measured</caption><thead><tr>"
	      "<th scope=\"col\">What</th><th scope=\"col\" class=\"n\">Before</th>"
	      "<th scope=\"col\" class=\"n\">After</th></tr></thead><tbody>\n",
	      out);
	write_measured(out, "Contents of its files", before->bytes, after->bytes, true);
	write_measured(out, "Taken on the disk", before->allocated, after->allocated, true);
	write_measured(out, "Files", before->files, after->files, false);
	write_measured(out, "Free on its file system", before->free_space, after->free_space, true);
	fputs("</tbody></table></div>\n", out);
}

static void write_freed(const struct report *report, FILE *out)
{
	struct report_space freed = report_freed(report), forecast = report_expected(report);

	if (freed.bytes == HTML_UNKNOWN) {
		fputs(report->gc.ran
			      ? "<p>The storage could not be measured, so what was freed is not "
				"known.</p>\n"
			      : "<p>Nothing was collected in this run, so nothing was freed.</p>\n",
		      out);
		return;
	}
	fputs("<p><strong>", out);
	html_write_space(out, freed);
	fputs(freed.by_collector ? "</strong> freed, by what the collector says that it removed"
				 : "</strong> freed, as measured in the storage",
	      out);
	if (forecast.bytes != HTML_UNKNOWN) {
		fputs("; the forecast was ", out);
		html_write_space(out, forecast);
	}
	fputs(".</p>\n", out);
}

static void write_forecast(const struct report *report, FILE *out)
{
	struct report_space forecast = report_expected(report);

	if (forecast.bytes == HTML_UNKNOWN) {
		fputs("<p>There is no forecast, as nothing was planned.</p>\n", out);
		return;
	}
	fputs(report->native.looked ? "<p>A run now would free <strong>"
				    : "<p>A collection after these deletions would free <strong>",
	      out);
	html_write_space(out, forecast);
	fputs(report->collects ? "</strong>.</p>\n"
			       : "</strong>. This run would not collect.</p>\n",
	      out);
}

/* "1.2 GiB in 30 blobs", and WHAT becomes of them. */
static void write_blobs(const struct report_native_blobs *blobs, const char *what, int64_t at,
			FILE *out)
{
	if (blobs->count == 0)
		return;
	fputs("<p>", out);
	html_bytes(out, blobs->bytes);
	fputs(" in ", out);
	html_count(out, blobs->count, "blob");
	fprintf(out, " %s", what);
	if (date_known(at)) {
		fputs(" ", out);
		html_time(out, at);
	}
	fputs(".</p>\n", out);
}

/* The native collector takes two runs, and keeps what it removed for a while. */
static void write_native(const struct report *report, FILE *out)
{
	const struct report_native *native = &report->native;

	if (native->collected)
		write_blobs(&native->detached, "can go later, from", native->detached_until, out);
	else if (native->looked)
		write_blobs(&native->later,
			    date_known(native->later_at) ? "can go later, from" : "can go later",
			    native->later_at, out);
	if (native->trash_known)
		write_blobs(&native->trash,
			    date_known(native->kept_until) ? "are in the trash, the first until"
							   : "are in the trash",
			    native->kept_until, out);
}

static void write_next_collection(const struct report *report, FILE *out)
{
	if (!date_known(report->next_collection))
		return;
	fputs(report->collection_waits ? "<p>A collection is owed, and not due before "
				       : "<p>No collection is due before ",
	      out);
	html_time(out, report->next_collection);
	fputs(" (gc.every_days).</p>\n", out);
}

bool html_has_space(const struct html_page *page)
{
	return report_knows_space(page->report);
}

void html_space(const struct html_page *page, FILE *out)
{
	const struct report *report = page->report;

	if (report->dry_run)
		write_forecast(report, out);
	else
		write_freed(report, out);
	write_native(report, out);
	write_next_collection(report, out);
	write_measurements(report, out);
}
