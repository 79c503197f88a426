/* Says in words what plan/plan.c decided; decides nothing. */
#include "plan/explain.h"

#include "inventory/inventory.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "util/date.h"
#include "util/time.h"
#include "util/units.h"

/* Reasons that hang on the tag's age. */
#define BY_AGE (REASON_OLD | REASON_JOB | REASON_BEYOND_NUMBER | REASON_RECENT | REASON_KEEP_SINCE)

const char *plan_reason_name(enum plan_reason reason)
{
	return PLAN_REASON_ROWS[__builtin_ctzll(reason)].name;
}

static void add_age(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
		    struct buf *out)
{
	struct plan_age age = plan_age(inventory, plan, tag);
	char text[TIME_TEXT], days[UNITS_SIZE];

	if (!date_known(age.date))
		return;
	buf_format(out, ": %s %.10s", plan_age_word(age), time_utc(age.date, text));
	if (age.date <= plan->now)
		buf_format(out, " (%s ago)", units_days(plan->now - age.date, days));
	else
		buf_text(out, " (in the future)");
}

/* Whether rules of KIND give REASON. */
static bool is_reason_of(enum plan_reason reason, enum policy_kind kind)
{
	switch (reason) {
	case REASON_NAME_MATCH:
		return kind == POLICY_NAME;
	case REASON_JOB:
	case REASON_SAVE_LAST:
		return kind == POLICY_JOB;
	case REASON_NOT_RETAINED:
	case REASON_LISTED_REVISION:
		return kind == POLICY_RETAIN;
	case REASON_UNDATED:
		return kind == POLICY_JOB || kind == POLICY_NUMBER || kind == POLICY_SINCE ||
		       kind == POLICY_PULLED;
	case REASON_PULLED:
		return kind == POLICY_PULLED;
	case REASON_PATTERN_LIMIT:
		return kind == POLICY_NAME || kind == POLICY_JOB;
	default:
		return false;
	}
}

/* The rule that decided, if it is the one of REASON. */
static void add_rule(const struct plan *plan, const struct plan_tag *decision,
		     enum plan_reason reason, struct buf *out)
{
	bool keeps = decision->reasons & PLAN_KEPT_BY_RULE;

	if (decision->rule != PLAN_NO_RULE && keeps == ((reason & PLAN_KEPT_BY_RULE) != 0) &&
	    is_reason_of(reason, plan->policy->rules[decision->rule].kind))
		buf_format(out, " by %s", plan->policy->rules[decision->rule].name);
}

static void add_blocker(const struct inventory *inventory, const struct plan_tag *decision,
			enum plan_reason reason, struct buf *out)
{
	if (decision->blocker == INVENTORY_NONE)
		return;
	if (reason == REASON_PART_KEPT)
		buf_format(out, " of %s", inventory->tags[decision->blocker].name);
	else if (reason == REASON_SHARED_DIGEST)
		buf_format(out, " with %s", inventory->tags[decision->blocker].name);
	else if (reason == REASON_INDEX_KEPT)
		buf_format(out, " by %s", inventory_digest(inventory, decision->blocker));
}

void plan_explain(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
		  struct buf *out)
{
	const struct plan_tag *decision = &plan->tags[tag];
	const char *separator = "";

	for (unsigned i = 0; i < PLAN_REASONS; i++) {
		enum plan_reason reason = (enum plan_reason)(UINT64_C(1) << i);

		if (!(decision->reasons & reason))
			continue;
		buf_format(out, "%s%s", separator, plan_reason_name(reason));
		separator = ", ";
		add_rule(plan, decision, reason, out);
		if (reason & BY_AGE && inventory->tags[tag].manifest != INVENTORY_NONE)
			add_age(inventory, plan, tag, out);
		add_blocker(inventory, decision, reason, out);
	}
}
