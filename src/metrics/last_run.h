/* How the last run ended, and the sums over all. Private to src/metrics. */
#ifndef METRICS_LAST_RUN_H
#define METRICS_LAST_RUN_H

struct metrics_facts; /* metrics/facts.h */
struct metrics_out;   /* metrics/families.h */
struct report;        /* report/run_json.h */

/* Takes REPORT's run into FACTS: its success, and the sums. */
void last_run_add(const struct report *report, struct metrics_facts *facts);
/* Writes what is about runs. */
void last_run_write(const struct metrics_out *out, const struct report *report,
		    const struct metrics_facts *facts);

#endif
