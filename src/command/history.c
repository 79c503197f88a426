/* What is kept of earlier runs, from its file alone: asks nobody. */
#include "command/history.h"

#include "cli/options.h"
#include "config/config.h"
#include "history/history.h"
#include "history/show.h"
#include "session/exit_code.h"
#include "util/err.h"
#include "util/log.h"
#include "util/terminal.h"
#include "util/time.h"
#include "util/units.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define USUAL_RUNS 20 /* in the table */

static void print_for_people(const struct history_view *view)
{
	const struct history *history = view->history;
	size_t shown = history->count - view->first;
	char since[TIME_TEXT];

	if (history->count == 0) {
		puts("no run is known: each one that deletes or collects, or tries to, adds a "
		     "line");
		return;
	}
	history_table(view, stdout);
	printf("%zu of %zu run%s since %.10s\n", shown, history->count, units_s(history->count),
	       time_local(history->entries[0].started_at, since));
	history_plot(view, stdout);
}

static void print(const struct options *options, const struct config *config,
		  const struct history *history)
{
	struct history_view view = {
		.history = history,
		.registry = config->registry.url,
		.now = time(NULL),
		.width = terminal_width(STDOUT_FILENO),
		.utf8 = terminal_utf8(),
	};
	uint64_t most = options->top ? options->top : USUAL_RUNS;

	if (!options->top && (options->json || options->csv))
		most = history->count;
	view.first = history->count > most ? history->count - most : 0;
	if (options->json)
		history_json(&view, stdout);
	else if (options->csv)
		history_csv(&view, stdout);
	else
		print_for_people(&view);
}

static int show(const struct options *options, const struct config *config, struct err *err)
{
	struct history history;

	if (options->json && options->csv)
		return err_set(err, ERR_USAGE, "--csv: not beside --json");
	if (history_load(config, &history, err) < 0)
		return -1;
	if (history.damaged > 0)
		log_warning("%zu line%s of the history %s damaged, and left out", history.damaged,
			    units_s(history.damaged), history.damaged == 1 ? "is" : "are");
	print(options, config, &history);
	history_clear(&history);
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_set(err, ERR_IO, "standard output: %s",
		       errno ? strerror(errno) : "cannot be written");
}

int command_history(const struct options *options, const struct config *config)
{
	struct err err = { 0 };

	if (show(options, config, &err) < 0)
		log_error("%s", err.msg);
	return exit_code(&err, (struct exit_facts){ 0 });
}
