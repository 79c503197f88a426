/* One pass counts, a second one writes: no list of the tags is made. */
#include "html/tags.h"

#include "apply/outcome.h"
#include "html/share.h"
#include "html/text.h"
#include "html/why.h"
#include "inventory/inventory.h"
#include "inventory/order.h"
#include "plan/plan.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

#define OPEN_ROWS 60 /* so few rows in all are not folded */

/* Tags counted under their first reason; the last place is for those without one. */
struct reasons {
	size_t by_bit[PLAN_REASONS + 1];
};

struct list {
	const struct html_tags *tags;
	uint32_t *order; /* all tags, by repository and name */
	size_t *counts;  /* of each repository that has some of the list, in that order */
	size_t groups;
	size_t each; /* rows that each of them may have */
	bool open;
	FILE *out;
};

static bool is_meant(const struct html_tags *tags, uint32_t tag)
{
	return tags->status ? tags->wanted >> tags->status[tag] & 1 : tags->plan->tags[tag].goes;
}

size_t html_tags_count(const struct html_tags *tags)
{
	size_t count = 0;

	for (uint32_t t = 0; t < tags->inventory->tag_count; t++)
		count += is_meant(tags, t);
	return count;
}

static void note_reason(const struct html_tags *tags, uint32_t tag, struct reasons *reasons)
{
	reasons->by_bit[html_why_counted(tags->plan->tags[tag].reasons)]++;
}

static void write_reasons(const struct reasons *reasons, FILE *out)
{
	const char *separator = "";

	for (unsigned bit = 0; bit <= PLAN_REASONS; bit++) {
		if (reasons->by_bit[bit] == 0)
			continue;
		fputs(separator, out);
		html_number(out, reasons->by_bit[bit]);
		fprintf(out, " %s", html_why_words(bit));
		separator = "; ";
	}
}

/* Why a tag that was to go is still there. */
static const char *fate_of(uint8_t status)
{
	static const char *const FATES[] = {
		[TAG_KEPT] = "",
		[TAG_PLANNED] = "left for the next run; ",
		[TAG_DELETED] = "",
		[TAG_FAILED] = "could not be deleted; ",
		[TAG_CHANGED] = "changed since it was planned; ",
	};

	return FATES[status];
}

/* When it was created; with an API that tells pushes alone, when it was pushed. */
static int64_t date_of(const struct html_tags *tags, uint32_t tag)
{
	const struct inventory_tag *entry = &tags->inventory->tags[tag];

	if (tags->inventory->opaque)
		return entry->pushed;
	return entry->manifest == INVENTORY_NONE ? DATE_ABSENT
						 : tags->plan->manifests[entry->manifest].created;
}

static void write_row(const struct list *list, uint32_t tag)
{
	const struct html_tags *tags = list->tags;

	fputs("<tr><th scope=\"row\">", list->out);
	html_code(list->out, tags->inventory->tags[tag].name);
	fputs("</th><td class=\"why\">", list->out);
	if (tags->tells_fate)
		fputs(fate_of(tags->status[tag]), list->out);
	html_why(tags->inventory, tags->plan, tag, list->out);
	fputs("</td><td class=\"d\">", list->out);
	html_day(list->out, date_of(tags, tag));
	if (tags->alone) {
		fputs("</td><td class=\"n\">", list->out);
		html_bytes(list->out, tags->alone[tag]);
	}
	fputs("</td></tr>\n", list->out);
}

static void begin_table(const struct list *list, const char *repository)
{
	html_begin_box(list->out, repository);
	fprintf(list->out, "<table class=\"tags\"><caption>%s ", list->tags->caption);
	html_name(list->out, repository);
	fprintf(list->out,
		"</caption><thead><tr><th scope=\"col\">Tag</th><th scope=\"col\">Why</th>"
		"<th scope=\"col\">%s</th>%s</tr></thead><tbody>\n",
		list->tags->inventory->opaque ? "Pushed" : "Created",
		list->tags->alone ? "<th scope=\"col\" class=\"n\">Held alone</th>" : "");
}

