/* A child that somebody watches, and one that is left running when its time is over. */
#include "util/proc.h"

#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL(script) ((const char *const[]){ "sh", "-c", (script), NULL })

struct watched {
	struct buf out;
	unsigned asked, patience; /* the watch is content for so many times */
	bool stops;               /* it sends a stop signal when it is asked first */
};

static void see(void *ctx, const char *line, size_t length)
{
	struct watched *watched = ctx;

	buf_add(&watched->out, line, length);
	buf_text(&watched->out, " ");
}

/* Asks another child, as a watch of a container does. */
static bool watch(void *ctx)
{
	struct watched *watched = ctx;
	struct proc_answer answer;
	struct err err;

	if (watched->stops && watched->asked == 0)
		kill(getpid(), SIGINT);
	watched->asked++;
	assert_int_equal(proc_ask(SHELL("echo inner"), 5, 100, &answer, &err), 0);
	assert_true(watched->stops || strcmp(buf_string(&answer.out), "inner\n") == 0);
	proc_answer_clear(&answer);
	return watched->asked < watched->patience;
}

static struct proc_result run(struct watched *watched, const char *script,
			      const struct proc_options *more)
{
	struct proc_options options = *more;
	struct proc_result result = { .end = PROC_EXITED, .status = -1 };
	struct err err;

	options.argv = SHELL(script);
	options.on_stdout = see;
	options.watch = watch;
	options.watch_ms = 1000;
	options.ctx = watched;
	assert_int_equal(proc_run(&options, &result, &err), 0);
	return result;
}

static void a_watch_that_is_content_changes_nothing(void **state)
{
	struct watched watched = { .patience = 100 };
	struct proc_result result =
		run(&watched, "echo one; sleep 1.5; echo two; exit 3", &(struct proc_options){ 0 });

	(void)state;
	assert_int_equal(result.end, PROC_EXITED);
	assert_int_equal(result.status, 3);
	assert_string_equal(buf_string(&watched.out), "one two ");
	assert_int_equal(watched.asked, 1);
	buf_free(&watched.out);
}

static void a_watch_can_end_it(void **state)
{
	struct watched watched = { .patience = 1 };
	int64_t began = time_monotonic_ms();
	struct proc_result result =
		run(&watched, "echo one; exec sleep 100", &(struct proc_options){ 0 });

	(void)state;
	assert_int_equal(result.end, PROC_TIMEOUT);
	assert_int_equal(result.status, SIGTERM);
	assert_int_equal(watched.asked, 1);
	assert_in_range(time_monotonic_ms() - began, 1000, 3000);
	buf_free(&watched.out);
}

/* What the watch's own child took from the descriptor of signals is not lost. */
static void a_signal_during_the_watch_counts(void **state)
{
	struct watched watched = { .patience = 100, .stops = true };
	struct proc_result result =
		run(&watched, "exec sleep 100",
		    &(struct proc_options){ .patience = 1, .kill_when_abandoned = true });

	(void)state;
	assert_int_equal(result.end, PROC_ABANDONED);
	assert_int_equal(result.status, SIGTERM);
	assert_int_equal(watched.asked, 1);
	buf_free(&watched.out);
}

static void what_is_left_when_its_time_is_over_goes_on(void **state)
{
	struct watched watched = { .patience = 100 };
	struct proc_result result =
		run(&watched, "echo $$; sleep 2; head -c 200000 /dev/zero && exit 7",
		    &(struct proc_options){ .timeout_seconds = 1, .leave_at_timeout = true });
	pid_t pid = (pid_t)strtol(buf_string(&watched.out), NULL, 10);
	int status = -1;

	(void)state;
	assert_int_equal(result.end, PROC_TIMEOUT);
	assert_int_equal(result.status, 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	buf_free(&watched.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_watch_that_is_content_changes_nothing),
		cmocka_unit_test(a_watch_can_end_it),
		cmocka_unit_test(a_signal_during_the_watch_counts),
		cmocka_unit_test(what_is_left_when_its_time_is_over_goes_on),
	};

	stop_signal_init();
	return cmocka_run_group_tests_name("proc_watch", tests, NULL, NULL);
}
