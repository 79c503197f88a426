/* The signals that ask us to stop, as a descriptor for the poll loops. */
#include "util/stop_signal.h"

#include "util/xalloc.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int descriptor = -1;
static unsigned count;
static int first;

static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void stop_signal_init(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (!is_ignored(SIGHUP))
		sigaddset(&signals, SIGHUP);
	/* Opened first: blocked signals that nobody reads would make us deaf. */
	descriptor = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (descriptor < 0)
		die_internal("signalfd: %s", strerror(errno));
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

int stop_signal_fd(void)
{
	return descriptor;
}

int stop_signal_take(void)
{
	struct signalfd_siginfo info;

	if (descriptor < 0 || read(descriptor, &info, sizeof info) != sizeof info)
		return 0;
	return (int)info.ssi_signo;
}

unsigned stop_signal_count(void)
{
	struct signalfd_siginfo info;

	while (descriptor >= 0 && read(descriptor, &info, sizeof info) == sizeof info) {
		if (count == 0)
			first = (int)info.ssi_signo;
		count++;
	}
	return count;
}

int stop_signal(void)
{
	stop_signal_count();
	return first;
}

void stop_signal_reset_in_child(void)
{
	sigset_t none;

	/* Ignoring a signal first drops it if it is pending: it was meant for our parent. */
	for (int number = 1; number < NSIG; number++) {
		signal(number, SIG_IGN);
		signal(number, SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
