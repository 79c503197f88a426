/* What Prometheus is to know of a registry and its runs: the file report.metrics_file, in the text
 * format of its exporters, which node_exporter's textfile collector reads.
 *
 * It says how the last run ended, and what is known of the registry: from that run, or where that
 * learnt less, from the last one that did, as it is kept in the registry's folder of the state
 * (metrics/facts.h). What nobody knows is not in it. */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "util/err.h"

#include <stdbool.h>

struct options; /* cli/options.h */
struct report;  /* report/run_json.h */
struct state;   /* state/state.h */

/* Replaces the file that REPORT's configuration names, for a run that has ended (its exit code and
 * finished_at count), and, if LOCKED says that STATE has its locks, what is kept in STATE. STATE
 * may be NULL: nothing is known of earlier runs. OPTIONS tell which files it must not be. -1: the
 * file is as it was; ERR_IO, or ERR_USAGE: it is another file of this program's, or something that
 * it did not write, or has the metrics of another registry. What cannot be kept is a warning. */
int metrics_write(const struct report *report, const struct options *options,
		  const struct state *state, bool locked, struct err *err)
	__attribute__((warn_unused_result));

#endif
