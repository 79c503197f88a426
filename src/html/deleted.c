/* What a run deleted, or would, and what it left although it was to go. */
#include "apply/outcome.h"
#include "forecast/forecast.h"
#include "html/html.h"
#include "html/sections.h"
#include "html/tags.h"
#include "html/text.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "report/run_json.h"
#include "report/space.h"

#include <stddef.h>
#include <string.h>

#define UNTAGGED_SHOWN     200
#define REPOSITORIES_SHOWN 200

#define BIT(status) (1U << (status))

static struct html_tags list_of(const struct report *report, unsigned wanted, const char *caption)
{
	bool sized = report->forecast && report_knows_space(report);

	return (struct html_tags){ .inventory = report->inventory,
				   .plan = report->plan,
				   .alone = sized ? report->forecast->tags : NULL,
				   .status = report->outcome->tags,
				   .wanted = wanted,
				   .caption = caption };
}

/* A manifest without a tag that was, or would be, deleted for that. */
static bool is_untagged(const struct report *report, uint32_t manifest)
{
	const struct plan_manifest *decision = &report->plan->manifests[manifest];

	return decision->untagged && decision->goes &&
	       (report->dry_run || report->inventory->manifests[manifest].gone);
}

static size_t count_untagged(const struct report *report)
{
	size_t count = 0;

	for (uint32_t m = 0; m < report->inventory->manifest_count; m++)
		count += is_untagged(report, m);
	return count;
}

static void write_manifest(const struct inventory *inventory, uint32_t id, FILE *out)
{
	const struct inventory_manifest *manifest = &inventory->manifests[id];

	fputs("<tr><th scope=\"row\">", out);
	html_name(out, inventory->repositories[manifest->repository].name);
	fputs("</th><td>", out);
	html_code(out, inventory_digest(inventory, id));
	fputs("</td><td class=\"d\">", out);
	html_day(out, manifest->untagged_since);
	fputs("</td></tr>\n", out);
}

static void write_untagged(const struct report *report, size_t count, FILE *out)
{
	size_t shown = 0;

	fputs("<h3>Manifests without a tag</h3>\n<p>For cleanup.untagged_days: ", out);
	html_count(out, count, "manifest");
	fputs(".</p>\n<details><summary>Which they are</summary>\n", out);
	html_begin_box(out, "Manifests without a tag");
	fputs("<table><caption>Manifests that had no tag</caption><thead><tr>"
	      "<th scope=\"col\">Repository</th><th scope=\"col\">Manifest</th>"
	      "<th scope=\"col\">Without a tag since</th></tr></thead><tbody>\n",
	      out);
	for (uint32_t m = 0; m < report->inventory->manifest_count && shown < UNTAGGED_SHOWN; m++) {
		if (!is_untagged(report, m))
			continue;
		write_manifest(report->inventory, m, out);
		shown++;
	}
	fputs("</tbody></table></div>\n", out);
	if (count > shown) {
		fputs("<p>And ", out);
		html_number(out, count - shown);
		fputs(" more, not shown.</p>\n", out);
	}
	fputs("</details>\n", out);
}

static void write_removed(const struct tree_names *names, FILE *out)
{
	const char *name = names->text.data;

	fputs("<h3>Empty repositories that were removed</h3>\n<p>", out);
	for (size_t i = 0; i < names->count && i < REPOSITORIES_SHOWN; i++) {
		fputs(i ? ", " : "", out);
		html_name(out, name);
		name += strlen(name) + 1;
	}
	if (names->count > REPOSITORIES_SHOWN) {
		fputs(", and ", out);
		html_number(out, names->count - REPOSITORIES_SHOWN);
		fputs(" more", out);
	}
	fputs(".</p>\n", out);
}

static void write_tags(const struct report *report, size_t count, FILE *out)
{
	struct html_tags tags = list_of(report, BIT(report->dry_run ? TAG_PLANNED : TAG_DELETED),
					report->dry_run ? "Would be deleted in" : "Deleted in");

	fputs("<p>", out);
	html_count(out, count, "tag");
	fputs(report->dry_run ? " would be deleted. "
			      : (count == 1 ? " was deleted. " : " were deleted. "),
	      out);
	if (tags.alone)
		fputs("&ldquo;Held alone&rdquo; is what deleting that tag by itself frees: layers "
		      "that other images share stay.",
		      out);
	fputs("</p>\n", out);
	html_tags_write(&tags, out);
}

void html_deleted(const struct html_page *page, FILE *out)
{
	const struct report *report = page->report;
	const struct outcome *outcome = report->outcome;
	size_t tags = report->dry_run ? outcome->tags_planned : outcome->tags_deleted;
	size_t untagged = count_untagged(report);

	if (tags > 0)
		write_tags(report, tags, out);
	else
		fprintf(out, "<p>No tag %s deleted.</p>\n", report->dry_run ? "would be" : "was");
	if (untagged > 0)
		write_untagged(report, untagged, out);
	if (report->repositories_removed.count > 0)
		write_removed(&report->repositories_removed, out);
	html_namespaces(page, out);
}

bool html_has_left(const struct html_page *page)
{
	const struct report *report = page->report;
	const struct outcome *outcome = report->outcome;

	return outcome && !report->dry_run &&
	       outcome->tags_failed + outcome->tags_changed + outcome->tags_planned > 0;
}

void html_left(const struct html_page *page, FILE *out)
{
	struct html_tags tags =
		list_of(page->report, BIT(TAG_FAILED) | BIT(TAG_CHANGED) | BIT(TAG_PLANNED),
			"To be deleted in");

	tags.tells_fate = true;
	fputs("<p>", out);
	html_count(out, html_tags_count(&tags), "tag");
	fputs(" that the rules select stayed in this run.</p>\n", out);
	html_tags_write(&tags, out);
}
