/* Takes the run into what is kept, and writes both. */
#include "metrics/metrics.h"

#include "config/config.h"
#include "history/history.h"
#include "measure/free_space.h"
#include "metrics/facts.h"
#include "metrics/families.h"
#include "metrics/groups.h"
#include "metrics/last_run.h"
#include "report/run_json.h"
#include "session/output_file.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/file.h"
#include "util/printable.h"
#include "util/sweep.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* The first line of a file, behind it the registry. */
#define FIRST_LINE "# Written by clean-registry, for "
#define MODE       0644 /* node_exporter is another user */

/* The first line, with its newline. */
static void add_first_line(struct buf *text, const char *registry)
{
	buf_text(text, FIRST_LINE);
	printable_add(text, registry);
	buf_text(text, "\n");
}

/* Where the state says nothing of it: metrics are new here, say. */
static void recall_success(const struct report *report, struct metrics_facts *facts)
{
	struct history history;
	struct err err = { 0 };

	if (date_known(facts->success_at) || history_load(report->config, &history, &err) < 0)
		return;
	for (size_t i = 0; i < history.count; i++) {
		const struct history_entry *entry = &history.entries[i];

		if (entry->exit_code == 0 && entry->finished_at <= report->finished_at &&
		    entry->finished_at > facts->success_at)
			facts->success_at = entry->finished_at;
	}
	history_clear(&history);
}

static void write_file_system(const struct metrics_out *out, const struct config *config)
{
	struct free_space space = { 0 };

	if (!config->paths.host_storage[0])
		return;
	space = measure_file_system(config->paths.host_storage);
	metrics_one(out, METRICS_FREE, space.free);
	metrics_one(out, METRICS_SIZE, space.size);
}

static void write_known(const struct metrics_out *out, const struct metrics_facts *facts)
{
	bool first = true;

	for (int g = 0; g < METRICS_GROUPS; g++) {
		if (!date_known(facts->groups[g].at))
			continue;
		if (first)
			metrics_begin(out, METRICS_KNOWN);
		first = false;
		metrics_sample(out, METRICS_KNOWN, "about", METRICS_GROUP_NAMES[g],
			       (uint64_t)facts->groups[g].at);
	}
}

static void write_all(struct buf *text, const struct report *report,
		      const struct metrics_facts *facts)
{
	const struct config *config = report->config;
	const struct metrics_out out = { text, config->registry.url };

	add_first_line(text, config->registry.url);
	metrics_begin(&out, METRICS_BUILD_INFO);
	metrics_sample(&out, METRICS_BUILD_INFO, "version", VERSION, 1);
	last_run_write(&out, report, facts);
	write_file_system(&out, config);
	write_known(&out, facts);
	for (int g = 0; g < METRICS_GROUPS; g++)
		buf_text(text, buf_string(&facts->groups[g].text));
}

/* Who has the file PATH: nobody, this registry, another one, or something else altogether. */
static int check_owner(const char *path, const char *registry, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(buf_free) struct buf wanted = { 0 };
	const char *found;

	if (file_read_regular(AT_FDCWD, path, METRICS_FACTS_LIMIT * 2, &text) < 0)
		return errno == ENOENT ? 0 : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	found = buf_string(&text);
	add_first_line(&wanted, registry);
	if (text.length == 0 || text_begins(found, buf_string(&wanted)))
		return 0;
	if (!text_begins(found, FIRST_LINE))
		return err_set(
			err, ERR_USAGE,
			"%s: it is there, and was not written by clean-registry; name another "
			"file, or remove it",
			path);
	found += strlen(FIRST_LINE);
	return err_set(err, ERR_USAGE,
		       "%s: it has the metrics of another registry, %.*s; name another file for "
		       "each, or remove it if that one is not cleaned any more",
		       path, (int)strcspn(found, "\n"), found);
}

static int replace(const char *path, const struct buf *text, struct err *err)
{
	struct file_new file = { 0 };

	sweep_beside(path);
	if (file_new_open(&file, path, MODE, err) < 0)
		return -1;
	/* What is not written whole is found out by publishing it. */
	(void)fwrite(text->data, 1, text->length, file.stream);
	return file_new_publish(&file, err);
}

static int write_file(const char *path, const struct buf *text, const struct options *options,
		      const struct config *config, struct err *err)
{
	if (output_file_check(path, options, config, err) == 0 &&
	    check_owner(path, config->registry.url, err) == 0 && replace(path, text, err) == 0)
		return 0;
	return err_wrap(err, "report.metrics_file");
}

int metrics_write(const struct report *report, const struct options *options,
		  const struct state *state, bool locked, struct err *err)
{
	const struct config *config = report->config;
	CLEANUP(free_p) char *target = realpath(config->report.metrics_file, NULL);
	const char *path = target ? target : config->report.metrics_file;
	CLEANUP(facts_clear) struct metrics_facts facts;
	CLEANUP(buf_free) struct buf text = { 0 };

	int64_t success;
	int result;

	facts_load(&facts, state, report->finished_at);
	recall_success(report, &facts);
	success = facts.success_at;
	if (locked)
		last_run_add(report, &facts);
	groups_learn(report, config->registry.url, &facts);
	write_all(&text, report, &facts);
	result = write_file(path, &text, options, config, err);
	/* Then the run does not end with 0. */
	if (result < 0)
		facts.success_at = success;
	if (locked)
		facts_save(&facts, state);
	return result;
}
