/* Only what would go by a known age is worth a line: a repository that has no more tags than are to
 * be kept has lost nothing by this. */
#include "report/undated.h"

#include "inventory/inventory.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "util/log.h"
#include "util/units.h"

#include <inttypes.h>

#define GROUPS_NAMED 50

/* How many of the newest RULE keeps in REPOSITORY. */
static unsigned long number_of(const struct policy *policy, const struct plan_undated *group,
			       const struct inventory *inventory)
{
	const struct policy_rule *rule = &policy->rules[group->rule];
	long images;

	if (rule->kind == POLICY_JOB)
		return (unsigned long)policy->config->jobs.items[rule->item].save_last;
	images = policy_images_to_keep(policy, inventory->repositories[group->repository].name);
	return images < 0 ? 0 : (unsigned long)images;
}

static void warn_of_groups(const struct inventory *inventory, const struct plan *plan)
{
	size_t named = 0;

	for (size_t i = 0; i < plan->undated_count; i++) {
		const struct plan_undated *group = &plan->undated[i];
		unsigned long tags = (unsigned long)group->dated + group->undated;

		if (tags <= number_of(plan->policy, group, inventory) || named++ >= GROUPS_NAMED)
			continue;
		log_warning("%s: %s keeps all %lu tags that it counts: the age of %" PRIu32
			    " of them is not known, and of %" PRIu32 " it is",
			    inventory->repositories[group->repository].name,
			    plan->policy->rules[group->rule].name, tags, group->undated,
			    group->dated);
	}
	if (named > GROUPS_NAMED)
		log_warning("… and %zu more such groups of tags", named - GROUPS_NAMED);
}

/* Tags that a rule would judge by an age that it does not know. */
static size_t count_undated(const struct inventory *inventory, const struct plan *plan)
{
	size_t count = 0;

	for (size_t t = 0; t < inventory->tag_count; t++)
		count += (plan->tags[t].reasons & REASON_UNKNOWN_AGE) != 0;
	return count;
}

static bool needs_pushes(const struct plan *plan)
{
	return plan->age_from == AGE_PUSHED || plan->age_from == AGE_NEWEST ||
	       (plan->age_from == AGE_CREATED && plan->unknown_age == UNKNOWN_PUSHED);
}

size_t report_undated(const struct inventory *inventory, const struct plan *plan)
{
	size_t count = count_undated(inventory, plan);

	if (inventory->pushes_known || count == 0 || !needs_pushes(plan)) {
		warn_of_groups(inventory, plan);
		return 0;
	}
	if (inventory->restored_unknown)
		log_warning("when tags were pushed is not known in this run, as which were "
			    "restored is not: the rules of age and number keep %zu tag%s, and "
			    "this counts as an error",
			    count, units_s(count));
	else if (inventory->pushes_copied)
		log_warning("more than half of the tags seem to have been pushed within one "
			    "minute: the storage was restored or copied without its times, so "
			    "when they were pushed is not known, and the rules of age and number "
			    "keep %zu tag%s; this counts as an error",
			    count, units_s(count));
	else
		log_warning("when tags were pushed is not known: only the registry's own folder "
			    "(paths.host_storage) tells it, which was not read in this run; the "
			    "rules of age and number keep %zu tag%s, and this counts as an error",
			    count, units_s(count));
	return 1;
}
