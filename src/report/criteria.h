/* The policy of a run, as its report tells it. For src/report/run_json.c only. */
#ifndef REPORT_CRITERIA_H
#define REPORT_CRITERIA_H

#include <stdio.h>

struct report; /* report/run_json.h */

/* The members of a JSON object; what is not configured is null, or an empty list. */
void report_criteria_write(const struct report *report, FILE *stream);

#endif
