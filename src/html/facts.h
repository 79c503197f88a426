/* What several parts of a page take from a report. */
#ifndef HTML_FACTS_H
#define HTML_FACTS_H

#include "report/space.h"

#include <stdint.h>
#include <stdio.h>

struct report; /* report/run_json.h */

/* "at least 3.2 GiB" */
void html_write_space(FILE *out, struct report_space space);

/* What the storage takes afterwards, or HTML_UNKNOWN. */
uint64_t html_storage_now(const struct report *report);

#endif
