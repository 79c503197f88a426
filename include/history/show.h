/* What is known of earlier runs, shown: pure functions to a stream. */
#ifndef HISTORY_SHOW_H
#define HISTORY_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct history; /* history/history.h */

struct history_view {
	const struct history *history;
	const char *registry; /* its URL */
	size_t first;         /* of the runs that are listed: the last ones */
	int64_t now;          /* seconds since 1970; what is far from it is not plotted */
	unsigned width;       /* columns; 0: as wide as the table needs, and 80 for a plot */
	bool utf8;            /* or ASCII alone */
};

/* A line a run, the oldest first; columns that a narrow terminal has no room for are left out. */
void history_table(const struct history_view *view, FILE *out);
/* What was freed, what the storage held and how many tags there were, over the time of all runs
 * that are known, each where at least two are. */
void history_plot(const struct history_view *view, FILE *out);
/* One document; each run stands on a line of its own. */
void history_json(const struct history_view *view, FILE *out);
/* A header line and a line a run, as RFC 4180 has it; what is not known is empty. */
void history_csv(const struct history_view *view, FILE *out);

#endif
