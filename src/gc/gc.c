/* Runs the registry's collector and reads what it prints, line by line, as it comes. */
#include "gc/gc.h"

#include "config/config.h"
#include "engine/engine.h"
#include "engine/failure.h"
#include "forecast/collector_marks.h"
#include "gc/failure.h"
#include "registry/exec.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/progress.h"
#include "util/strtab.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ERRORS_KEPT     ((size_t)16 << 10)
#define RESTART_SECONDS 300
#define WATCH_MS        3000
#define VERB            "garbage-collect"

struct reading {
	enum gc_mode mode;
	const struct strtab *expected;
	struct gc_result *result;
	struct buf first;  /* the first line on stdout that says something */
	struct buf panic;  /* the line by which its runtime gave up */
	struct buf errors; /* the end of stderr */
	bool hurried;      /* see struct gc_end */
	bool (*watch)(void *ctx);
	void *watch_ctx;
	bool summary;
	bool said; /* the collector has printed a line */
};

/* Keeps the end of what tells why it failed, and from a panic on its first line: what follows is
 * long. With a terminal (`docker exec -t`) lines end with a carriage return. */
static void keep_error(struct reading *reading, const char *line, size_t length)
{
	if (reading->panic.length == 0 && engine_failure_is_panic(line))
		buf_add(&reading->panic, line, length);
	if (reading->errors.length + length > ERRORS_KEPT)
		buf_clear(&reading->errors);
	for (size_t i = 0; i < length; i++)
		if (line[i] != '\r')
			buf_add(&reading->errors, line + i, 1);
	buf_text(&reading->errors, "\n");
}

/* It marks what stays, prints how much that is, and removes the rest. */
static void show_progress(const struct reading *reading)
{
	const struct gc_result *result = reading->result;

	if (reading->mode == GC_ASK)
		progress("asking the collector: %zu manifests marked",
			 collector_marks_count(result->marks));
	else if (result->blobs_deleted > 0)
		progress("collecting: %" PRIu64 " blobs removed", result->blobs_deleted);
	else
		progress("collecting: %zu manifests marked", collector_marks_count(result->marks));
}

static void on_stdout(void *ctx, const char *line, size_t length)
{
	struct reading *reading = ctx;
	struct gc_result *result = reading->result;
	/* Docker says on stdout what it could not start. */
	bool engine = !reading->said && engine_failure_read(line, -1).not_started;

	log_debug("collector: %.*s", (int)length, line);
	reading->said |= !engine;
	if (reading->first.length == 0)
		buf_add(&reading->first, line, length);
	if (gc_read_line(line, reading->expected, result))
		reading->summary = true;
	else if (engine)
		keep_error(reading, line, length);
	show_progress(reading);
}

static void on_stderr(void *ctx, const char *line, size_t length)
{
	log_debug("collector: %.*s", (int)length, line);
	keep_error(ctx, line, length);
}

static bool on_watch(void *ctx)
{
	const struct reading *reading = ctx;

	return reading->watch(reading->watch_ctx);
}

/* registry.exec, for an engine with a variable that keeps debug logs quiet, program, verb, config.
 */
static const char **collector_argv(const struct config *config, enum gc_mode mode)
{
	const char *const *exec = (const char *const *)config->registry.exec.items;
	const char *const removing[] = { config->registry.program, VERB, config->paths.config,
					 NULL };
	const char *const asking[] = { config->registry.program, VERB, "--dry-run",
				       config->paths.config, NULL };
	const char *const *words = mode == GC_ASK ? asking : removing;
	const char *const quiet[] = { "-e", "REGISTRY_LOG_LEVEL=warn", NULL };
	CLEANUP(free_p) const char **head = NULL;
	CLEANUP(free_p) const char **call = NULL;
	CLEANUP(free_p) const char **rest = NULL;
	size_t count = engine_exec_head(exec);

	if (count == 0)
		return exec_join(exec, words);
	head = exec_join(exec, NULL);
	head[count] = NULL;
	call = exec_join(head, quiet);
	rest = exec_join(exec + count, words);
	return exec_join(call, rest);
}

