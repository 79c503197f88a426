/* What a run learnt of the registry, group by group. Private to src/metrics. */
#ifndef METRICS_GROUPS_H
#define METRICS_GROUPS_H

#include "metrics/facts.h"

#include <stdint.h>

struct metrics_out; /* metrics/families.h */
struct report;      /* report/run_json.h */
struct usage;       /* forecast/usage.h */

/* Replaces each group of FACTS that REPORT's run learnt. REGISTRY: its URL. */
void groups_learn(const struct report *report, const char *registry, struct metrics_facts *facts);

/* The largest of REPORT's repositories, by USAGE, and the others as one; as many as
 * report.metrics_repositories says. */
void metrics_repositories(const struct metrics_out *out, const struct report *report,
			  const struct usage *usage);
/* What a collection would still free of each of them, if in all it is LEFT bytes, or unknown
 * (METRICS_UNKNOWN). Nothing where the run freed a part of what was foreseen: whose, is not known.
 */
void metrics_repositories_space(const struct metrics_out *out, const struct report *report,
				const struct usage *usage, uint64_t left);

#endif
