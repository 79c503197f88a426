/* A row for each reason for which tags go. */
#include "html/why.h"

#include "html/text.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "util/date.h"
#include "util/time.h"
#include "util/units.h"

#include <stddef.h>

static const char *const WORDS[PLAN_REASONS] = {
	[REASON_BIT_OLD] = "older than allowed",
	[REASON_BIT_NAME_MATCH] = "its name is selected",
	[REASON_BIT_JOB] = "selected by a job",
	[REASON_BIT_NOT_RETAINED] = "not retained by a list",
	[REASON_BIT_BEYOND_NUMBER] = "not among the newest images",
	[REASON_BIT_SUBJECT_DELETED] = "describes an image that goes",
};

#define BY_AGE (REASON_OLD | REASON_JOB | REASON_BEYOND_NUMBER)

unsigned html_why_counted(uint64_t reasons)
{
	unsigned bit = 0;

	while (bit < PLAN_REASONS && (!WORDS[bit] || !(reasons >> bit & 1)))
		bit++;
	return bit;
}

const char *html_why_words(unsigned bit)
{
	return bit < PLAN_REASONS && WORDS[bit] ? WORDS[bit] : "for another reason";
}

static void write_age(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
		      FILE *out)
{
	struct plan_age age = plan_age(inventory, plan, tag);
	char days[UNITS_SIZE];

	if (!date_known(age.date) || age.date > plan->now)
		return;
	fprintf(out, ", %s %s ago", plan_age_word(age), units_days(plan->now - age.date, days));
}

void html_why(const struct inventory *inventory, const struct plan *plan, uint32_t tag, FILE *out)
{
	const struct plan_tag *decision = &plan->tags[tag];
	const char *separator = "";

	for (unsigned bit = 0; bit < PLAN_REASONS; bit++) {
		if (!WORDS[bit] || !(decision->reasons >> bit & 1))
			continue;
		fprintf(out, "%s%s", separator, WORDS[bit]);
		separator = "; ";
	}
	if (!*separator)
		fputs(html_why_words(PLAN_REASONS), out);
	if (decision->reasons & BY_AGE && inventory->tags[tag].manifest != INVENTORY_NONE)
		write_age(inventory, plan, tag, out);
	if (decision->rule == PLAN_NO_RULE)
		return;
	fputs(" <span class=\"soft\">(", out);
	html_name(out, plan->policy->rules[decision->rule].name);
	fputs(")</span>", out);
}