/* The exit status is the collector's own up to here; engines and their clients use those above
 * when they fail or lose it. */
#define STATUS_OWN 124

/* Whether it has ended for sure. On this host it was our own child. The summary comes before it
 * removes what it found, so that it alone shows nothing when the client was lost. */
static bool has_ended(const struct config *config, const struct reading *reading,
		      const struct proc_result *end)
{
	bool own = config->registry.exec.count == 0 && !end->goes_on;

	if (end->end == PROC_EXITED && reading->summary && end->status <= STATUS_OWN)
		return true;
	if (end->end == PROC_EXITED && !reading->said &&
	    gc_never_started(end, buf_string(&reading->errors)))
		return true;
	return own && (end->end == PROC_EXITED || end->end == PROC_SIGNALLED);
}

static void note_end(const struct config *config, const struct reading *reading,
		     const struct proc_result *end)
{
	struct gc_result *result = reading->result;

	result->ran = true;
	/* What was only asked removes nothing, so how it ended does not matter. */
	result->left_running = reading->mode == GC_REMOVE &&
			       (end->end == PROC_ABANDONED || end->end == PROC_TIMEOUT);
	result->end_unknown = reading->mode == GC_REMOVE && !has_ended(config, reading, end);
	if (end->end == PROC_EXITED)
		result->exit_status = end->status;
	result->done = end->end == PROC_EXITED && end->status == 0 && reading->summary;
}

/* What tells why it failed: a panic, what it complained of, or, where it did not and never came to
 * its work, what stdout began with. */
static const char *telling(const struct reading *reading)
{
	if (reading->panic.length > 0)
		return buf_string(&reading->panic);
	if (reading->errors.length == 0 && collector_marks_count(reading->result->marks) == 0)
		return buf_string(&reading->first);
	return buf_string(&reading->errors);
}

static unsigned seconds_of(double minutes)
{
	double seconds = minutes * 60;

	return seconds < 1 ? 1 : (unsigned)seconds;
}

/* A question for which the registry is stopped has no more time than a collection. */
static bool is_hurried(const struct config *config, enum gc_mode mode, bool client)
{
	double working = config->gc.timeout_minutes;

	return mode == GC_ASK && client && working > 0 && working < config->gc.question_minutes;
}

/* 0: it has all the time. */
static unsigned time_limit(const struct config *config, enum gc_mode mode, bool hurried)
{
	double working = config->gc.timeout_minutes;

	if (mode == GC_ASK && !hurried)
		return seconds_of(config->gc.question_minutes);
	return working > 0 ? seconds_of(working) : 0;
}

/* A collection is left running at the second signal, and when its time is up, unless only a client
 * of it is run; a question is ended when its time is up and at the first signal. */
static struct proc_options how_to_run(const struct config *config, const struct gc_command *command,
				      bool client, struct reading *reading)
{
	bool asks = command->mode == GC_ASK;

	reading->hurried = is_hurried(config, command->mode, client);
	reading->watch = command->watch;
	reading->watch_ctx = command->ctx;
	return (struct proc_options){
		.argv = command->argv,
		.timeout_seconds = time_limit(config, command->mode, reading->hurried),
		.patience = asks ? 1 : 2,
		.kill_when_abandoned = asks || client,
		.leave_at_timeout = !asks && !client,
		.on_stdout = on_stdout,
		.on_stderr = on_stderr,
		.watch = command->watch ? on_watch : NULL,
		.watch_ms = WATCH_MS,
		.ctx = reading,
	};
}

static void begin_result(const struct gc_command *command, struct gc_result *result)
{
	CLEANUP(free_p) char *line = proc_command_line(command->argv);

	gc_result_clear(result);
	*result = (struct gc_result){ .exit_status = -1,
				      .removed = strtab_new(),
				      .marks = collector_marks_new(),
				      .repositories = strtab_new(),
				      .held = strtab_new() };
	log_info("%s: %s",
		 command->mode == GC_ASK ? "asking the collector what it would remove"
					 : "collecting",
		 line);
}

