/* A table of repositories whose column ALONE adds up, and a bar for each line. */
#include "report/usage_text.h"

#include "forecast/usage.h"
#include "inventory/inventory.h"
#include "report/table.h"
#include "report/usage_notes.h"
#include "util/units.h"

#include <inttypes.h>
#include <string.h>

#define SHARED_NAME  "shared by several"
#define GARBAGE_NAME "garbage"
#define TOTAL_NAME   "total"

static unsigned widest(unsigned a, size_t b)
{
	return a > b ? a : (unsigned)b;
}

static const char *ies(uint64_t count)
{
	return count == 1 ? "y" : "ies";
}

/* Widths of the columns of numbers. */
struct columns {
	unsigned tags, manifests, untagged;
};

static struct columns columns_of(const struct space_part *all)
{
	return (struct columns){
		.tags = widest(sizeof "TAGS" - 1, table_digits(all->tags)),
		.manifests = widest(sizeof "MANIFESTS" - 1, table_digits(all->manifests)),
		.untagged = widest(sizeof "UNTAGGED" - 1, table_digits(all->untagged))
	};
}

/* Width of all columns but the name. */
static unsigned others(const struct columns *columns)
{
	return columns->tags + columns->manifests + columns->untagged + 2 * TABLE_BYTES + 5 * 2;
}

static unsigned name_width(const struct space_view *view)
{
	const struct inventory *inventory = view->inventory;
	unsigned width = sizeof SHARED_NAME - 1;
	size_t lines = space_view_lines(view, inventory->repository_count);

	for (size_t i = 0; i < lines; i++) {
		uint32_t repository = view->space->order[i];

		width = widest(width, strlen(inventory->repositories[repository].name));
	}
	return width;
}

static uint64_t largest(const struct usage *space, const struct space_part *rest, size_t lines)
{
	uint64_t most = usage_size(rest);

	if (lines > 0 && usage_size(&space->repositories[space->order[0]]) > most)
		most = usage_size(&space->repositories[space->order[0]]);
	if (space->all.shared > most)
		most = space->all.shared;
	return space->garbage > most ? space->garbage : most;
}

static void put_heading(struct table *table, const struct columns *columns)
{
	table_bold(table, true);
	table_name(table, "REPOSITORY");
	table_title(table, "TAGS", columns->tags);
	table_title(table, "MANIFESTS", columns->manifests);
	table_title(table, "UNTAGGED", columns->untagged);
	table_title(table, "ALONE", TABLE_BYTES);
	table_title(table, "SHARED", TABLE_BYTES);
	table_legend(table, "alone", "shared");
	table_bold(table, false);
	table_end(table);
}

static void put_counts(struct table *table, const struct space_view *view,
		       const struct columns *columns, const struct space_part *part)
{
	table_count(table, part->tags, columns->tags);
	table_count(table, part->manifests, columns->manifests);
	table_count(table, view->space->complete ? part->untagged : TABLE_UNKNOWN,
		    columns->untagged);
}

static void put_part(struct table *table, const struct space_view *view,
		     const struct columns *columns, const char *name, const struct space_part *part)
{
	table_name(table, name);
	put_counts(table, view, columns, part);
	table_bytes(table, part->alone);
	table_bytes(table, part->shared);
	table_bar(table, part->alone, part->shared);
	table_end(table);
}

/* A line of the sum: only the column ALONE has something. */
static void put_sum(struct table *table, const struct columns *columns, const char *name,
		    uint64_t bytes)
{
	table_name(table, name);
	table_text(table, "", columns->tags);
	table_text(table, "", columns->manifests);
	table_text(table, "", columns->untagged);
	table_bytes(table, bytes);
	table_text(table, "", TABLE_BYTES);
}

static void put_sums(struct table *table, const struct space_view *view,
		     const struct columns *columns)
{
	const struct usage *space = view->space;

	table_rule(table);
	put_sum(table, columns, SHARED_NAME, space->all.shared);
	table_bar(table, 0, space->all.shared);
	table_end(table);
	put_sum(table, columns, GARBAGE_NAME, space->complete ? space->garbage : TABLE_UNKNOWN);
	table_bar(table, space->garbage, 0);
	table_end(table);
	table_bold(table, true);
	table_name(table, TOTAL_NAME);
	put_counts(table, view, columns, &space->all);
	table_bytes(table, space->bytes);
	table_bold(table, false);
	table_end(table);
}

void usage_text(const struct space_view *view, struct terminal terminal, FILE *out)
{
	const struct inventory *inventory = view->inventory;
	const struct usage *space = view->space;
	struct columns columns = columns_of(&space->all);
	struct table table = table_new(out, terminal, name_width(view), others(&columns));
	size_t count = inventory->repository_count, lines = space_view_lines(view, count);
	struct space_part rest = { 0 };
	char name[UNITS_SIZE + sizeof "others"];

	if (lines < count)
		rest = usage_rest(inventory, space, lines);
	table.largest = largest(space, &rest, lines);
	fprintf(out, "%s: %zu repositor%s, %" PRIu32 " tag%s, %" PRIu32 " manifest%s\n\n",
		view->registry, count, ies(count), space->all.tags, units_s(space->all.tags),
		space->all.manifests, units_s(space->all.manifests));
	put_heading(&table, &columns);
	for (size_t i = 0; i < lines; i++)
		put_part(&table, view, &columns, inventory->repositories[space->order[i]].name,
			 &space->repositories[space->order[i]]);
	if (lines < count) {
		snprintf(name, sizeof name, "%zu other%s", count - lines, units_s(count - lines));
		put_part(&table, view, &columns, name, &rest);
	}
	put_sums(&table, view, &columns);
	putc('\n', out);
	usage_notes(view, out);
}
