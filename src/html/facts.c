/* The same figures as in the JSON report, from the same sources. */
#include "html/facts.h"

#include "forecast/listed.h"
#include "html/html.h"
#include "html/text.h"
#include "measure/measure.h"
#include "report/run_json.h"

struct html_freed html_freed(const struct report *report)
{
	uint64_t freed, added, count;

	if (measure_compare(&report->before, &report->after, &freed, &added, &count))
		return (struct html_freed){ .bytes = freed };
	if (report->gc.done)
		return (struct html_freed){ .bytes = report->removed.bytes,
					    .at_least = report->removed.unsized > 0,
					    .by_collector = true };
	return (struct html_freed){ .bytes = HTML_UNKNOWN };
}

struct html_freed html_forecast(const struct report *report)
{
	struct listed_blobs sum;

	if (report->native.looked)
		return (struct html_freed){ .bytes = report->native.frees.bytes };
	if (!report->forecast)
		return (struct html_freed){ .bytes = HTML_UNKNOWN };
	sum = report_forecast(report);
	return (struct html_freed){ .bytes = sum.bytes, .at_least = sum.unsized > 0 };
}

void html_write_freed(FILE *out, struct html_freed freed)
{
	fputs(freed.at_least ? "at least " : "", out);
	html_bytes(out, freed.bytes);
}

uint64_t html_storage_now(const struct report *report)
{
	if (report->after.bytes != MEASURE_UNKNOWN)
		return report->after.bytes;
	return report->after.allocated == MEASURE_UNKNOWN ? HTML_UNKNOWN : report->after.allocated;
}
