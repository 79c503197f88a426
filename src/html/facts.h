/* What several parts of a page take from a report. */
#ifndef HTML_FACTS_H
#define HTML_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct report; /* report/run_json.h */

struct html_freed {
	uint64_t bytes;    /* HTML_UNKNOWN: not known */
	bool at_least;     /* the sizes of some blobs are not known */
	bool by_collector; /* it said so; else it was seen in the storage */
};
/* What a run freed. */
struct html_freed html_freed(const struct report *report);
/* What a collection after the run that was only looked at would free; unknown without a forecast.
 */
struct html_freed html_forecast(const struct report *report);
/* "at least 3.2 GiB" */
void html_write_freed(FILE *out, struct html_freed freed);

/* What the storage takes afterwards, or HTML_UNKNOWN. */
uint64_t html_storage_now(const struct report *report);

#endif
