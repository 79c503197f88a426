/* The table: its cells first, as texts, then what there is room for. */
#include "history/show.h"

#include "history/history.h"
#include "session/exit_code.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

#define NARROW 60 /* columns; below, days are shown without their year */

enum column { BEGAN, COMMAND, OUTCOME, DELETED, KEPT, FREED, STORAGE, TOOK, COLUMNS };

struct row {
	char cells[COLUMNS][UNITS_SIZE];
};

struct table {
	struct row *rows; /* the titles first */
	size_t count;
	size_t widths[COLUMNS]; /* 0: the column is left out */
};

/* One or two words; what they mean stands below the table. */
static const char *outcome(int code)
{
	switch (code) {
	case EXIT_ALL_DONE:
		return "done";
	case EXIT_PARTLY:
		return "in part";
	case EXIT_USAGE:
		return "at fault";
	case EXIT_UNREACHABLE:
		return "not reached";
	case EXIT_COLLECTOR:
		return "collector";
	case EXIT_BUSY:
		return "busy";
	case EXIT_SAFETY:
		return "refused";
	case EXIT_INTERNAL:
		return "internal";
	default:
		return "stopped";
	}
}

static void put_number(char cell[UNITS_SIZE], uint64_t number)
{
	if (number == HISTORY_UNKNOWN)
		snprintf(cell, UNITS_SIZE, "-");
	else
		snprintf(cell, UNITS_SIZE, "%" PRIu64, number);
}

static void put_bytes(char cell[UNITS_SIZE], uint64_t bytes)
{
	if (bytes == HISTORY_UNKNOWN)
		snprintf(cell, UNITS_SIZE, "-");
	else
		units_bytes(bytes, cell);
}

/* "2026-01-31 23:59", or without the year. */
static void put_time(char cell[UNITS_SIZE], int64_t seconds, bool narrow)
{
	char text[TIME_TEXT];

	time_local(seconds, text);
	if (text[0] == '@')
		snprintf(cell, UNITS_SIZE, "%.20s", text);
	else
		snprintf(cell, UNITS_SIZE, "%.*s", narrow ? 11 : 16, text + (narrow ? 5 : 0));
}

static void fill_row(struct row *row, const struct history_entry *entry, bool narrow)
{
	put_time(row->cells[BEGAN], entry->started_at, narrow);
	snprintf(row->cells[COMMAND], UNITS_SIZE, "%s", entry->command);
	snprintf(row->cells[OUTCOME], UNITS_SIZE, "%s", outcome(entry->exit_code));
	put_number(row->cells[DELETED], entry->tags_deleted);
	put_number(row->cells[KEPT], entry->tags_kept);
	put_bytes(row->cells[FREED], entry->bytes_freed);
	put_bytes(row->cells[STORAGE], entry->storage_bytes);
	if (entry->duration_ms == HISTORY_UNKNOWN)
		snprintf(row->cells[TOOK], UNITS_SIZE, "-");
	else
		units_duration((double)entry->duration_ms / 1000, row->cells[TOOK]);
}

static size_t width_of(const struct table *table)
{
	size_t width = 0;

	for (size_t c = 0; c < COLUMNS; c++)
		width += table->widths[c] ? table->widths[c] + (width ? 2 : 0) : 0;
	return width;
}

/* The last column of the terminal stays free. */
static void fit(struct table *table, unsigned width)
{
	static const enum column LEAST_FIRST[] = { TOOK, COMMAND, KEPT, STORAGE, DELETED };

	for (size_t i = 0; i < sizeof LEAST_FIRST / sizeof *LEAST_FIRST; i++)
		if (width > 0 && width_of(table) >= width)
			table->widths[LEAST_FIRST[i]] = 0;
}

static void fill(struct table *table, const struct history_view *view)
{
	static const struct row TITLES = { { "BEGAN", "COMMAND", "OUTCOME", "DELETED", "KEPT",
					     "FREED", "STORAGE", "TOOK" } };
	bool narrow = view->width > 0 && view->width < NARROW;

	table->count = view->history->count - view->first + 1;
	table->rows = xcalloc(table->count, sizeof *table->rows);
	table->rows[0] = TITLES;
	for (size_t i = 1; i < table->count; i++)
		fill_row(&table->rows[i], &view->history->entries[view->first + i - 1], narrow);
	for (size_t i = 0; i < table->count; i++) {
		for (size_t c = 0; c < COLUMNS; c++) {
			size_t length = strlen(table->rows[i].cells[c]);

			if (length > table->widths[c])
				table->widths[c] = length;
		}
	}
}

/* Words stand to the left, numbers to the right; no line ends with blanks. */
static void put_row(const struct table *table, const struct row *row, FILE *out)
{
	size_t spaces = 0;

	for (size_t c = 0; c < COLUMNS; c++) {
		const char *cell = row->cells[c];
		size_t rest = table->widths[c] - strlen(cell);

		if (table->widths[c] == 0)
			continue;
		if (c >= DELETED)
			fprintf(out, "%*s%s", (int)(spaces + rest), "", cell);
		else
			fprintf(out, "%*s%s", (int)spaces, "", cell);
		spaces = 2 + (c >= DELETED ? 0 : rest);
	}
	putc('\n', out);
}

/* What the exit codes mean of which there was at least one. */
static void put_meanings(const struct history_view *view, FILE *out)
{
	bool told[256] = { [EXIT_ALL_DONE] = true };

	for (size_t i = view->first; i < view->history->count; i++) {
		int code = view->history->entries[i].exit_code;

		if (told[code & 255])
			continue;
		told[code & 255] = true;
		fprintf(out, "%s: exit code %d, %s\n", outcome(code), code, exit_code_words(code));
	}
}

void history_table(const struct history_view *view, FILE *out)
{
	struct table table = { 0 };

	fill(&table, view);
	fit(&table, view->width);
	for (size_t i = 0; i < table.count; i++)
		put_row(&table, &table.rows[i], out);
	put_meanings(view, out);
	free(table.rows);
}
