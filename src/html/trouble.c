/* What went wrong: warnings, errors, damage. */
#include "html/html.h"
#include "html/sections.h"
#include "html/text.h"
#include "inventory/inventory.h"
#include "report/run_json.h"
#include "util/log.h"
#include "util/messages.h"
#include "verify/needs.h"

#include <stddef.h>

#define MESSAGES_SHOWN 200
#define DAMAGE_SHOWN   500

/* At most SHOWN of one level; returns how many. */
static size_t write_level(const struct messages *messages, bool errors, size_t most, FILE *out)
{
	size_t shown = 0;

	for (size_t i = 0; i < messages->count && shown < most; i++) {
		if (messages->items[i].is_error != errors)
			continue;
		fputs(errors ? "<li><span class=\"mark error\">Error</span>"
			     : "<li><span class=\"mark warning\">Warning</span>",
		      out);
		html_name(out, messages->items[i].text);
		fputs("</li>\n", out);
		shown++;
	}
	return shown;
}

void html_messages(const struct html_page *page, FILE *out)
{
	const struct messages *messages = log_messages();
	size_t all = messages->errors + messages->warnings, shown;

	if (all == 0) {
		fputs(page->failure ? "<p>There was no other warning, and no other error.</p>\n"
				    : "<p>There was no warning and no error.</p>\n",
		      out);
		return;
	}
	fputs("<ul class=\"list\">\n", out);
	shown = write_level(messages, true, MESSAGES_SHOWN, out);
	shown += write_level(messages, false, MESSAGES_SHOWN - shown, out);
	fputs("</ul>\n", out);
	if (shown == all)
		return;
	fputs("<p class=\"soft\">", out);
	html_number(out, all - shown);
	fputs(" more are in the log.</p>\n", out);
}

bool html_has_damage(const struct html_page *page)
{
	return page->report->verified != NULL;
}

static void write_finding(const struct inventory *inventory, const struct verify_finding *finding,
			  FILE *out)
{
	static const char *const SINCE[] = { [VERIFY_SINCE_WHENEVER] = "not known",
					     [VERIFY_SINCE_BEFORE] = "before this run",
					     [VERIFY_SINCE_THIS_RUN] = "this run" };

	fputs("<tr><th scope=\"row\">", out);
	html_name(out, inventory_tag_repository(inventory, finding->tag));
	fputs(":<wbr>", out);
	html_name(out, inventory->tags[finding->tag].name);
	fputs("</th><td>", out);
	fputs(finding->damage ? "" : "could not be verified: ", out);
	html_name(out, finding->what);
	if (finding->digest) {
		fputs("<br>", out);
		html_code(out, finding->digest);
	}
	fprintf(out, "</td><td>%s</td></tr>\n",
		finding->damage ? SINCE[finding->since] : "not known");
}

static void write_findings(const struct report *report, FILE *out)
{
	const struct verify_result *result = &report->verification;

	html_begin_box(out, "Damaged tags");
	fputs("<table><caption>Each tag that is not whole, and why</caption><thead><tr>"
	      "<th scope=\"col\">Tag</th><th scope=\"col\">What is wrong</th>"
	      "<th scope=\"col\">Since</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < result->finding_count && i < DAMAGE_SHOWN; i++)
		write_finding(report->verified, &result->findings[i], out);
	fputs("</tbody></table></div>\n", out);
	if (result->finding_count <= DAMAGE_SHOWN)
		return;
	fputs("<p class=\"soft\">", out);
	html_number(out, result->finding_count - DAMAGE_SHOWN);
	fputs(" more are in the log.</p>\n", out);
}

void html_damage(const struct html_page *page, FILE *out)
{
	const struct verify_result *result = &page->report->verification;

	fputs("<p>", out);
	html_count(out, result->tags, "tag");
	fputs(result->tags == 1 ? " was verified: " : " were verified: ", out);
	html_number(out, result->whole);
	fputs(" whole, ", out);
	html_number(out, result->damaged);
	fputs(" damaged", out);
	if (result->unverified) {
		fputs(", ", out);
		html_number(out, result->unverified);
		fputs(" that could not be verified", out);
	}
	fputs(".</p>\n", out);
	if (result->finding_count > 0)
		write_findings(page->report, out);
}
