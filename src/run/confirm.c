/* Asks on the terminal; anything but y or yes means no. */
#include "run/confirm.h"

#include "plan/plan.h"
#include "report/plan_table.h"
#include "run/context.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/units.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

int confirm_possible(struct err *err)
{
	if (isatty(STDIN_FILENO))
		return 0;
	return err_set(err, ERR_USAGE, "--confirm: there is no terminal to ask on");
}

/* The terminal that the answer comes from: standard output may go to a file. NULL: it is gone. */
static FILE *open_terminal(void)
{
	char name[PATH_MAX];
	int fd = ttyname_r(STDIN_FILENO, name, sizeof name) == 0
			 ? open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC)
			 : -1;
	FILE *terminal = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (fd >= 0 && !terminal)
		close(fd);
	return terminal;
}

/* Waits for a line or a stop signal. False: neither will come any more. */
static bool read_answer(char *line, size_t size)
{
	struct pollfd waited[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				   { .fd = stop_signal_fd(), .events = POLLIN } };
	ssize_t length = 0;
	char *end;

	while (stop_signal_count() == 0 && poll(waited, 2, -1) < 0)
		continue;
	if (stop_signal_count() == 0)
		length = read(STDIN_FILENO, line, size - 1);
	if (length <= 0)
		return false;
	line[length] = '\0';
	/* Without a newline it is the end of the input, or more than any answer. */
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	return end;
}

static bool is_yes(const char *answer)
{
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

static void ask(const struct run *run, FILE *out)
{
	const struct plan *plan = run->plan;

	fputc('\n', out);
	plan_table(run->session.inventory, plan, run->forecast, terminal_of(fileno(out)), out);
	fprintf(out, "\nDelete %zu tag%s (%zu manifest%s)? [y/N] ", plan->tags_going,
		units_s(plan->tags_going), plan->manifests_going, units_s(plan->manifests_going));
	/* What was typed before nobody meant as an answer. */
	tcflush(STDIN_FILENO, TCIFLUSH);
	fflush(out);
}

int confirm_ask(const struct run *run, struct err *err)
{
	FILE *terminal = open_terminal();
	bool answered, shown;
	char answer[64];

	if (!terminal)
		return err_set(err, ERR_IO, "--confirm: the terminal is gone; nothing is deleted");
	progress_end();
	ask(run, terminal);
	shown = !ferror(terminal);
	answered = shown && read_answer(answer, sizeof answer);
	if (!answered)
		fputc('\n', terminal);
	fclose(terminal);
	if (answered && is_yes(answer))
		return 0;
	if (stop_signal_count() > 0)
		return err_set(err, ERR_STOPPED, "stopped before anything was deleted");
	return err_set(err, ERR_IO, "not confirmed: nothing is deleted");
}
