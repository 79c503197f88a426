/* Remembers what earlier runs did, and believes nothing that is not exactly as we write it. */
#include "state/growth.h"

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

void growth_clear(struct growth *growth)
{
	for (size_t i = 0; i < growth->job_count; i++)
		free(growth->jobs[i].name);
	free(growth->jobs);
	*growth = (struct growth){ 0 };
}

static struct growth_job *find_job(const struct growth *growth, const char *name)
{
	for (size_t i = 0; i < growth->job_count; i++)
		if (strcmp(growth->jobs[i].name, name) == 0)
			return &growth->jobs[i];
	return NULL;
}

int64_t growth_job_ran_at(const struct growth *growth, const char *name)
{
	const struct growth_job *job = find_job(growth, name);

	return job ? job->ran_at : INT64_MIN;
}

bool growth_job_due(const struct growth *growth, const struct config_job *job, int64_t now)
{
	const struct growth_job *last = find_job(growth, job->name);

	/* A run in the future: the clock went back, and when it was is not known. */
	if (!last || job->clean_every_n_hours == 0 || last->ran_at > now)
		return true;
	return now - last->ran_at >= (int64_t)job->clean_every_n_hours * HOUR - GRACE;
}

void growth_add_run(struct growth *growth, const struct growth_run *run)
{
	if (growth->run_count == GROWTH_RUNS) {
		memmove(growth->runs, growth->runs + 1, (GROWTH_RUNS - 1) * sizeof *growth->runs);
		growth->run_count--;
	}
	growth->runs[growth->run_count++] = *run;
}

void growth_move_end(struct growth *growth, int64_t ended_at)
{
	const struct growth_run none = { .started_at = ended_at, .ended_at = ended_at };

	if (growth->run_count > 0)
		growth->runs[growth->run_count - 1].ended_at = ended_at;
	else
		growth_add_run(growth, &none);
}

static void add_job(struct growth *growth, const char *name, int64_t ran_at)
{
	growth->jobs = xreallocarray(growth->jobs, growth->job_count + 1, sizeof *growth->jobs);
	growth->jobs[growth->job_count++] = (struct growth_job){ xstrdup(name), ran_at };
}

void growth_set_job(struct growth *growth, const char *name, int64_t ran_at)
{
	struct growth_job *job = find_job(growth, name);

	if (job)
		job->ran_at = ran_at;
	else
		add_job(growth, name, ran_at);
}

void growth_forget(struct growth *growth, const struct config_jobs *known, int64_t now)
{
	struct strtab *names = strtab_new();
	size_t kept = 0;

	for (size_t i = 0; i < known->count; i++)
		strtab_add(names, known->items[i].name, strlen(known->items[i].name));
	for (size_t i = 0; i < growth->job_count; i++) {
		struct growth_job job = growth->jobs[i];

		if (strtab_find(names, job.name, strlen(job.name)) != STRTAB_NONE ||
		    (job.ran_at <= now && now - job.ran_at <= YEAR))
			growth->jobs[kept++] = job;
		else
			free(job.name);
	}
	growth->job_count = kept;
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

static bool read_run(struct growth *growth, const char *at)
{
	struct growth_run run = { 0 };

	if (growth->run_count == GROWTH_RUNS || !next_time(&at, &run.started_at) ||
	    !next_time(&at, &run.ended_at) || !next_number(&at, UINT64_MAX, &run.tags_deleted))
		return false;
	run.complete = strcmp(at, COMPLETE) == 0;
	if (!run.complete && strcmp(at, PARTIAL) != 0)
		return false;
	growth_add_run(growth, &run);
	return true;
}

/* NAMES are those of the jobs so far: none is there twice. */
static bool read_job(struct growth *growth, struct strtab *names, const char *at)
{
	int64_t ran_at;

	if (!next_time(&at, &ran_at) || !is_name(at) ||
	    strtab_add(names, at, strlen(at)) != growth->job_count)
		return false;
	add_job(growth, at, ran_at);
	return true;
}

static bool read_line(struct growth *growth, struct strtab *names, const char *line)
{
	if (strncmp(line, RUN, strlen(RUN)) == 0)
		return read_run(growth, line + strlen(RUN));
	if (strncmp(line, JOB, strlen(JOB)) == 0)
		return read_job(growth, names, line + strlen(JOB));
	return false;
}

/* Cuts TEXT, which ends with a newline, into lines. The number of the first that is wrong, or 0. */
static size_t read_lines(struct growth *growth, char *text, size_t length)
{
	struct strtab *names = strtab_new();
	char *end = text + length;
	size_t number = 2; /* behind the header */
	bool good = true;

	for (char *at = text; good && at < end; number += good) {
		char *newline = memchr(at, '\n', (size_t)(end - at));

		*newline = '\0';
		good = read_line(growth, names, at);
		at = newline + 1;
	}
	strtab_free(names);
	return good ? 0 : number;
}

int growth_parse(char *text, size_t length, struct growth *out, struct err *err)
{
	char sum[DIGEST_TEXT];
	size_t body, line;

	*out = (struct growth){ 0 };
	if (checksummed_open(HEADER, text, length, &body, sum, err) < 0)
		return -1;
	line = read_lines(out, text + strlen(HEADER), body);
	if (line == 0)
		return 0;
	growth_clear(out);
	return err_set(err, ERR_IO, "damaged in line %zu", line);
}

static int load(const struct state *state, struct growth *out, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	if (state_read_file(state, FILE_NAME, GROWTH_LIMIT, &text, err) < 0)
		return errno == ENOENT ? 0 : -1;
	if (growth_parse(text.data, text.length, out, err) == 0)
		return 0;
	return err_wrap(err, "the file " FILE_NAME " in paths.state");
}

void growth_load(const struct state *state, struct growth *out)
{
	struct err err = { 0 };

	*out = (struct growth){ 0 };
	if (state && load(state, out, &err) < 0)
		log_warning("%s; what earlier runs did is not known: every job counts as "
			    "due, safety.max_growth_factor does not hold, and the clock is not "
			    "compared with their end",
			    err.msg);
}

static void print(const struct growth *growth, struct buf *out)
{
	char sum[DIGEST_TEXT];

	buf_text(out, HEADER);
	for (size_t i = 0; i < growth->run_count; i++) {
		const struct growth_run *run = &growth->runs[i];

		buf_format(out, RUN "%" PRId64 " %" PRId64 " %" PRIu64 " %s\n", run->started_at,
			   run->ended_at, run->tags_deleted, run->complete ? COMPLETE : PARTIAL);
	}
	for (size_t i = 0; i < growth->job_count; i++)
		buf_format(out, JOB "%" PRId64 " %s\n", growth->jobs[i].ran_at,
			   growth->jobs[i].name);
	checksummed_close(out, sum);
}

int growth_save(const struct growth *growth, const struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	int result;

	print(growth, &text);
	if (text.length > GROWTH_LIMIT)
		return err_set(err, ERR_IO,
			       "the history of %zu jobs is longer than 1 MiB and is not written; "
			       "remove the file " FILE_NAME " in paths.state",
			       growth->job_count);
	result = state_replace_file(state, FILE_NAME, &text, err);
	if (result < 0)
		err->kind = ERR_IO;
	return result;
}
