/* util/stop: signals as a descriptor. Each case runs in a process of its own, which has its own
 * signals; what it returns is its exit status, 0 when all was as expected. */
#include "util/stop_signal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Leaves the process with the line that was not as expected. */
#define EXPECT(condition)                          \
	do {                                       \
		if (!(condition))                  \
			_exit(__LINE__ % 255 + 1); \
	} while (0)

static bool is_readable(void)
{
	struct pollfd fd = { .fd = stop_signal_fd(), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static void before_init(void)
{
	EXPECT(stop_signal_fd() == -1);
	EXPECT(stop_signal_count() == 0);
	EXPECT(stop_signal() == 0);
}

static void quiet(void)
{
	stop_signal_init();
	EXPECT(stop_signal_fd() >= 0);
	EXPECT(fcntl(stop_signal_fd(), F_GETFD) == FD_CLOEXEC);
	EXPECT(!is_readable());
	EXPECT(stop_signal_count() == 0);
	EXPECT(stop_signal() == 0);
}

static void one_of_each(void)
{
	stop_signal_init();
	kill(getpid(), SIGTERM);
	EXPECT(is_readable());
	EXPECT(stop_signal_count() == 1);
	EXPECT(!is_readable());
	EXPECT(stop_signal_count() == 1);
	kill(getpid(), SIGINT);
	EXPECT(stop_signal_count() == 2);
	kill(getpid(), SIGHUP);
	EXPECT(stop_signal_count() == 3);
	EXPECT(stop_signal() == SIGTERM);
}

static void same_again(void)
{
	stop_signal_init();
	for (unsigned i = 1; i <= 5; i++) {
		kill(getpid(), SIGINT);
		EXPECT(stop_signal_count() == i);
	}
	EXPECT(stop_signal() == SIGINT);
}

static void signal_without_count(void)
{
	stop_signal_init();
	kill(getpid(), SIGHUP);
	EXPECT(stop_signal() == SIGHUP);
	EXPECT(stop_signal_count() == 1);
}

static void nohup(void)
{
	signal(SIGHUP, SIG_IGN);
	stop_signal_init();
	kill(getpid(), SIGHUP);
	EXPECT(stop_signal_count() == 0);
	kill(getpid(), SIGTERM);
	EXPECT(stop_signal_count() == 1);
	EXPECT(stop_signal() == SIGTERM);
}

/* Cron and some shells start with INT ignored; who sends it still means it. */
static void ignored_interrupt(void)
{
	signal(SIGINT, SIG_IGN);
	stop_signal_init();
	kill(getpid(), SIGINT);
	EXPECT(stop_signal_count() == 1);
}

static void reset(void)
{
	struct sigaction action;
	sigset_t blocked;

	stop_signal_init();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	stop_signal_reset_in_child();
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int number = 1; number <= SIGSYS; number++) {
		EXPECT(sigismember(&blocked, number) == 0);
		EXPECT(sigaction(number, NULL, &action) == 0);
		EXPECT(action.sa_handler == SIG_DFL);
	}
}

/* What arrived for the parent does not end the child. */
static void pending_is_dropped(void)
{
	stop_signal_init();
	kill(getpid(), SIGTERM);
	stop_signal_reset_in_child();
}

static void ended_by_default(void)
{
	stop_signal_init();
	stop_signal_reset_in_child();
	kill(getpid(), SIGTERM);
}

static int status_of(void (*function)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		function();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void signals_are_counted(void **state)
{
	static const struct {
		const char *sentence;
		void (*function)(void);
		int status;
	} rows[] = {
		{ "before stop_signal_init there is nothing", before_init, 0 },
		{ "nothing came, nothing is counted", quiet, 0 },
		{ "each signal counts once, the first is told", one_of_each, 0 },
		{ "the same signal counts again", same_again, 0 },
		{ "stop_signal reads by itself", signal_without_count, 0 },
		{ "a HUP that was ignored stays ignored", nohup, 0 },
		{ "an INT that was ignored is heard", ignored_interrupt, 0 },
		{ "a child gets defaults and nothing blocked", reset, 0 },
		{ "a child does not get its parent's signals", pending_is_dropped, 0 },
		{ "a child is ended by its own signals", ended_by_default, SIGTERM },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int status = status_of(rows[i].function);

		if (status != rows[i].status)
			fail_msg("%s: wait status %#x (exit status is a line + 1)",
				 rows[i].sentence, (unsigned)status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_are_counted),
	};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
