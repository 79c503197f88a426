/* Remembers what earlier runs did, and believes nothing that is not exactly as we write it. */
#include "state/history.h"

#include "config/config.h"
#include "lists/checksummed.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FILE_NAME "history"
#define HEADER    "clean-registry history 1\n"
#define RUN       "run "
#define JOB       "job "
#define COMPLETE  "complete"
#define PARTIAL   "partial"
#define HOUR      3600
#define GRACE     300
#define YEAR      (INT64_C(366) * 24 * HOUR)

void history_clear(struct history *history)
{
	for (size_t i = 0; i < history->job_count; i++)
		free(history->jobs[i].name);
	free(history->jobs);
	*history = (struct history){ 0 };
}

static struct history_job *find_job(const struct history *history, const char *name)
{
	for (size_t i = 0; i < history->job_count; i++)
		if (strcmp(history->jobs[i].name, name) == 0)
			return &history->jobs[i];
	return NULL;
}

int64_t history_job_ran_at(const struct history *history, const char *name)
{
	const struct history_job *job = find_job(history, name);

	return job ? job->ran_at : INT64_MIN;
}

bool history_job_due(const struct history *history, const struct config_job *job, int64_t now)
{
	const struct history_job *last = find_job(history, job->name);

	/* A run in the future: the clock went back, and when it was is not known. */
	if (!last || job->clean_every_n_hours == 0 || last->ran_at > now)
		return true;
	return now - last->ran_at >= (int64_t)job->clean_every_n_hours * HOUR - GRACE;
}

void history_add_run(struct history *history, const struct history_run *run)
{
	if (history->run_count == HISTORY_RUNS) {
		memmove(history->runs, history->runs + 1,
			(HISTORY_RUNS - 1) * sizeof *history->runs);
		history->run_count--;
	}
	history->runs[history->run_count++] = *run;
}

void history_move_end(struct history *history, int64_t ended_at)
{
	const struct history_run none = { .started_at = ended_at, .ended_at = ended_at };

	if (history->run_count > 0)
		history->runs[history->run_count - 1].ended_at = ended_at;
	else
		history_add_run(history, &none);
}

static void add_job(struct history *history, const char *name, int64_t ran_at)
{
	history->jobs = xreallocarray(history->jobs, history->job_count + 1, sizeof *history->jobs);
	history->jobs[history->job_count++] = (struct history_job){ xstrdup(name), ran_at };
}

void history_set_job(struct history *history, const char *name, int64_t ran_at)
{
	struct history_job *job = find_job(history, name);

	if (job)
		job->ran_at = ran_at;
	else
		add_job(history, name, ran_at);
}

void history_forget(struct history *history, const struct config_jobs *known, int64_t now)
{
	struct strtab *names = strtab_new();
	size_t kept = 0;

	for (size_t i = 0; i < known->count; i++)
		strtab_add(names, known->items[i].name, strlen(known->items[i].name));
	for (size_t i = 0; i < history->job_count; i++) {
		struct history_job job = history->jobs[i];

		if (strtab_find(names, job.name, strlen(job.name)) != STRTAB_NONE ||
		    (job.ran_at <= now && now - job.ran_at <= YEAR))
			history->jobs[kept++] = job;
		else
			free(job.name);
	}
	history->job_count = kept;
	strtab_free(names);
}

static bool is_name(const char *name)
{
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f || *at == ',')
			return false;
	return *name;
}

/* The number at *AT and the blank behind it. */
static bool next_number(const char **at, uint64_t limit, uint64_t *value)
{
	if (!units_read_u64(at, value) || *value > limit || **at != ' ')
		return false;
	++*at;
	return true;
}

static bool next_time(const char **at, int64_t *seconds)
{
	uint64_t value;

	if (!next_number(at, INT64_MAX, &value))
		return false;
	*seconds = (int64_t)value;
	return true;
}