static void clear_reading(struct reading *reading)
{
	buf_free(&reading->first);
	buf_free(&reading->panic);
	buf_free(&reading->errors);
}

/* READING is the caller's to clear. -1 (ERR_COLLECTOR): it could not be started. */
static int run(const struct config *config, const struct gc_command *command, bool client,
	       struct reading *reading, struct proc_result *end, struct err *err)
{
	struct proc_options options = how_to_run(config, command, client, reading);
	int64_t began = time_monotonic_ms();
	int status;

	begin_result(command, reading->result);
	show_progress(reading);
	status = proc_run(&options, end, err);
	progress_end();
	if (status < 0) {
		err->kind = ERR_COLLECTOR;
		return err_wrap(err, "the collector could not be started");
	}
	reading->result->seconds = (double)(time_monotonic_ms() - began) / 1000;
	note_end(config, reading, end);
	reading->result->nothing_there = !reading->result->done && end->end == PROC_EXITED &&
					 gc_finds_no_repositories(buf_string(&reading->errors));
	return 0;
}

static int judge(const struct config *config, struct layout *layout, const struct reading *reading,
		 const struct proc_result *end, struct err *err)
{
	if (reading->result->done)
		return 0;
	return gc_failure(config, layout,
			  &(struct gc_end){ .process = end,
					    .errors = telling(reading),
					    .marks = reading->result->marks,
					    .asked = reading->mode == GC_ASK,
					    .hurried = reading->hurried,
					    .summary = reading->summary },
			  err);
}

int gc_run(const struct config *config, enum gc_mode mode, struct layout *layout,
	   const struct strtab *expected, struct gc_result *result, struct err *err)
{
	CLEANUP(free_p) const char **argv = collector_argv(config, mode);
	const struct gc_command command = { .mode = mode, .argv = argv };
	struct reading reading = { .mode = mode, .expected = expected, .result = result };
	struct proc_result end;
	int status = run(config, &command, false, &reading, &end, err);

	if (status == 0)
		status = judge(config, layout, &reading, &end, err);
	clear_reading(&reading);
	return status;
}

int gc_run_command(const struct config *config, const struct gc_command *command,
		   const struct strtab *expected, struct gc_result *result, struct err *err)
{
	struct reading reading = { .mode = command->mode, .expected = expected, .result = result };
	struct proc_result end;
	int status = run(config, command, true, &reading, &end, err);

	if (status == 0)
		status = judge(config, NULL, &reading, &end, err);
	result->end_unknown = false;
	clear_reading(&reading);
	return status;
}

void gc_result_clear(struct gc_result *result)
{
	strtab_free(result->removed);
	strtab_free(result->held);
	strtab_free(result->repositories);
	collector_marks_free(result->marks);
	result->removed = result->held = result->repositories = NULL;
	result->marks = NULL;
}

bool gc_removed(const struct gc_result *result, const char *repository, const char *digest)
{
	CLEANUP(buf_free) struct buf name = { 0 };

	if (!result->removed)
		return false;
	buf_format(&name, "%s %s", repository, digest);
	return strtab_find(result->removed, digest, strlen(digest)) != STRTAB_NONE ||
	       strtab_find(result->removed, buf_string(&name), name.length) != STRTAB_NONE;
}

int gc_restart(const struct config *config, struct err *err)
{
	const char *const *argv = (const char *const *)config->gc.restart.items;
	CLEANUP(free_p) char *line = proc_command_line(argv);
	CLEANUP(proc_answer_clear) struct proc_answer answer;
	char text[512];

	log_info("restarting the registry: %s", line);
	if (proc_ask(argv, RESTART_SECONDS, ERRORS_KEPT, &answer, err) < 0)
		return err_wrap(err, "gc.restart");
	if (proc_succeeded(&answer))
		return 0;
	return err_set(err, ERR_IO, "gc.restart: %s: %s", line,
		       proc_failure(&answer, text, sizeof text));
}
