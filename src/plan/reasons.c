/* Collects a tag's reasons: from its manifest, and from the rules. */
#include "plan/reasons.h"

#include "inventory/inventory.h"
#include "lists/approved.h"
#include "plan/graph.h"
#include "plan/kinds.h"
#include "plan/plan.h"
#include "plan/rules.h"
#include "policy/policy.h"
#include "util/xalloc.h"

struct asking {
	const struct inventory *inventory;
	const struct policy *policy;
	struct plan *plan;
};

/* The reason given by the tag's own manifest; 0 where its rules or its subject decide. */
static uint64_t content_reasons(const struct asking *asking, uint32_t tag)
{
	const struct inventory *inventory = asking->inventory;
	const struct inventory_tag *entry = &inventory->tags[tag];
	uint32_t named = plan_graph_named_subject(inventory, tag);
	const struct inventory_manifest *manifest;
	uint64_t reasons = 0;

	if (entry->state == TAG_MISSING)
		return REASON_MISSING;
	if (entry->state != TAG_READ || !plan_readable(&inventory->manifests[entry->manifest]))
		return REASON_UNREADABLE;
	manifest = &inventory->manifests[entry->manifest];
	if (entry->not_ready)
		reasons |= REASON_NOT_READY;
	if (manifest->held)
		reasons |= REASON_CHANGED;
	if (named != INVENTORY_NONE)
		reasons |= plan_orphaned(inventory, named) ? REASON_ORPHAN : 0;
	if (manifest->subject != INVENTORY_NONE)
		reasons |= plan_orphaned(inventory, manifest->subject) ? REASON_ORPHAN : 0;
	return reasons;
}

static uint64_t own_reasons(const struct asking *asking, uint32_t tag)
{
	const struct inventory_repository *repository =
		&asking->inventory->repositories[asking->inventory->tags[tag].repository];
	uint64_t reasons = content_reasons(asking, tag);

	if (repository->trouble)
		reasons |= REASON_INCOMPLETE;
	if (!policy_targets(asking->policy, repository->name))
		reasons |= REASON_NOT_TARGETED;
	return reasons;
}

#define REASON_NONE                                       0
#define SELECTING_REASON(kind, unused, selects, ...)      REASON_##selects,
#define KEEPING_REASON(kind, unused, selects, keeps, ...) REASON_##keeps,

static uint64_t finding_reason(enum policy_kind kind, enum plan_says says)
{
	static const uint64_t SELECTS[] = { POLICY_RULE_TABLE(SELECTING_REASON) };
	static const uint64_t KEEPS[] = { POLICY_RULE_TABLE(KEEPING_REASON) };

	switch (says) {
	case PLAN_SELECTS:
		return SELECTS[kind];
	case PLAN_KEEPS:
		return KEEPS[kind];
	case PLAN_KEEPS_UNDATED:
		return REASON_UNDATED | REASON_UNKNOWN_AGE;
	case PLAN_KEEPS_GROUP:
		return REASON_UNDATED;
	case PLAN_LIMIT:
		return REASON_PATTERN_LIMIT;
	case PLAN_TOO_YOUNG:
		return REASON_RECENT;
	case PLAN_UNDATED:
		return REASON_UNKNOWN_AGE;
	case PLAN_NOT_DUE:
		return REASON_NOT_DUE;
	case PLAN_NOT_COUNTED:
	case PLAN_SILENT:
		break;
	}
	return 0;
}

/* Messages of one repository and rule are printed together. */
static void add_undated(struct plan *plan, const struct plan_finding *finding, uint32_t repository)
{
	if (plan->undated_count > 0) {
		const struct plan_undated *last = &plan->undated[plan->undated_count - 1];

		if (last->repository == repository && last->rule == finding->rule)
			return;
	}
	plan->undated =
		xreallocarray(plan->undated, plan->undated_count + 1, sizeof *plan->undated);
	plan->undated[plan->undated_count++] =
		(struct plan_undated){ repository, finding->rule, finding->group.dated,
				       finding->group.undated };
}

/* The first rule that keeps the tag is its rule, else the first that selects it. */
static void on_finding(void *ctx, const struct plan_finding *finding)
{
	struct asking *asking = ctx;
	struct plan_tag *decision = &asking->plan->tags[finding->tag];
	struct plan_rule *rule = &asking->plan->rules[finding->rule];
	uint64_t reason = finding_reason(asking->policy->rules[finding->rule].kind, finding->says);
	bool keeps = reason & PLAN_KEPT_BY_RULE;
	bool selects = finding->says == PLAN_SELECTS;

	rule->matched++;
	rule->selected += selects;
	rule->kept += keeps;
	if (keeps ? !(decision->reasons & PLAN_KEPT_BY_RULE)
		  : selects && decision->rule == PLAN_NO_RULE)
		decision->rule = (uint16_t)finding->rule;
	decision->reasons |= reason;
	if (finding->says == PLAN_KEEPS_GROUP)
		add_undated(asking->plan, finding,
			    asking->inventory->tags[finding->tag].repository);
}

/* Why no rule selects the tag is told only if none does, and only of what could go. That no rule is
 * about it is not worth a word where one keeps it. */
static void settle_tag(const struct asking *asking, uint32_t tag)
{
	static const uint64_t NOT_NOW = REASON_RECENT | REASON_NOT_DUE;
	static const uint64_t WHY_NOT = REASON_RECENT | REASON_NOT_DUE | REASON_UNKNOWN_AGE;
	const struct inventory *inventory = asking->inventory;
	struct plan_tag *decision = &asking->plan->tags[tag];
	bool belongs = inventory->tags[tag].state == TAG_READ && plan_graph_follows(inventory, tag);

	if (decision->reasons & (REASON_MISSING | REASON_UNREADABLE))
		decision->reasons &= ~WHY_NOT;
	else if (decision->reasons & PLAN_SELECTING)
		decision->reasons &= ~(decision->reasons & REASON_UNDATED ? NOT_NOW : WHY_NOT);
	else if (!belongs &&
		 !(decision->reasons & (WHY_NOT | REASON_NOT_TARGETED | PLAN_KEPT_BY_RULE)))
		decision->reasons |= REASON_NOT_SELECTED;
	if (asking->policy->wanted && inventory->tags[tag].manifest != INVENTORY_NONE &&
	    (belongs || decision->reasons & PLAN_SELECTING) &&
	    !approved_has(asking->policy->wanted, inventory_tag_repository(inventory, tag),
			  inventory->tags[tag].name,
			  inventory_digest(inventory, inventory->tags[tag].manifest)))
		decision->reasons |= REASON_NOT_WANTED;
}

void plan_reasons(const struct inventory *inventory, const struct policy *policy, struct plan *plan)
{
	struct asking asking = { inventory, policy, plan };
	struct plan_judge *judge = plan_judge_new(inventory, policy, plan);

	for (uint32_t t = 0; t < inventory->tag_count; t++)
		plan->tags[t] = (struct plan_tag){ .rule = PLAN_NO_RULE,
						   .reasons = own_reasons(&asking, t),
						   .blocker = INVENTORY_NONE };
	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		if (policy_targets(policy, inventory->repositories[r].name))
			plan_judge_repository(judge, r, on_finding, &asking);
	}
	for (uint32_t t = 0; t < inventory->tag_count; t++)
		settle_tag(&asking, t);
	plan_judge_free(judge);
}
