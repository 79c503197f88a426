/* Columns of blocks, four lines high, with the largest and the smallest value beside them. */
#include "history/show.h"

#include "history/history.h"
#include "history/series.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

#define USUAL_WIDTH 80
#define LEAST       8 /* columns of a plot, however narrow the terminal */
#define LABEL       9 /* columns of the longest: "1023 GiB", a number of tags */
#define LINES       4
#define EIGHTHS     8 /* of a line */
#define LEVELS      ((unsigned)LINES * EIGHTHS)
#define DAY         86400.0

struct plot {
	const char *title;
	const char *(*text)(uint64_t value, char text[UNITS_SIZE]);
	const uint64_t *values;
	size_t columns;
	uint64_t bottom, top; /* the values of the lowest and the highest level */
};

static uint64_t freed_by(const struct history_entry *entry)
{
	return entry->bytes_freed;
}

static uint64_t held_after(const struct history_entry *entry)
{
	return entry->storage_bytes;
}

static uint64_t images_of(const struct history_entry *entry)
{
	return entry->image_bytes;
}

static uint64_t tags_after(const struct history_entry *entry)
{
	if (entry->tags == HISTORY_UNKNOWN || entry->tags_deleted == HISTORY_UNKNOWN ||
	    entry->tags_deleted > entry->tags)
		return entry->tags;
	return entry->tags - entry->tags_deleted;
}

static const char *number(uint64_t value, char text[UNITS_SIZE])
{
	snprintf(text, UNITS_SIZE, "%" PRIu64, value);
	return text;
}

/* What stays much the same is drawn from its smallest value on, all else from zero. */
static void find_ends(struct plot *plot)
{
	uint64_t smallest = HISTORY_UNKNOWN;

	plot->top = 0;
	for (size_t c = 0; c < plot->columns; c++) {
		uint64_t value = plot->values[c];

		if (value == HISTORY_UNKNOWN)
			continue;
		if (value < smallest)
			smallest = value;
		if (value > plot->top)
			plot->top = value;
	}
	plot->bottom = smallest < plot->top && smallest > plot->top / 2 ? smallest : 0;
}

/* From 1 to LEVELS; 0: it is not known. What is known is seen, also where it is zero. */
static unsigned level_of(const struct plot *plot, uint64_t value)
{
	double share;

	if (value == HISTORY_UNKNOWN)
		return 0;
	if (plot->top == plot->bottom)
		return 1;
	share = (double)(value - plot->bottom) / (double)(plot->top - plot->bottom);
	return 1 + (unsigned)(share * (LEVELS - 1) + 0.5);
}

/* What a column of LEVEL shows in LINE, the lowest of which is 0; NULL: nothing. */
static const char *block(unsigned level, unsigned line, bool utf8)
{
	static const char *const BLOCKS[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ASCII[] = { ".", ".", ".", ":", ":", ":", "#", "#" };
	unsigned below = line * EIGHTHS, filled = level > below ? level - below : 0;

	if (filled == 0)
		return NULL;
	if (filled > EIGHTHS)
		filled = EIGHTHS;
	return utf8 ? BLOCKS[filled - 1] : ASCII[filled - 1];
}

static void put_line(const struct plot *plot, unsigned line, bool utf8, FILE *out)
{
	char text[UNITS_SIZE];
	const char *label = line == LINES - 1 ? plot->text(plot->top, text)
			    : line == 0       ? plot->text(plot->bottom, text)
					      : "";
	unsigned spaces = 0;

	fprintf(out, "%*s %s", LABEL, label, utf8 ? "│" : "|");
	for (size_t c = 0; c < plot->columns; c++) {
		const char *shown = block(level_of(plot, plot->values[c]), line, utf8);

		if (shown)
			fprintf(out, "%*s%s", (int)spaces, "", shown);
		spaces = shown ? 0 : spaces + 1;
	}
	putc('\n', out);
}

static void put_plot(const struct plot *plot, bool utf8, FILE *out)
{
	fprintf(out, "%s\n", plot->title);
	for (unsigned line = LINES; line-- > 0;)
		put_line(plot, line, utf8, out);
}

/* "1 day", "6 h", "20 min" */
static const char *step_text(double seconds, char text[UNITS_SIZE])
{
	if (seconds >= DAY * 0.95)
		snprintf(text, UNITS_SIZE, "%.2g day%s", seconds / DAY,
			 seconds < DAY * 1.05 ? "" : "s");
	else if (seconds >= 3420)
		snprintf(text, UNITS_SIZE, "%.2g h", seconds / 3600);
	else
		units_duration(seconds, text);
	return text;
}

/* The first and the last day below the columns, and what they are. */
static void put_axis(const struct history_timeline *timeline, FILE *out)
{
	char first[TIME_TEXT], last[TIME_TEXT], step[UNITS_SIZE];
	int room = (int)timeline->columns - 10;

	time_local(timeline->first, first);
	time_local(timeline->last, last);
	fprintf(out, "%*s  %.10s%*s%.10s\n", LABEL, "", first, room > 12 ? room - 10 : 2, "", last);
	fprintf(out, "A column is %s%s; none: not known.\n",
		timeline->step < DAY * 0.95 ? "" : "about ", step_text(timeline->step, step));
}

void history_plot(const struct history_view *view, FILE *out)
{
	static const struct {
		const char *title;
		uint64_t (*value)(const struct history_entry *entry);
		enum history_fold fold;
		const char *(*text)(uint64_t value, char text[UNITS_SIZE]);
	} PLOTS[] = {
		{ "Freed", freed_by, HISTORY_SUM, units_bytes },
		{ "Size of the storage", held_after, HISTORY_LAST, units_bytes },
		{ "Size of the images, as they state it", images_of, HISTORY_LAST, units_bytes },
		{ "Tags", tags_after, HISTORY_LAST, number },
	};
	unsigned width = view->width ? view->width : USUAL_WIDTH;
	size_t most = width > LABEL + 3 + LEAST ? width - LABEL - 3 : LEAST;
	struct history_timeline timeline = history_timeline(view->history, view->now, most);
	CLEANUP(free_p) uint64_t *values = xcalloc(timeline.columns + 1, sizeof *values);
	bool plotted = false;

	for (size_t p = 0; p < sizeof PLOTS / sizeof *PLOTS; p++) {
		struct plot plot = {
			PLOTS[p].title, PLOTS[p].text, values, timeline.columns, 0, 0
		};

		if (history_series(view->history, &timeline, PLOTS[p].value, PLOTS[p].fold,
				   view->now, values) < 2)
			continue;
		putc('\n', out);
		find_ends(&plot);
		put_plot(&plot, view->utf8, out);
		plotted = true;
	}
	if (plotted)
		put_axis(&timeline, out);
}
