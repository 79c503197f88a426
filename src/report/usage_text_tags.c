/* A table of one repository's tags, and a bar for each line. */
#include "report/usage_text.h"

#include "forecast/usage_tags.h"
#include "inventory/inventory.h"
#include "report/table.h"
#include "report/usage_notes.h"
#include "util/date.h"
#include "util/time.h"
#include "util/units.h"

#include <inttypes.h>
#include <string.h>

#define NAME_LEAST   (sizeof "1000000 others" - 1)
#define DATE_WIDTH   10 /* "2026-01-31" */
#define DIGEST_SHORT 12 /* hex digits that a terminal gets */
#define DIGEST_LONG  (sizeof "sha256:" - 1 + 64)

static unsigned digest_width(struct terminal terminal)
{
	return terminal.width ? DIGEST_SHORT : DIGEST_LONG;
}

static struct table new_table(const struct space_view *view, struct terminal terminal, FILE *out)
{
	size_t width = NAME_LEAST;

	for (size_t i = 0; i < space_view_lines(view, view->tags->count); i++) {
		size_t length = strlen(view->inventory->tags[view->tags->items[i].tag].name);

		width = length > width ? length : width;
	}
	return table_new(out, terminal, (unsigned)width,
			 2 * TABLE_BYTES + 2 * DATE_WIDTH + digest_width(terminal) + 5 * 2);
}

static void put_heading(struct table *table)
{
	table_bold(table, true);
	table_name(table, "TAG");
	table_title(table, "SIZE", TABLE_BYTES);
	table_title(table, "ALONE", TABLE_BYTES);
	table_text(table, "CREATED", DATE_WIDTH);
	table_text(table, "PUSHED", DATE_WIDTH);
	table_text(table, "DIGEST", digest_width(table->terminal));
	table_legend(table, "alone", "rest");
	table_bold(table, false);
	table_end(table);
}

static void put_date(struct table *table, int64_t date)
{
	char text[TIME_TEXT] = "-";

	if (date_known(date)) {
		time_utc(date, text);
		text[DATE_WIDTH] = '\0';
	}
	table_text(table, text, DATE_WIDTH);
}

static void put_digest(struct table *table, const char *digest)
{
	char text[DIGEST_SHORT + 1];

	if (table->terminal.width == 0) {
		table_text(table, digest, DIGEST_LONG);
		return;
	}
	snprintf(text, sizeof text, "%s", strchr(digest, ':') + 1);
	table_text(table, text, DIGEST_SHORT);
}

static void put_tag(struct table *table, const struct space_view *view, const struct space_tag *tag)
{
	const struct inventory *inventory = view->inventory;
	const struct inventory_tag *entry = &inventory->tags[tag->tag];
	uint64_t dark = tag->exclusive < tag->bytes ? tag->exclusive : tag->bytes;

	table_name(table, entry->name);
	if (entry->manifest == INVENTORY_NONE) {
		table_bytes(table, TABLE_UNKNOWN);
		table_bytes(table, TABLE_UNKNOWN);
	} else {
		table_bytes(table, tag->bytes);
		table_bytes(table, tag->exclusive);
	}
	put_date(table, tag->created);
	put_date(table, entry->pushed);
	if (entry->manifest == INVENTORY_NONE)
		table_text(table, "-", digest_width(table->terminal));
	else
		put_digest(table, inventory_digest(inventory, entry->manifest));
	table_bar(table, dark, tag->bytes - dark);
	table_end(table);
}

static void put_sum(struct table *table, const char *name, uint64_t bytes)
{
	table_name(table, name);
	table_bytes(table, bytes);
	table_end(table);
}

void usage_text_tags(const struct space_view *view, struct terminal terminal, FILE *out)
{
	const struct usage_tags *tags = view->tags;
	struct table table = new_table(view, terminal, out);
	size_t lines = space_view_lines(view, tags->count);
	char name[UNITS_SIZE + sizeof "others"];

	table.largest = tags->count > 0 ? tags->items[0].bytes : 0;
	fprintf(out, "%s, repository %s: %zu tag%s\n\n", view->registry,
		view->inventory->repositories[view->repository].name, tags->count,
		units_s(tags->count));
	put_heading(&table);
	for (size_t i = 0; i < lines; i++)
		put_tag(&table, view, &tags->items[i]);
	if (lines < tags->count) {
		snprintf(name, sizeof name, "%zu other%s", tags->count - lines,
			 units_s(tags->count - lines));
		put_sum(&table, name, usage_tags_rest(view->inventory, tags, lines));
	}
	table_rule(&table);
	table_bold(&table, true);
	put_sum(&table, "total", tags->bytes);
	table_bold(&table, false);
	putc('\n', out);
	usage_notes(view, out);
}
