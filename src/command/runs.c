/* What runs deleted and whether that can be undone, from their journals alone: asks nobody. */
#include "command/runs.h"

#include "cli/options.h"
#include "config/config.h"
#include "session/exit_code.h"
#include "state/state.h"
#include "undo/journal.h"
#include "undo/window.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/log.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"
#include "json/write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* One run; RUN is NULL when its journal cannot be read. */
struct line {
	const char *name;     /* borrowed from the list */
	struct undo_run *run; /* its manifests are released */
	struct undo_counts counts;
	struct undo_window window;
};

struct lines {
	struct string_list names;
	struct line *items;
	struct undo_collection *collections; /* of all; their methods are the runs' */
	size_t collection_count, collection_capacity;
	uint64_t bytes; /* of all journals that were read */
	size_t unreadable;
};

static bool deleted_something(const struct undo_counts *counts)
{
	return counts->tags > 0 || counts->manifests > 0 || counts->possible > 0;
}

static void note_collection(struct lines *lines, const struct undo_collection *collection)
{
	GROW(lines->collections, lines->collection_count, lines->collection_capacity);
	lines->collections[lines->collection_count++] = *collection;
}

static void read_one(const struct state *state, struct lines *lines, struct line *line)
{
	const struct undo_wanted wanted = { NULL, false };
	struct undo_run *run = NULL;
	struct err err = { 0 };

	if (undo_journal_read(state, line->name, &wanted, &run, &err) < 0) {
		/* It may have had a collection. */
		const struct undo_collection unknown = { .at = undo_run_began(line->name),
							 .until = DATE_ABSENT };

		log_error("%s", err.msg);
		lines->unreadable++;
		note_collection(lines, &unknown);
		return;
	}
	for (size_t c = 0; c < run->collection_count; c++)
		note_collection(lines, &run->collections[c]);
	lines->bytes += run->file_bytes;
	line->counts = undo_run_count(run);
	line->run = run;
	undo_run_forget_manifests(run);
}

static int read_all(const struct state *state, const struct config *config, struct lines *lines,
		    struct err *err)
{
	int64_t now = time(NULL);

	if (undo_journal_list(state, &lines->names, err) < 0)
		return -1;
	lines->items = xcalloc(lines->names.count + 1, sizeof *lines->items);
	for (size_t i = 0; i < lines->names.count; i++) {
		lines->items[i].name = lines->names.items[i];
		read_one(state, lines, &lines->items[i]);
	}
	for (size_t i = 0; i < lines->names.count; i++) {
		struct line *line = &lines->items[i];

		if (line->run && line->run->opaque)
			line->window = undo_window_never(deleted_something(&line->counts));
		else if (line->run)
			line->window =
				undo_window(line->run->started_at, deleted_something(&line->counts),
					    lines->collections, lines->collection_count,
					    (unsigned)config->undo.keep_days, now);
	}
	return 0;
}

static uint64_t tags_of(const struct line *line)
{
	const struct undo_run *run = line->run;

	return run->ended && run->tags_deleted != UNDO_UNKNOWN ? run->tags_deleted
							       : line->counts.tags;
}

/* Whether it can be restored, for people; into TEXT, returned. */
static const char *restorable(const struct line *line, char text[96])
{
	const struct undo_window *window = &line->window;
	char when[TIME_TEXT];

	switch (window->able) {
	case UNDO_NOTHING:
		return "nothing was deleted";
	case UNDO_WHOLE:
		if (!date_known(window->until))
			return "yes";
		snprintf(text, 96, "yes, until %.10s, or the next collection",
			 time_utc(window->until, when));
		return text;
	case UNDO_NEVER:
		return "no: Scaleway's registry takes nothing back";
	case UNDO_PARTLY:
		break;
	}
	if (!date_known(window->collected_at))
		return "in part: what it needs may have been collected";
	snprintf(text, 96, "in part: collected %s", time_utc(window->collected_at, when));
	return text;
}

static void print_line(const struct line *line, int width)
{
	char text[96], freed[UNITS_SIZE], began[TIME_TEXT];
	const struct undo_run *run = line->run;

	if (!run) {
		printf("%-*s  its journal cannot be read\n", width, line->name);
		return;
	}
	printf("%-*s  %-20s  %8" PRIu64 "%s  %9s  %s%s\n", width, line->name,
	       date_known(run->started_at) ? time_utc(run->started_at, began) : "not known",
	       tags_of(line), line->counts.possible ? "?" : " ",
	       run->freed_bytes == UNDO_UNKNOWN ? "-" : units_bytes(run->freed_bytes, freed),
	       restorable(line, text), run->ended ? "" : "; it did not come to its end");
}

