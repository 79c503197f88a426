/* What comes after this run: the next one, and its undoing. */
#include "html/html.h"
#include "html/sections.h"
#include "html/tags.h"
#include "html/text.h"
#include "inventory/inventory.h"
#include "report/run_json.h"
#include "undo/window.h"
#include "util/date.h"
#include "util/notes.h"

#include <stddef.h>

static void write_refusals(const struct notes *refused, FILE *out)
{
	if (refused->count == 0)
		return;
	fputs("<p>It would refuse to:</p>\n<ul class=\"list\">\n", out);
	for (size_t i = 0; i < refused->count; i++) {
		fputs("<li>", out);
		html_name(out, refused->lines[i]);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

void html_later(const struct html_page *page, FILE *out)
{
	const struct html_next *next = page->next;
	const struct html_tags tags = { .inventory = next->inventory,
					.plan = next->plan,
					.alone = next->inventory->opaque ? NULL : next->alone,
					.caption = "To be deleted in" };
	size_t count = html_tags_count(&tags);

	fputs("<p>If nothing is pushed and no rule is changed until then, a run at ", out);
	html_time(out, next->at);
	fputs(" would delete <strong>", out);
	html_count(out, count, "tag");
	fputs("</strong>.</p>\n", out);
	write_refusals(next->refused, out);
	if (count > 0)
		html_tags_write(&tags, out);
}

bool html_has_undo(const struct html_page *page)
{
	const struct report_undo *undo = &page->report->undo;

	return undo->run && undo->window.able != UNDO_NOTHING && undo->window.able != UNDO_NEVER;
}

void html_undo(const struct html_page *page, FILE *out)
{
	const struct report *report = page->report;
	const struct undo_window *window = &report->undo.window;

	fputs("<pre>clean-registry restore --run ", out);
	html_text(out, report->undo.run);
	fputs("</pre>\n<p>", out);
	if (window->able == UNDO_PARTLY)
		fputs("That puts back only what needs no layer that was collected", out);
	else
		fputs(date_known(report->next_collection)
			      ? "That puts back all that this run deleted"
			      : "That puts back all that this run deleted, until the next "
				"collection",
		      out);
	if (date_known(window->until)) {
		fputs(window->able == UNDO_PARTLY ? ", until " : ", and no later than ", out);
		html_time(out, window->until);
	}
	fputs(". <code>clean-registry runs</code> lists what earlier runs deleted.</p>\n", out);
}
