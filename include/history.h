/* What earlier runs did: the file `history` in the registry's folder of the state. */
#ifndef HISTORY_H
#define HISTORY_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state; /* state.h */

#define HISTORY_RUNS 10

struct history_run {
	int64_t started_at, ended_at; /* seconds since 1970 */
	uint64_t tags_deleted;
	bool complete; /* everything that was planned was done */
};

struct history_job {
	char *name;
	int64_t ran_at; /* when the last run began in which it was carried out */
};

struct history {
	struct history_run runs[HISTORY_RUNS]; /* real ones, the youngest last */
	size_t run_count;
	struct history_job *jobs;
	size_t job_count;
};

/* What is known of earlier runs; nothing when STATE is NULL or has no such file. One that is
 * damaged is nothing, too, with a warning in the log. The caller's: history_clear. */
void history_load(const struct state *state, struct history *out);
void history_clear(struct history *history);

/* When job NAME ran last, or INT64_MIN. */
int64_t history_job_ran_at(const struct history *history, const char *name);
void history_add_run(struct history *history, const struct history_run *run);
void history_set_job(struct history *history, const char *name, int64_t ran_at);

/* Replaces the file atomically. -1: ERR_IO. */
int history_save(const struct history *history, struct state *state, struct err *err)
	__attribute__((warn_unused_result));

#endif
