/* What earlier runs did: the file `history` in the registry's folder of the state. It is read
 * strictly and as a whole, checksummed, at most 1 MiB, and replaced atomically. */
#ifndef STATE_GROWTH_H
#define STATE_GROWTH_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_job;  /* config/config.h */
struct config_jobs; /* config/config.h */
struct state;       /* state/state.h */

#define GROWTH_RUNS  10
#define GROWTH_LIMIT ((size_t)1 << 20)

struct growth_run {
	/* Seconds since 1970, both of the clock that the plan's `now` is of. */
	int64_t started_at, ended_at;
	uint64_t tags_deleted;
	bool complete; /* everything that was planned was done */
};

struct growth_job {
	char *name;     /* as that of a config_job: not empty, no ',' and no control characters */
	int64_t ran_at; /* when the last run began in which it was carried out */
};

struct growth {
	struct growth_run runs[GROWTH_RUNS]; /* real ones, the youngest last */
	size_t run_count;
	struct growth_job *jobs;
	size_t job_count;
};

/* What is known of earlier runs; nothing when STATE is NULL or has no such file. One that is
 * damaged or of another version is nothing, too, with one warning in the log. The caller's:
 * growth_clear. */
void growth_load(const struct state *state, struct growth *out);
void growth_clear(struct growth *growth);
/* The same from TEXT, which is changed. -1 (ERR_IO): it is not exactly as growth_save writes it;
 * ERR says "not a history", "damaged in line 3" and the like, and OUT is empty. */
int growth_parse(char *text, size_t length, struct growth *out, struct err *err)
	__attribute__((warn_unused_result));

/* When job NAME ran last, or INT64_MIN. */
int64_t growth_job_ran_at(const struct growth *growth, const char *name);
/* Whether JOB is to be carried out in a run that begins at NOW. A run that begins up to five
 * minutes earlier after the last one than clean_every_n_hours says counts as late enough: cron
 * keeps no seconds. */
bool growth_job_due(const struct growth *growth, const struct config_job *job, int64_t now);

/* The oldest of more than GROWTH_RUNS is dropped. */
void growth_add_run(struct growth *growth, const struct growth_run *run);
/* The last run counts as ended at ENDED_AT: what came after it was no run like those. Where there
 * was none, this becomes one that deleted nothing and was not complete. */
void growth_move_end(struct growth *growth, int64_t ended_at);
void growth_set_job(struct growth *growth, const char *name, int64_t ran_at);
/* Drops each job that is not among KNOWN and ran more than a year before NOW, or after NOW. */
void growth_forget(struct growth *growth, const struct config_jobs *known, int64_t now);

/* Replaces the file, whatever it is. -1 (ERR_IO): it stays as it was. */
int growth_save(const struct growth *growth, const struct state *state, struct err *err)
	__attribute__((warn_unused_result));

#endif
