/* Opened before the run, like the report: who asks in vain shall know before anything is deleted.
 */
#include "run/page.h"

#include "cli/options.h"
#include "config/config.h"
#include "history/history.h"
#include "html/html.h"
#include "inventory/inventory.h"
#include "report/run_json.h"
#include "run/context.h"
#include "run/next_run.h"
#include "session/output_file.h"
#include "state/reserve.h"
#include "util/file.h"
#include "util/log.h"
#include "util/secrets.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* Where it goes; NULL: there is none. */
static const char *path_of(const struct run *run)
{
	const char *configured = run->config->report.html_file;

	if (run->options->html)
		return run->options->html;
	return run->options->dry_run || !configured || !*configured ? NULL : configured;
}

static const char *name_of(const struct run *run)
{
	return run->options->html ? "--html" : "report.html_file";
}

/* What else is written to PATH, or NULL. */
static const char *other_use(const struct run *run, const char *path)
{
	const struct options *options = run->options;
	const char *metrics = run->config->report.metrics_file;

	if (options->report && !options_report_to_stdout(options) &&
	    output_file_is_same(options->report, path))
		return "--report";
	return metrics && *metrics && output_file_is_same(metrics, path) ? "report.metrics_file"
									 : NULL;
}

int run_page_open(struct run *run, struct err *err)
{
	const char *path = path_of(run), *other = path ? other_use(run, path) : NULL;

	if (other)
		return err_set(err, ERR_USAGE, "%s: %s is the file of %s; name another one",
			       name_of(run), path, other);
	if (!path || output_file_open(&run->page, path, run->options, run->config, err) == 0)
		return 0;
	if (err->kind != ERR_IO || !reserve_is_full(errno))
		return err_wrap(err, "%s", name_of(run));
	/* It is this run that may free the disk. */
	log_warning("%s: %s; it is tried again at the end", name_of(run), err->msg);
	return 0;
}

/* What was there at last. */
static const struct inventory *inventory_of(const struct run *run)
{
	if (run->report.verified)
		return run->report.verified;
	return run->plan ? run->session.inventory : NULL;
}

static struct html_point point_of(const struct history_entry *entry, bool measured)
{
	return (struct html_point){ .at = entry->finished_at,
				    .storage_bytes =
					    measured ? entry->storage_bytes : entry->image_bytes,
				    .freed_bytes = entry->bytes_freed,
				    .tags_deleted = entry->tags_deleted,
				    .exit_code = entry->exit_code };
}

/* Whether the storage was ever measured: else its images say how it grew. */
static bool is_measured(const struct history *history, const struct history_entry *now)
{
	bool any = now->storage_bytes != HISTORY_UNKNOWN;

	for (size_t i = 0; i < history->count; i++)
		any |= history->entries[i].storage_bytes != HISTORY_UNKNOWN;
	return any;
}

/* The earlier runs and, unless it is a dry one, RUN; the caller's. */
static struct html_point *points_of(const struct run *run, size_t *count)
{
	struct history_entry now = history_entry_of(&run->report);
	struct history history = { 0 };
	struct html_point *points;
	struct err err = { 0 };
	bool measured;

	if (history_load(run->config, &history, &err) < 0)
		log_warning("the page shows no earlier runs: %s", err.msg);
	measured = is_measured(&history, &now);
	points = xcalloc(history.count + 1, sizeof *points);
	for (size_t i = 0; i < history.count; i++)
		points[i] = point_of(&history.entries[i], measured);
	points[history.count] = point_of(&now, measured);
	*count = history.count + !run->report.dry_run;
	history_clear(&history);
	return points;
}

static int write_page(const struct run *run, const char *why, struct err *err)
{
	CLEANUP(free_p) char *masked = why ? secrets_masked(why) : NULL;
	CLEANUP(next_run_clear) struct next_run next = { 0 };
	size_t count;
	CLEANUP(free_p) struct html_point *points = points_of(run, &count);
	const struct html_page page = { .report = &run->report,
					.inventory = inventory_of(run),
					.failure = masked,
					.points = points,
					.point_count = count,
					.next = next_run_foresee(run, &next) };

	return html_write(&page, run->page.stream, err);
}

int run_page_write(struct run *run, const char *why, struct err *err)
{
	const char *path = path_of(run);

	if (!path)
		return 0;
	if (!run->page.stream &&
	    output_file_open(&run->page, path, run->options, run->config, err) < 0)
		return err_wrap(err, "%s", name_of(run));
	if (write_page(run, why, err) < 0)
		return err_wrap(err, "%s", path);
	return file_new_publish(&run->page, err);
}
