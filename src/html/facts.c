/* The same figures as in the JSON report, from the same sources. */
#include "html/facts.h"

#include "html/html.h"
#include "html/text.h"
#include "measure/measure.h"
#include "report/run_json.h"

void html_write_space(FILE *out, struct report_space space)
{
	fputs(space.at_least ? "at least " : "", out);
	html_bytes(out, space.bytes);
}

uint64_t html_storage_now(const struct report *report)
{
	return measure_size(&report->after);
}
