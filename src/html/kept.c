/* Why the other tags stay, counted, and what the rules were about. */
#include "html/html.h"
#include "html/sections.h"
#include "html/text.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "report/run_json.h"

#include <stddef.h>

#define RULES_SHOWN 200

static void write_count(size_t count, const char *words, FILE *out)
{
	fputs("<tr>", out);
	html_number_cell(out, count);
	fprintf(out, "<th scope=\"row\">%s</th></tr>\n", words);
}

static void write_counts(const struct report_counts *counts, FILE *out)
{
	size_t counted = 0;

	html_begin_box(out, "Why tags stay");
	fputs("<table><caption>Each tag counts once, under what matters most</caption><thead><tr>"
	      "<th scope=\"col\" class=\"n\">Tags</th><th scope=\"col\">Why</th></tr></thead>"
	      "<tbody>\n",
	      out);
	for (unsigned i = 0; i < PLAN_REASONS; i++) {
		counted += counts->by_reason[i];
		if (counts->by_reason[i] > 0)
			write_count(counts->by_reason[i], PLAN_REASON_ROWS[i].words, out);
	}
	if (counts->kept > counted)
		write_count(counts->kept - counted, "for another reason", out);
	fputs("</tbody></table></div>\n", out);
}

/* That nothing is held is the rule. */
static bool is_told(const struct plan *plan, size_t rule)
{
	return plan->policy->rules[rule].kind != POLICY_HELD || plan->rules[rule].matched > 0;
}

static void write_rule(const struct plan *plan, size_t rule, FILE *out)
{
	const struct plan_rule *counts = &plan->rules[rule];

	fputs("<tr><th scope=\"row\">", out);
	html_name(out, plan->policy->rules[rule].name);
	fputs("</th>", out);
	html_number_cell(out, counts->matched);
	html_number_cell(out, counts->selected);
	html_number_cell(out, counts->kept);
	fputs("</tr>\n", out);
}

static void write_rules(const struct plan *plan, FILE *out)
{
	size_t count = plan->policy->rule_count;

	fputs("<details><summary>The rules, and what they were about</summary>\n", out);
	html_begin_box(out, "Rules");
	fputs("<table><caption>Tags that each rule was about, selected, or "
	      "kept</caption><thead><tr>"
	      "<th scope=\"col\">Rule</th><th scope=\"col\" class=\"n\">About</th>"
	      "<th scope=\"col\" class=\"n\">Selected</th><th scope=\"col\" class=\"n\">Kept</th>"
	      "</tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < count && i < RULES_SHOWN; i++) {
		if (is_told(plan, i))
			write_rule(plan, i, out);
	}
	fputs("</tbody></table></div>\n", out);
	if (count > RULES_SHOWN) {
		fputs("<p>And ", out);
		html_number(out, count - RULES_SHOWN);
		fputs(" more rules, not shown.</p>\n", out);
	}
	fputs("</details>\n", out);
}

void html_kept(const struct html_page *page, FILE *out)
{
	const struct report *report = page->report;
	struct report_counts counts;

	report_count(report, &counts);
	fputs("<p>", out);
	html_count(out, counts.kept, "tag");
	fprintf(out, " %s.</p>\n",
		report->dry_run ? "would stay" : (counts.kept == 1 ? "stays" : "stay"));
	if (counts.kept > 0)
		write_counts(&counts, out);
	if (report->plan->policy->rule_count > 0)
		write_rules(report->plan, out);
}
