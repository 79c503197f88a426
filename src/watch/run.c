/* Forks the child of a run, and tells how it ended. */
#include "watch/run.h"

#include "session/exit_code.h"
#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "watch/schedule.h"
#include "watch/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In the child. What else is open is close-on-exec, and ends with it. */
static int work(void *ctx)
{
	struct watch_order *order = ctx;
	struct options options = *order->options;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	watch_lock_release(order->lock);
	environment_free(order->started);
	if (dup2(null, STDIN_FILENO) < 0)
		return EXIT_INTERNAL;
	options.command = COMMAND_RUN;
	if (!order->rules)
		options.jobs = *order->jobs;
	return order->calls->run(&options, order->path, &order->settings->config,
				 &order->settings->warnings);
}

static void tell_begin(const struct watch_run *run)
{
	log_info("watch: a run of %s begins", run->what);
	(void)fflush(stdout);
}

int watch_run_begin(struct watch_run *run, struct watch_order *order, bool again)
{
	run->what = words_what(order->rules, order->jobs);
	run->began_ms = time_monotonic_ms();
	/* Before its own lines, unless it may well not begin, which is told but once. */
	if (!again)
		tell_begin(run);
	if (forked_start(&run->child, work, order) == 0) {
		if (again)
			tell_begin(run);
		return 0;
	}
	if (!again)
		log_error("watch: no process for the run: %s; it is tried again every %d seconds",
			  strerror(errno), SCHEDULE_HOLD);
	free(run->what);
	*run = (struct watch_run){ .child = { .pidfd = -1 } };
	return -1;
}

/* One that another run or a collector left nothing to do for is no trouble (exit code 5). */
static enum log_level level_of(int code, int signal, bool asked)
{
	if (signal)
		return LOG_LEVEL_ERROR;
	if (code == EXIT_ALL_DONE || code == EXIT_BUSY || asked)
		return LOG_LEVEL_INFO;
	return LOG_LEVEL_WARNING;
}

bool watch_run_end(struct watch_run *run, bool asked, char **how)
{
	int signal = 0, code = forked_end(&run->child, &signal);

	*how = words_end(code, signal);
	log_write(level_of(code, signal, asked), "watch: the run of %s ended after %.1f s, %s",
		  run->what, (double)(time_monotonic_ms() - run->began_ms) / 1000, *how);
	free(run->what);
	*run = (struct watch_run){ .child = { .pidfd = -1 } };
	return code == EXIT_ALL_DONE;
}
