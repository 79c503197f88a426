/* Only a clear yes is one. */
#include "command/confirm.h"

#include "command/act.h"
#include "plan.h"
#include "plan_table.h"
#include "util/stop.h"
#include "util/units.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int confirm_possible(struct err *err)
{
	if (isatty(STDIN_FILENO))
		return 0;
	return err_set(err, ERR_USAGE, "--confirm: there is no terminal to ask on");
}

/* Waits for a line or a stop signal. False: neither will come any more. */
static bool read_answer(char *line, size_t size)
{
	struct pollfd waited[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				   { .fd = stop_fd(), .events = POLLIN } };
	ssize_t length = 0;

	while (stop_count() == 0 && poll(waited, 2, -1) < 0)
		continue;
	if (stop_count() == 0)
		length = read(STDIN_FILENO, line, size - 1);
	if (length <= 0)
		return false;
	line[length] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

static bool is_yes(const char *answer)
{
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

int confirm_ask(const struct run *run, struct err *err)
{
	const struct plan *plan = run->plan;
	char answer[64];

	putchar('\n');
	plan_table(run->session.inventory, plan, run->forecast, terminal_of(STDOUT_FILENO), stdout);
	printf("\nDelete %zu tag%s (%zu manifest%s)? [y/N] ", plan->tags_going,
	       units_s(plan->tags_going), plan->manifests_going, units_s(plan->manifests_going));
	fflush(stdout);
	if (read_answer(answer, sizeof answer) && is_yes(answer))
		return 0;
	putchar('\n');
	if (stop_count() > 0)
		return err_set(err, ERR_STOPPED, "stopped before anything was deleted");
	return err_set(err, ERR_IO, "not confirmed: nothing is deleted");
}