static bool read_run(struct history *history, const char *at)
{
	struct history_run run = { 0 };

	if (history->run_count == HISTORY_RUNS || !next_time(&at, &run.started_at) ||
	    !next_time(&at, &run.ended_at) || !next_number(&at, UINT64_MAX, &run.tags_deleted))
		return false;
	run.complete = strcmp(at, COMPLETE) == 0;
	if (!run.complete && strcmp(at, PARTIAL) != 0)
		return false;
	history_add_run(history, &run);
	return true;
}

/* NAMES are those of the jobs so far: none is there twice. */
static bool read_job(struct history *history, struct strtab *names, const char *at)
{
	int64_t ran_at;

	if (!next_time(&at, &ran_at) || !is_name(at) ||
	    strtab_add(names, at, strlen(at)) != history->job_count)
		return false;
	add_job(history, at, ran_at);
	return true;
}

static bool read_line(struct history *history, struct strtab *names, const char *line)
{
	if (strncmp(line, RUN, strlen(RUN)) == 0)
		return read_run(history, line + strlen(RUN));
	if (strncmp(line, JOB, strlen(JOB)) == 0)
		return read_job(history, names, line + strlen(JOB));
	return false;
}

/* Cuts TEXT, which ends with a newline, into lines. The number of the first that is wrong, or 0. */
static size_t read_lines(struct history *history, char *text, size_t length)
{
	struct strtab *names = strtab_new();
	char *end = text + length;
	size_t number = 2; /* behind the header */
	bool good = true;

	for (char *at = text; good && at < end; number += good) {
		char *newline = memchr(at, '\n', (size_t)(end - at));

		*newline = '\0';
		good = read_line(history, names, at);
		at = newline + 1;
	}
	strtab_free(names);
	return good ? 0 : number;
}

int history_parse(char *text, size_t length, struct history *out, struct err *err)
{
	char sum[DIGEST_TEXT];
	size_t body, line;

	*out = (struct history){ 0 };
	if (checksummed_open(HEADER, text, length, &body, sum, err) < 0)
		return -1;
	line = read_lines(out, text + strlen(HEADER), body);
	if (line == 0)
		return 0;
	history_clear(out);
	return err_set(err, ERR_IO, "damaged in line %zu", line);
}

static int load(const struct state *state, struct history *out, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	if (state_read_file(state, FILE_NAME, HISTORY_LIMIT, &text, err) < 0)
		return errno == ENOENT ? 0 : -1;
	if (history_parse(text.data, text.length, out, err) == 0)
		return 0;
	return err_wrap(err, "the file " FILE_NAME " in paths.state");
}

void history_load(const struct state *state, struct history *out)
{
	struct err err = { 0 };

	*out = (struct history){ 0 };
	if (state && load(state, out, &err) < 0)
		log_warning("%s; what earlier runs did is not known: every job counts as "
			    "due, safety.max_growth_factor does not hold, and the clock is not "
			    "compared with their end",
			    err.msg);
}

static void print(const struct history *history, struct buf *out)
{
	char sum[DIGEST_TEXT];

	buf_text(out, HEADER);
	for (size_t i = 0; i < history->run_count; i++) {
		const struct history_run *run = &history->runs[i];

		buf_format(out, RUN "%" PRId64 " %" PRId64 " %" PRIu64 " %s\n", run->started_at,
			   run->ended_at, run->tags_deleted, run->complete ? COMPLETE : PARTIAL);
	}
	for (size_t i = 0; i < history->job_count; i++)
		buf_format(out, JOB "%" PRId64 " %s\n", history->jobs[i].ran_at,
			   history->jobs[i].name);
	checksummed_close(out, sum);
}

int history_save(const struct history *history, const struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	int result;

	print(history, &text);
	if (text.length > HISTORY_LIMIT)
		return err_set(err, ERR_IO,
			       "the history of %zu jobs is longer than 1 MiB and is not written; "
			       "remove the file " FILE_NAME " in paths.state",
			       history->job_count);
	result = state_replace_file(state, FILE_NAME, &text, err);
	if (result < 0)
		err->kind = ERR_IO;
	return result;
}
