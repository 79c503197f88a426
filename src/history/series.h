/* Numbers of runs over time, gathered into columns. Pure. For the files of src/history only. */
#ifndef HISTORY_SERIES_H
#define HISTORY_SERIES_H

#include <stddef.h>
#include <stdint.h>

struct history;       /* history/history.h */
struct history_entry; /* history/history.h */

/* Columns of equal times. */
struct history_timeline {
	int64_t first; /* seconds since 1970: the middle of the first column */
	int64_t last;  /* when the last run began */
	double step;   /* seconds */
	size_t columns;
	size_t plotted; /* runs */
};

/* Of the runs of HISTORY not further from NOW than they are kept. A column is as long as the time
 * between two runs usually is, or longer, so that there are MOST (2 or more) at most. */
struct history_timeline history_timeline(const struct history *history, int64_t now, size_t most);

enum history_fold {
	HISTORY_SUM,  /* of all runs in a column */
	HISTORY_LAST, /* of them */
};
/* VALUES (as many as TIMELINE has columns) get what VALUE says of the runs in each, or
 * HISTORY_UNKNOWN. How many are known. */
size_t history_series(const struct history *history, const struct history_timeline *timeline,
		      uint64_t (*value)(const struct history_entry *entry), enum history_fold fold,
		      int64_t now, uint64_t *values);

#endif
