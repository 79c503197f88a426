/* Decides what goes. The rules of the policy select and keep tags (plan/rules.h). From there two
 * marks spread over the manifests, each until nothing changes:
 *
 *   selected  a selected tag points at it, a debt names it, it was untagged for long, or it belongs
 *             to something selected: it describes it (S4), is an outdated list of its signatures,
 * or is listed by it (S3), unless that is selected only by a debt or for being untagged; kept it is
 * not selected, a tag that stays points at it (S1), an index that is kept lists it, or where that
 * is not told may list it by its name (S3), it describes something kept (S4), or its repository
 * must not be touched (S2).
 *
 * What is selected and not kept goes. Both marks only ever grow, so their order does not matter,
 * and what is not understood is kept from the start. */
#include "plan/plan.h"

#include "inventory/alias.h"
#include "inventory/inventory.h"
#include "inventory/walk.h"
#include "lists/approved.h"
#include "plan/blockers.h"
#include "plan/delete_order.h"
#include "plan/effective_dates.h"
#include "plan/graph.h"
#include "plan/held.h"
#include "plan/in_use.h"
#include "plan/kinds.h"
#include "plan/reasons.h"
#include "policy/policy.h"
#include "util/date.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

struct draft {
	const struct inventory *inventory;
	const struct policy *policy;
	struct plan *plan;
	struct plan_graph graph;
	struct inventory_walk walk; /* over what is selected, then over what is kept */
	bool *selected, *kept;      /* by manifest */
	bool *blobs;                /* by digest: some manifest has it as a config or layer (S7) */
};

/* A superseded list of what describes something may go before that, once it is untagged for long.
 */
static bool goes_first(const struct draft *draft, uint32_t id)
{
	return draft->plan->manifests[id].untagged && plan_graph_is_superseded(&draft->graph, id);
}

enum pass { SELECTING, KEEPING };

/* Adds what describes manifest ID to the walk. KEEPING: tags that name it say so. */
static void add_describers(struct draft *draft, enum pass pass, uint32_t id)
{
	const struct plan_edges *describers = &draft->graph.describers;
	const struct plan_edges *namers = &draft->graph.namers;

	for (uint32_t i = describers->first[id]; i < describers->first[id + 1]; i++) {
		if (pass == SELECTING || !goes_first(draft, describers->items[i]))
			inventory_walk_add(&draft->walk, describers->items[i]);
	}
	for (uint32_t i = namers->first[id]; i < namers->first[id + 1]; i++) {
		if (pass == KEEPING)
			draft->plan->tags[namers->items[i]].reasons |= REASON_SUBJECT_KEPT;
		inventory_walk_add(&draft->walk, draft->inventory->tags[namers->items[i]].manifest);
	}
}

/* What may be a part of manifest ID, by its name, stays with it. */
static void add_parts(struct draft *draft, uint32_t id)
{
	const struct plan_edges *parts = &draft->graph.parts;

	for (uint32_t i = parts->first[id]; i < parts->first[id + 1]; i++) {
		struct plan_tag *part = &draft->plan->tags[parts->items[i]];

		if (part->reasons & PLAN_SELECTING)
			part->reasons |= REASON_PART_KEPT;
		inventory_walk_add(&draft->walk, draft->inventory->tags[parts->items[i]].manifest);
	}
}

static void spread_selection(struct draft *draft)
{
	uint32_t id;

	while ((id = inventory_walk_next(&draft->walk)) != INVENTORY_NONE) {
		draft->selected[id] = true;
		inventory_walk_add_children(&draft->walk, id);
		add_describers(draft, SELECTING, id);
	}
}

/* cleanup.untagged_days: long enough without a tag, as far as that is known. */
static bool long_untagged(const struct draft *draft, uint32_t id)
{
	const struct inventory_manifest *manifest = &draft->inventory->manifests[id];
	const struct policy *policy = draft->policy;
	const struct plan_edges *tags = &draft->graph.tags;
	long days = policy->config->cleanup.untagged_days;

	return days > 0 && !policy->jobs_alone && manifest->linked && plan_readable(manifest) &&
	       tags->first[id] == tags->first[id + 1] && date_known(manifest->untagged_since) &&
	       manifest->untagged_since < policy_cutoff(draft->plan->now, days);
}