static void print_table(const struct state *state, const struct config *config,
			const struct lines *lines)
{
	size_t width = strlen("20261130T182645Z-4711");
	char size[UNITS_SIZE];

	if (lines->names.count == 0) {
		puts("no run has deleted or collected anything since journals are kept");
		return;
	}
	for (size_t i = 0; i < lines->names.count; i++) {
		if (strlen(lines->names.items[i]) > width)
			width = strlen(lines->names.items[i]);
	}
	printf("%-*s  %-20s  %8s   %9s  CAN BE RESTORED\n", (int)width, "RUN", "BEGAN", "TAGS",
	       "FREED");
	for (size_t i = 0; i < lines->names.count; i++)
		print_line(&lines->items[i], (int)width);
	printf("%zu run%s of the last %ld days; their journals take %s in %s/" UNDO_FOLDER "\n",
	       lines->names.count, units_s(lines->names.count), config->undo.keep_days,
	       units_bytes(lines->bytes, size), state_path(state));
}

static void print_object(const struct line *line)
{
	const struct undo_run *run = line->run;

	printf("\n    { \"run\": ");
	json_write_string(stdout, line->name);
	if (!run) {
		printf(", \"restorable\": \"unreadable\" }");
		return;
	}
	printf(", \"started_at\": ");
	json_write_time(stdout, run->started_at);
	printf(", \"ended_at\": ");
	json_write_time(stdout, run->ended_at);
	printf(", \"command\": ");
	json_write_string(stdout, run->command);
	printf(", \"exit_code\": ");
	json_write_number(stdout, run->ended ? (uint64_t)run->exit_code : JSON_WRITE_UNKNOWN);
	printf(",\n      \"tags_deleted\": %" PRIu64 ", \"manifests_deleted\": ", tags_of(line));
	json_write_number(stdout, run->opaque ? JSON_WRITE_UNKNOWN : line->counts.manifests);
	printf(", \"possibly_deleted\": %zu, \"freed_bytes\": ", line->counts.possible);
	json_write_number(stdout, run->freed_bytes);
	printf(", \"restorable\": \"%s\", \"restorable_until\": ",
	       undo_able_name(line->window.able));
	json_write_time(stdout, line->window.able == UNDO_WHOLE ? line->window.until : DATE_ABSENT);
	printf(", \"collected_at\": ");
	json_write_time(stdout, line->window.collected_at);
	printf(",\n      \"journal\": ");
	json_write_string(stdout, run->path);
	printf(", \"journal_bytes\": %" PRIu64 " }", run->file_bytes);
}

static void print_json(const struct config *config, const struct lines *lines)
{
	printf("{\n  \"version\": 1,\n  \"registry\": ");
	json_write_string(stdout, config->registry.url);
	printf(",\n  \"journal_bytes\": %" PRIu64 ",\n  \"runs\": [", lines->bytes);
	for (size_t i = 0; i < lines->names.count; i++) {
		if (i > 0)
			putchar(',');
		print_object(&lines->items[i]);
	}
	printf("%s]\n}\n", lines->names.count ? "\n  " : "");
}

static int show(const struct options *options, const struct config *config, struct lines *lines,
		struct err *err)
{
	struct state_options place = state_options(config);
	struct state *state = state_open_read_only(&place, err);
	int result = -1;

	if (!state)
		return -1;
	if (state_is_hidden(state))
		err_set(err, ERR_USAGE, "%s cannot be read", state_path(state));
	else
		result = read_all(state, config, lines, err);
	if (result == 0 && options->json)
		print_json(config, lines);
	else if (result == 0)
		print_table(state, config, lines);
	state_close(state);
	errno = 0;
	if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		return err_set(err, ERR_IO, "standard output: %s",
			       errno ? strerror(errno) : "cannot be written");
	return result;
}

int command_runs(const struct options *options, const struct config *config)
{
	struct lines lines = { 0 };
	struct err err = { 0 };
	int result = show(options, config, &lines, &err);

	if (result < 0)
		log_error("%s", err.msg);
	for (size_t i = 0; lines.items && i < lines.names.count; i++)
		undo_run_free(lines.items[i].run);
	free(lines.items);
	free(lines.collections);
	string_list_clear(&lines.names);
	return exit_code(&err, (struct exit_facts){ .errors = lines.unreadable });
}
