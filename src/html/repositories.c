/* What each repository holds: the largest first, with bars. */
#include "apply/outcome.h"
#include "forecast/usage.h"
#include "html/html.h"
#include "html/sections.h"
#include "html/text.h"
#include "inventory/inventory.h"
#include "report/run_json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

#define REPOSITORIES_SHOWN 50

bool html_has_repositories(const struct html_page *page)
{
	return page->inventory && page->inventory->repository_count > 0;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? (double)part * 100 / (double)whole : 0;
}

/* WIDEST is as long as the bar can be. */
static void write_bar(const struct space_part *part, uint64_t widest, FILE *out)
{
	if (usage_size(part) == 0)
		return;
	fprintf(out,
		"<span class=\"bar\" aria-hidden=\"true\"><i style=\"width:%.2f%%\"></i>"
		"<i style=\"width:%.2f%%\"></i></span>",
		percent(part->alone, widest), percent(part->shared, widest));
}

/* What an OPAQUE inventory (inventory/inventory.h) does not tell has no cells. */
static void write_numbers(const struct space_part *part, uint64_t all, bool opaque, FILE *out)
{
	fputs("</th>", out);
	html_number_cell(out, part->tags);
	if (!opaque) {
		html_bytes_cell(out, part->shared);
		html_bytes_cell(out, all);
	}
	fputs("</tr>", out);
}

static void write_repository(const struct inventory *inventory, const struct usage *space,
			     size_t place, uint64_t widest, FILE *out)
{
	uint32_t id = space->order[place];

	fputs("<tr><th scope=\"row\">", out);
	html_name(out, inventory->repositories[id].name);
	write_bar(&space->repositories[id], widest, out);
	write_numbers(&space->repositories[id], usage_size(&space->repositories[id]),
		      inventory->opaque, out);
	fputs("\n", out);
}

static void write_rest(const struct inventory *inventory, const struct usage *space,
		       uint64_t widest, FILE *out)
{
	struct space_part rest = usage_rest(inventory, space, REPOSITORIES_SHOWN);

	fputs("<tr><th scope=\"row\">", out);
	html_number(out, inventory->repository_count - REPOSITORIES_SHOWN);
	fputs(" more repositories", out);
	if (usage_size(&rest) <= widest)
		write_bar(&rest, widest, out);
	write_numbers(&rest, usage_size(&rest), inventory->opaque, out);
	fputs("\n", out);
}

static void write_total(const struct usage *space, bool opaque, FILE *out)
{
	fputs("</tbody><tfoot>\n", out);
	if (space->complete) {
		fputs("<tr><th scope=\"row\">Garbage, which nothing refers to</th><td></td><td>"
		      "</td>",
		      out);
		html_bytes_cell(out, space->garbage);
		fputs("</tr>\n", out);
	}
	fputs(opaque ? "<tr><th scope=\"row\">All"
		     : "<tr><th scope=\"row\">All, what is shared counted once",
	      out);
	write_numbers(&space->all, space->bytes, opaque, out);
	fputs("</tfoot></table></div>\n", out);
}

static void begin_table(bool opaque, FILE *out)
{
	html_begin_box(out, "What each repository holds");
	if (opaque)
		fputs("<table><caption>The one with the most tags first; the registry does not "
		      "tell what they take</caption>",
		      out);
	else
		fputs("<table><caption>The largest first. <span class=\"key\"></span>"
		      "held alone <span class=\"key two\"></span>shared with other "
		      "repositories</caption>",
		      out);
	fprintf(out,
		"<thead><tr><th scope=\"col\">Repository</th>"
		"<th scope=\"col\" class=\"n\">Tags</th>%s</tr></thead><tbody>\n",
		opaque ? ""
		       : "<th scope=\"col\" class=\"n\">Shared</th>"
			 "<th scope=\"col\" class=\"n\">In all</th>");
}

static void write_table(const struct inventory *inventory, const struct usage *space, FILE *out)
{
	size_t count = inventory->repository_count;
	uint64_t widest = usage_size(&space->repositories[space->order[0]]);

	begin_table(inventory->opaque, out);
	for (size_t i = 0; i < count && i < REPOSITORIES_SHOWN; i++)
		write_repository(inventory, space, i, widest, out);
	if (count > REPOSITORIES_SHOWN)
		write_rest(inventory, space, widest, out);
	write_total(space, inventory->opaque, out);
}

void html_repositories(const struct html_page *page, FILE *out)
{
	struct usage *space = usage_build(page->inventory);

	if (page->inventory == page->report->inventory && page->report->outcome->tags_deleted > 0)
		fputs("<p>As it was before this run deleted anything.</p>\n", out);
	write_table(page->inventory, space, out);
	if (!space->complete && !page->inventory->opaque)
		fputs("<p class=\"soft\">As the manifests state it; garbage and manifests without "
		      "a tag are not seen through the API.</p>\n",
		      out);
	usage_free(space);
}