static void begin_group(const struct list *list, const char *repository, size_t count)
{
	fprintf(list->out, "<details%s><summary>", list->open ? " open" : "");
	html_name(list->out, repository);
	fputs(" <span class=\"many\">", list->out);
	html_count(list->out, count, "tag");
	fputs("</span></summary>\n", list->out);
	if (list->each > 0)
		begin_table(list, repository);
}

static void end_group(const struct list *list, size_t left, const struct reasons *reasons)
{
	if (list->each > 0)
		fputs("</tbody></table></div>\n", list->out);
	if (left > 0) {
		fputs(list->each > 0 ? "<p>And " : "<p>", list->out);
		html_number(list->out, left);
		fputs(list->each > 0 ? " more, not shown: " : " tags, not shown: ", list->out);
		write_reasons(reasons, list->out);
		fputs(".</p>\n", list->out);
	}
	fputs("</details>\n", list->out);
}

static uint32_t repository_at(const struct list *list, size_t place)
{
	return list->tags->inventory->tags[list->order[place]].repository;
}

/* Where the tags of the repository at FROM end. */
static size_t end_of(const struct list *list, size_t from)
{
	size_t to = from;

	while (to < list->tags->inventory->tag_count &&
	       repository_at(list, to) == repository_at(list, from))
		to++;
	return to;
}

static void write_group(const struct list *list, size_t from, size_t to, size_t count)
{
	const struct html_tags *tags = list->tags;
	struct reasons left = { 0 };
	size_t shown = 0;

	begin_group(list, tags->inventory->repositories[repository_at(list, from)].name, count);
	for (size_t i = from; i < to; i++) {
		if (!is_meant(tags, list->order[i]))
			continue;
		if (shown++ < list->each)
			write_row(list, list->order[i]);
		else
			note_reason(tags, list->order[i], &left);
	}
	end_group(list, count > list->each ? count - list->each : 0, &left);
}

static size_t count_between(const struct list *list, size_t from, size_t to)
{
	size_t count = 0;

	for (size_t i = from; i < to; i++)
		count += is_meant(list->tags, list->order[i]);
	return count;
}

/* The repositories that are too many to be named. */
static void write_others(const struct list *list, size_t from)
{
	struct reasons reasons = { 0 };
	size_t count = 0;

	for (size_t i = from; i < list->tags->inventory->tag_count; i++) {
		if (!is_meant(list->tags, list->order[i]))
			continue;
		note_reason(list->tags, list->order[i], &reasons);
		count++;
	}
	fputs("<p>In ", list->out);
	html_number(list->out, list->groups - HTML_TAGS_GROUPS);
	fputs(" more repositories, not shown: ", list->out);
	html_count(list->out, count, "tag");
	fputs(": ", list->out);
	write_reasons(&reasons, list->out);
	fputs(".</p>\n", list->out);
}

static void count_groups(struct list *list)
{
	size_t all = list->tags->inventory->tag_count;

	list->counts = xcalloc(list->tags->inventory->repository_count + 1, sizeof *list->counts);
	for (size_t from = 0, to; from < all; from = to) {
		to = end_of(list, from);
		list->counts[list->groups] = count_between(list, from, to);
		list->groups += list->counts[list->groups] > 0;
	}
}

static void write_groups(const struct list *list)
{
	size_t all = list->tags->inventory->tag_count, named = 0;

	for (size_t from = 0, to; from < all && named < list->groups; from = to) {
		to = end_of(list, from);
		if (named == HTML_TAGS_GROUPS) {
			write_others(list, from);
			return;
		}
		if (count_between(list, from, to) > 0) {
			write_group(list, from, to, list->counts[named]);
			named++;
		}
	}
}

void html_tags_write(const struct html_tags *tags, FILE *out)
{
	CLEANUP(free_p) uint32_t *order = inventory_order_tags(tags->inventory);
	struct list list = { .tags = tags, .order = order, .out = out };
	size_t named;

	count_groups(&list);
	named = list.groups < HTML_TAGS_GROUPS ? list.groups : HTML_TAGS_GROUPS;
	list.each = html_share(list.counts, named, HTML_TAGS_ROWS);
	list.open = html_tags_count(tags) <= OPEN_ROWS;
	write_groups(&list);
	free(list.counts);
}