/* A plan that is applied has a line for what was without a tag for long, and wants it gone. */
static bool wanted(const struct draft *draft, uint32_t id)
{
	const struct inventory *inventory = draft->inventory;
	const struct approved *lines = draft->policy->wanted;

	return !lines ||
	       approved_has(lines,
			    inventory->repositories[inventory->manifests[id].repository].name, NULL,
			    inventory_digest(inventory, id));
}

/* Goes by itself, and with all that describes it (S4), but without what it lists: what is untagged
 * counts its own days, as it may have been pushed again since, and what was to go with a debt is
 * owed itself. */
static bool selected_alone(const struct draft *draft, uint32_t id)
{
	return draft->inventory->manifests[id].pending || draft->plan->manifests[id].untagged;
}

static void select_manifests(struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		/* What is tagged by its own digest may be needed by what cannot be seen: it goes
		 * with another tag, and only if its own may go, too. */
		if (draft->plan->tags[t].reasons & PLAN_SELECTING &&
		    plan_graph_named_subject(inventory, t) != inventory->tags[t].manifest)
			inventory_walk_add(&draft->walk, inventory->tags[t].manifest);
	}
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		draft->plan->manifests[m].untagged = long_untagged(draft, m) && wanted(draft, m);
		if (selected_alone(draft, m) || plan_deleted_by_us(&inventory->manifests[m]))
			add_describers(draft, SELECTING, m);
	}
	spread_selection(draft);
	/* Only now: what else selects them takes along what they list. */
	for (uint32_t m = 0; m < inventory->manifest_count; m++)
		draft->selected[m] |= selected_alone(draft, m);
}

/* Kept for its own sake, whatever points at it. */
static bool kept_by_itself(const struct draft *draft, uint32_t id)
{
	const struct inventory *inventory = draft->inventory;
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	const struct inventory_repository *repository =
		&inventory->repositories[manifest->repository];
	uint32_t subject = draft->graph.subjects[id];

	if (!draft->selected[id] || manifest->held || !plan_readable(manifest) ||
	    repository->trouble || draft->plan->manifests[id].in_use ||
	    draft->plan->manifests[id].held || !policy_targets(draft->policy, repository->name))
		return true;
	if (subject != INVENTORY_NONE && plan_orphaned(inventory, subject) &&
	    !goes_first(draft, id))
		return true;
	if (draft->blobs[manifest->digest])
		return true;
	/* Its line in the plan was removed or says so, whatever else goes. */
	if (long_untagged(draft, id) && !manifest->pending && !wanted(draft, id))
		return true;
	return policy_protects_repository(draft->policy, repository->name);
}

static void keep_manifests(struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;
	uint32_t id;

	for (size_t i = 0; i < inventory->reference_count; i++) {
		uint32_t digest = inventory->blobs[inventory->references[i]].digest;

		draft->blobs[digest] = true;
		draft->blobs[inventory_stored(inventory, digest)] = true;
	}
	inventory_walk_again(&draft->walk);
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (!plan_absent(&inventory->manifests[m]) && kept_by_itself(draft, m))
			inventory_walk_add(&draft->walk, m);
	}
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (draft->plan->tags[t].reasons & PLAN_KEEPING)
			inventory_walk_add(&draft->walk, inventory->tags[t].manifest);
	}
	while ((id = inventory_walk_next(&draft->walk)) != INVENTORY_NONE) {
		draft->kept[id] = true;
		inventory_walk_add_children(&draft->walk, id);
		add_parts(draft, id);
		/* Nothing can describe what is not there: its describers are orphans. */
		if (!plan_absent(&inventory->manifests[id]))
			add_describers(draft, KEEPING, id);
	}
}

static void decide_manifests(struct draft *draft)
{
	for (uint32_t m = 0; m < draft->inventory->manifest_count; m++) {
		bool goes = draft->selected[m] && !draft->kept[m] &&
			    plan_readable(&draft->inventory->manifests[m]);

		draft->plan->manifests[m].goes = goes;
		draft->plan->manifests_going += goes;
		draft->plan->untagged_going += goes && draft->plan->manifests[m].untagged;
	}
}

