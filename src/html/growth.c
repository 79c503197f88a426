/* How the storage grew: a line over time, and the same as a table. */
#include "html/html.h"
#include "html/sections.h"
#include "html/text.h"
#include "session/exit_code.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

#define POINTS_SHOWN 366
#define ROWS_SHOWN   30
#define WIDTH        1000 /* of the drawing, which is stretched to the page */
#define HEIGHT       300

/* The runs whose storage is known. */
struct line {
	struct html_point *points;
	size_t count;
	uint64_t top; /* what the upper edge stands for */
};

static void add_point(struct line *line, const struct html_point *point)
{
	if (point->storage_bytes != HTML_UNKNOWN)
		line->points[line->count++] = *point;
}

/* The first round number times a power of 1024 that is no less than MOST. */
static uint64_t round_up(uint64_t most)
{
	static const uint64_t STEPS[] = { 1,  2,  3,  4,   6,   8,   10,  15,  20,  30,
					  40, 60, 80, 100, 150, 200, 300, 400, 600, 800 };
	uint64_t unit = 1;

	while (most / unit >= 1000 && unit < UINT64_C(1) << 50)
		unit *= 1024;
	for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
		if (STEPS[i] * unit >= most)
			return STEPS[i] * unit;
	}
	return 1000 * unit < most ? most : 1000 * unit;
}

/* The last runs of PAGE; the caller frees its points. */
static struct line line_of(const struct html_page *page)
{
	size_t first = page->point_count > POINTS_SHOWN ? page->point_count - POINTS_SHOWN : 0;
	struct line line = { .points = xcalloc(POINTS_SHOWN, sizeof *line.points) };
	uint64_t most = 1;

	for (size_t i = first; i < page->point_count; i++)
		add_point(&line, &page->points[i]);
	for (size_t i = 0; i < line.count; i++) {
		if (line.points[i].storage_bytes > most)
			most = line.points[i].storage_bytes;
	}
	line.top = round_up(most);
	return line;
}

static int64_t first_at(const struct line *line)
{
	return line->points[0].at;
}

static int64_t last_at(const struct line *line)
{
	return line->points[line->count - 1].at;
}

/* A clock that was put back makes no line run backwards out of the drawing. */
static double x_of(const struct line *line, size_t point)
{
	double span = (double)(last_at(line) - first_at(line));
	double since = (double)(line->points[point].at - first_at(line));

	if (span <= 0)
		return (double)point * WIDTH / (double)(line->count - 1);
	return since < 0 ? 0 : (since > span ? WIDTH : since * WIDTH / span);
}

static double y_of(const struct line *line, size_t point)
{
	return HEIGHT - (double)line->points[point].storage_bytes * HEIGHT / (double)line->top;
}

static void write_line(const struct line *line, FILE *out)
{
	for (size_t i = 0; i < line->count; i++)
		fprintf(out, "%s%.1f %.1f", i ? "L" : "M", x_of(line, i), y_of(line, i));
}

static void write_dots(const struct line *line, FILE *out)
{
	for (size_t i = 0; i < line->count; i++) {
		fprintf(out, "<path class=\"dot\" d=\"M%.1f %.1fh.01\"><title>", x_of(line, i),
			y_of(line, i));
		html_bytes(out, line->points[i].storage_bytes);
		fputs("</title></path>\n", out);
	}
}

/* What the drawing shows, in a sentence. */
static void write_alternative(const struct line *line, FILE *out)
{
	fputs("Storage after each of ", out);
	html_number(out, line->count);
	fputs(" runs: from ", out);
	html_bytes(out, line->points[0].storage_bytes);
	fputs(" to ", out);
	html_bytes(out, line->points[line->count - 1].storage_bytes);
}

static void write_drawing(const struct line *line, FILE *out)
{
	fputs("<figure><figcaption>", out);
	write_alternative(line, out);
	fputs("</figcaption>\n<div class=\"plot\"><div class=\"y\"><span>", out);
	html_bytes(out, line->top);
	fputs("</span><span>", out);
	html_bytes(out, line->top / 2);
	fprintf(out,
		"</span><span>0</span></div>\n<svg viewBox=\"0 0 %d %d\" "
		"preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
		WIDTH, HEIGHT);
	write_alternative(line, out);
	fprintf(out, "\">\n<path class=\"grid\" d=\"M0 0H%dM0 %dH%dM0 %dH%d\"/>\n", WIDTH,
		HEIGHT / 2, WIDTH, HEIGHT, WIDTH);
	fputs("<path class=\"area\" d=\"", out);
	write_line(line, out);
	fprintf(out, "V%dH0Z\"/>\n<path class=\"line\" d=\"", HEIGHT);
	write_line(line, out);
	fputs("\"/>\n", out);
	if (line->count <= 60)
		write_dots(line, out);
	fputs("</svg>\n<div class=\"x\"><span>", out);
	html_day(out, first_at(line));
	fputs("</span><span>", out);
	html_day(out, last_at(line));
	fputs("</span></div></div></figure>\n", out);
}

static void write_row(const struct html_point *point, FILE *out)
{
	fputs("<tr><th scope=\"row\" class=\"d\">", out);
	html_time(out, point->at);
	fputs("</th>", out);
	html_bytes_cell(out, point->storage_bytes);
	html_bytes_cell(out, point->freed_bytes);
	fprintf(out, "<td>%s</td></tr>\n", exit_code_words(point->exit_code));
}

static void write_table(const struct line *line, FILE *out)
{
	size_t rows = line->count < ROWS_SHOWN ? line->count : ROWS_SHOWN;

	fputs("<details><summary>The same as a table</summary>\n", out);
	html_begin_box(out, "The storage after each run");
	fprintf(out,
		"<table><caption>The last %zu runs, the newest first</caption><thead><tr>"
		"<th scope=\"col\">Ended</th><th scope=\"col\" class=\"n\">Storage</th>"
		"<th scope=\"col\" class=\"n\">Freed</th>"
		"<th scope=\"col\">Outcome</th></tr></thead><tbody>\n",
		rows);
	for (size_t i = 0; i < rows; i++)
		write_row(&line->points[line->count - 1 - i], out);
	fputs("</tbody></table></div></details>\n", out);
}

void html_growth(const struct html_page *page, FILE *out)
{
	struct line line = line_of(page);

	if (line.count < 2) {
		fputs("<p>The storage was not measured in two runs yet: a line begins with the "
		      "second.</p>\n",
		      out);
	} else {
		write_drawing(&line, out);
		write_table(&line, out);
	}
	free(line.points);
}
