/* Adds up what a plan does to each repository. */
#include "report/plan_table.h"

#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "report/table.h"
#include "util/date.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

#define DATE_WIDTH   10
#define SHARED_NAME  "shared by several"
#define GARBAGE_NAME "garbage"

struct line {
	const char *name;
	size_t tags, going;
	size_t untagged; /* manifests without a tag that go */
	uint64_t freed;
	int64_t oldest, newest; /* of the tags that go, or DATE_ABSENT */
};

struct lines {
	struct line *items;
	size_t count;       /* those that lose something */
	struct line others; /* all that lose nothing together */
	size_t other_count;
	struct line all;
};

static void add_date(struct line *line, int64_t date)
{
	if (!date_known(date))
		return;
	if (!date_known(line->oldest) || date < line->oldest)
		line->oldest = date;
	if (!date_known(line->newest) || date > line->newest)
		line->newest = date;
}

static void add_line(struct line *sum, const struct line *line)
{
	sum->tags += line->tags;
	sum->going += line->going;
	sum->untagged += line->untagged;
	sum->freed += line->freed;
	add_date(sum, line->oldest);
	add_date(sum, line->newest);
}

static struct line line_of(const struct inventory *inventory, const struct plan *plan,
			   const struct forecast *forecast, uint32_t r)
{
	const struct inventory_repository *repository = &inventory->repositories[r];
	struct line line = { .name = repository->name,
			     .tags = repository->tag_count,
			     .freed = forecast->repositories[r].freed,
			     .oldest = DATE_ABSENT,
			     .newest = DATE_ABSENT };

	for (uint32_t t = repository->first_tag; t < repository->first_tag + repository->tag_count;
	     t++) {
		if (!plan->tags[t].goes)
			continue;
		line.going++;
		add_date(&line, plan_age(inventory, plan, t).date);
	}
	for (uint32_t m = repository->first_manifest; m != INVENTORY_NONE;
	     m = inventory->manifests[m].next)
		line.untagged += plan->manifests[m].goes && plan->manifests[m].untagged;
	return line;
}

static int compare_lines(const void *left, const void *right)
{
	const struct line *a = left, *b = right;

	if (a->freed != b->freed)
		return a->freed > b->freed ? -1 : 1;
	if (a->going != b->going)
		return a->going > b->going ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void collect(const struct inventory *inventory, const struct plan *plan,
		    const struct forecast *forecast, struct lines *lines)
{
	static const struct line NOTHING = { .oldest = DATE_ABSENT, .newest = DATE_ABSENT };

	*lines = (struct lines){ .others = NOTHING, .all = NOTHING };
	lines->items = xcalloc(inventory->repository_count + 1, sizeof *lines->items);
	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		struct line line = line_of(inventory, plan, forecast, r);

		add_line(&lines->all, &line);
		if (line.going || line.untagged || line.freed) {
			lines->items[lines->count++] = line;
		} else {
			add_line(&lines->others, &line);
			lines->other_count++;
		}
	}
	lines->all.freed = forecast->bytes;
	qsort(lines->items, lines->count, sizeof *lines->items, compare_lines);
}

static unsigned name_width(const struct lines *lines)
{
	size_t width = sizeof SHARED_NAME - 1; /* the longest of all other names */

	for (size_t i = 0; i < lines->count; i++) {
		if (strlen(lines->items[i].name) > width)
			width = strlen(lines->items[i].name);
	}
	return (unsigned)width;
}

/* How wide the columns of numbers are; what is 0 is left out. */
struct columns {
	unsigned count, untagged, bytes;
};

static void put_date(struct table *table, int64_t date)
{
	char text[TIME_TEXT] = "-";

	if (date_known(date))
		time_utc(date, text);
	text[DATE_WIDTH] = '\0';
	table_text(table, text, DATE_WIDTH);
}

static void put_line(struct table *table, const struct columns *columns, const char *name,
		     const struct line *line)
{
	table_name(table, name);
	table_count(table, line->tags, columns->count);
	table_count(table, line->going, columns->count);
	table_count(table, line->tags - line->going, columns->count);
	if (columns->untagged)
		table_count(table, line->untagged, columns->untagged);
	if (columns->bytes)
		table_bytes(table, line->freed);
	put_date(table, line->oldest);
	put_date(table, line->newest);
	table_end(table);
}

static void put_part(struct table *table, const struct columns *columns, const char *name,
		     uint64_t bytes)
{
	if (bytes == 0)
		return;
	table_name(table, name);
	for (unsigned i = 0; i < 3; i++)
		table_text(table, "", columns->count);
	if (columns->untagged)
		table_text(table, "", columns->untagged);
	table_bytes(table, bytes);
	table_end(table);
}

static void put_heading(struct table *table, const struct columns *columns)
{
	table_bold(table, true);
	table_name(table, "REPOSITORY");
	table_title(table, "TAGS", columns->count);
	table_title(table, "DELETE", columns->count);
	table_title(table, "KEEP", columns->count);
	if (columns->untagged)
		table_title(table, "UNTAGGED", columns->untagged);
	if (columns->bytes)
		table_title(table, "FREED", columns->bytes);
	table_text(table, "OLDEST", DATE_WIDTH);
	table_text(table, "NEWEST", DATE_WIDTH);
	table_bold(table, false);
	table_end(table);
}

static struct columns columns_of(const struct inventory *inventory, const struct line *all)
{
	unsigned digits = table_digits(all->tags);

	return (struct columns){ .count = digits > 6 ? digits : 6,
				 .untagged = all->untagged ? 8 : 0,
				 .bytes = inventory->opaque ? 0 : TABLE_BYTES };
}

/* Of all columns but that of the names, with the blanks before them. */
static unsigned width_of(const struct columns *columns)
{
	unsigned gaps = 5U + (columns->untagged > 0) + (columns->bytes > 0);

	return 3 * columns->count + columns->untagged + columns->bytes + 2 * DATE_WIDTH + 2 * gaps;
}

void plan_table(const struct inventory *inventory, const struct plan *plan,
		const struct forecast *forecast, struct terminal terminal, FILE *out)
{
	char others[sizeof " others" + UNITS_SIZE];
	struct columns columns;
	struct lines lines;
	struct table table;

	collect(inventory, plan, forecast, &lines);
	columns = columns_of(inventory, &lines.all);
	table = table_new(out, terminal, name_width(&lines), width_of(&columns));
	put_heading(&table, &columns);
	for (size_t i = 0; i < lines.count; i++)
		put_line(&table, &columns, lines.items[i].name, &lines.items[i]);
	snprintf(others, sizeof others, "%zu other%s", lines.other_count,
		 units_s(lines.other_count));
	if (lines.other_count)
		put_line(&table, &columns, others, &lines.others);
	table_rule(&table);
	put_part(&table, &columns, SHARED_NAME, forecast->shared);
	put_part(&table, &columns, GARBAGE_NAME, forecast->garbage);
	put_line(&table, &columns, "total", &lines.all);
	free(lines.items);
}