static void decide_tag(struct draft *draft, uint32_t tag)
{
	const struct inventory *inventory = draft->inventory;
	const struct inventory_tag *entry = &inventory->tags[tag];
	struct plan_tag *decision = &draft->plan->tags[tag];
	uint32_t subject;

	if (entry->manifest == INVENTORY_NONE)
		return;
	subject = inventory->manifests[entry->manifest].subject;
	if (subject != INVENTORY_NONE && !plan_absent(&inventory->manifests[subject]) &&
	    draft->kept[subject])
		decision->reasons |= REASON_SUBJECT_KEPT;
	if (decision->reasons & PLAN_KEEPING)
		return;
	if (!(decision->reasons & PLAN_SELECTING))
		decision->reasons |= REASON_SUBJECT_DELETED;
	decision->goes = draft->plan->manifests[entry->manifest].goes ||
			 inventory->server.tag_delete == TAG_DELETE_YES;
}

static void decide_tags(struct draft *draft)
{
	for (uint32_t t = 0; t < draft->inventory->tag_count; t++)
		decide_tag(draft, t);
	for (uint32_t t = 0; t < draft->inventory->tag_count; t++) {
		struct plan_tag *decision = &draft->plan->tags[t];

		draft->plan->tags_going += decision->goes;
		if (!decision->goes && !(decision->reasons & PLAN_KEEPING))
			plan_blockers_tag(draft->inventory, &draft->graph, draft->kept, draft->plan,
					  t);
	}
}

static struct plan *new_plan(const struct inventory *inventory, const struct policy *policy,
			     int64_t now)
{
	struct plan *plan = xcalloc(1, sizeof *plan);

	plan->policy = policy;
	plan->rules = xcalloc(policy->rule_count + 1, sizeof *plan->rules);
	plan->age_from = policy->config->cleanup.age_from;
	plan->unknown_age = policy->config->cleanup.unknown_age;
	plan->now = now;
	plan->pulls_covered =
		date_known(inventory->pulls_since) &&
		inventory->pulls_since <= policy_cutoff(now, config_pull_days(policy->config));
	plan->tags = xcalloc(inventory->tag_count + 1, sizeof *plan->tags);
	plan->manifests = xcalloc(inventory->manifest_count + 1, sizeof *plan->manifests);
	plan->repositories = xcalloc(inventory->repository_count + 1, sizeof *plan->repositories);
	return plan;
}

struct plan *plan_build(const struct inventory *inventory, const struct policy *policy, int64_t now)
{
	size_t count = inventory->manifest_count + 1;
	CLEANUP(free_p) bool *selected = xcalloc(count, sizeof *selected);
	CLEANUP(free_p) bool *kept = xcalloc(count, sizeof *kept);
	CLEANUP(free_p) uint32_t *queue = xcalloc(count, sizeof *queue);
	CLEANUP(free_p)
	bool *blobs = xcalloc((size_t)strtab_count(inventory->digests) + 1, sizeof *blobs);
	struct draft draft = { .inventory = inventory,
			       .policy = policy,
			       .plan = new_plan(inventory, policy, now),
			       .selected = selected,
			       .kept = kept,
			       .blobs = blobs };

	draft.walk = inventory_walk_begin(inventory);
	plan_graph_build(&draft.graph, inventory);
	plan_dates(inventory, draft.plan->manifests);
	plan_in_use(inventory, policy, &draft.graph, draft.plan->manifests);
	plan_held(inventory, policy, draft.plan);
	plan_reasons(inventory, policy, draft.plan);
	select_manifests(&draft);
	keep_manifests(&draft);
	decide_manifests(&draft);
	decide_tags(&draft);
	plan_blockers_parts(&draft.graph, draft.plan);
	plan_blockers_manifests(inventory, &draft.graph, selected, kept, draft.plan);
	plan_steps(inventory, &draft.graph, draft.plan, queue);
	plan_graph_clear(&draft.graph);
	inventory_walk_end(&draft.walk);
	return draft.plan;
}

struct plan *plan_nothing(const struct inventory *inventory, const struct policy *policy,
			  int64_t now)
{
	struct plan *plan = new_plan(inventory, policy, now);

	plan_dates(inventory, plan->manifests);
	return plan;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->tags);
	free(plan->manifests);
	free(plan->repositories);
	free(plan->steps);
	free(plan->rules);
	free(plan->undated);
	free(plan);
}
