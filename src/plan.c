/* Decides what goes. Two marks spread over the manifests, each until nothing changes:
 *
 *   selected  an old tag points at it, a debt names it, or it belongs to something selected: it is
 *             listed by it (S3) or describes it (S4);
 *   kept      it is not selected, a tag that stays points at it (S1), an index that is kept lists
 * it (S3), it describes something kept (S4), or its repository must not be touched (S2).
 *
 * What is selected and not kept goes. Both marks only ever grow, so their order does not matter,
 * and what is not understood is kept from the start. */
#include "plan.h"

#include "inventory.h"
#include "oci/date.h"
#include "plan_dates.h"
#include "plan_graph.h"
#include "plan_holders.h"
#include "plan_order.h"
#include "policy.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

struct draft {
	const struct inventory *inventory;
	const struct policy *policy;
	struct plan *plan;
	struct plan_graph graph;
	bool *selected, *kept;
	bool *blobs;     /* by digest: some manifest has it as a config or layer (S7) */
	uint32_t *queue; /* marked manifests whose neighbours are still to be marked */
	size_t queued, done;
};

static bool readable(const struct inventory_manifest *manifest)
{
	return manifest->kind == MANIFEST_IMAGE || manifest->kind == MANIFEST_ARTIFACT ||
	       manifest->kind == MANIFEST_INDEX || manifest->kind == MANIFEST_SCHEMA1;
}

static uint16_t age_reason(const struct draft *draft, uint32_t tag)
{
	int64_t date = plan_age(draft->inventory, draft->plan, tag).date;

	if (!date_known(date))
		return REASON_UNKNOWN_AGE;
	return date < draft->plan->cutoff ? REASON_OLD : REASON_RECENT;
}

static bool absent(const struct inventory_manifest *manifest)
{
	return manifest->kind == MANIFEST_MISSING;
}

/* A debt that is not there was paid, though the run that paid it could not write that down. */
static bool deleted_by_us(const struct inventory_manifest *manifest)
{
	return absent(manifest) && (manifest->gone || manifest->owed);
}

/* What S4 says of a tag that describes SUBJECT, before it is known whether the subject goes. */
static uint16_t subject_reason(const struct inventory *inventory, uint32_t subject)
{
	const struct inventory_manifest *manifest = &inventory->manifests[subject];

	return absent(manifest) && !deleted_by_us(manifest) ? REASON_ORPHAN : 0;
}

/* What the tag's own manifest and name say; 0 where that hangs on its subject's fate. */
static uint16_t content_reasons(const struct draft *draft, uint32_t tag)
{
	const struct inventory *inventory = draft->inventory;
	const struct inventory_tag *entry = &inventory->tags[tag];
	uint32_t named = plan_graph_named_subject(inventory, tag);
	const struct inventory_manifest *manifest;
	uint16_t reasons = 0;

	if (entry->state == TAG_MISSING)
		return REASON_MISSING;
	if (entry->state != TAG_READ || !readable(&inventory->manifests[entry->manifest]))
		return REASON_UNREADABLE;
	manifest = &inventory->manifests[entry->manifest];
	if (manifest->held)
		reasons |= REASON_CHANGED;
	if (named == INVENTORY_NONE && manifest->subject == INVENTORY_NONE)
		return reasons | age_reason(draft, tag);
	if (named != INVENTORY_NONE)
		reasons |= subject_reason(inventory, named);
	if (manifest->subject != INVENTORY_NONE)
		reasons |= subject_reason(inventory, manifest->subject);
	return reasons;
}

static uint16_t own_reasons(const struct draft *draft, uint32_t tag)
{
	const struct inventory_tag *entry = &draft->inventory->tags[tag];
	const struct inventory_repository *repository =
		&draft->inventory->repositories[entry->repository];
	uint16_t reasons = content_reasons(draft, tag);

	if (policy_protects_tag(draft->policy, entry->name))
		reasons |= REASON_PROTECTED_TAG;
	if (policy_protects_pattern(draft->policy, entry->name))
		reasons |= REASON_PROTECTED_PATTERN;
	if (policy_protects_repository(draft->policy, repository->name))
		reasons |= REASON_PROTECTED_REPOSITORY;
	if (repository->trouble)
		reasons |= REASON_INCOMPLETE;
	return reasons;
}

static void mark(struct draft *draft, bool *marks, uint32_t manifest)
{
	if (manifest == INVENTORY_NONE || marks[manifest])
		return;
	marks[manifest] = true;
	draft->queue[draft->queued++] = manifest;
}

static void mark_children(struct draft *draft, bool *marks, uint32_t id)
{
	const struct inventory_manifest *manifest = &draft->inventory->manifests[id];

	for (uint32_t i = 0; i < manifest->child_count; i++)
		mark(draft, marks, draft->inventory->children[manifest->children + i].manifest);
}

/* Marks what describes manifest ID; tags that name it get REASON. */
static void mark_describers(struct draft *draft, bool *marks, uint32_t id, uint16_t reason)
{
	const struct plan_edges *describers = &draft->graph.describers;
	const struct plan_edges *namers = &draft->graph.namers;

	for (uint32_t i = describers->first[id]; i < describers->first[id + 1]; i++)
		mark(draft, marks, describers->items[i]);
	for (uint32_t i = namers->first[id]; i < namers->first[id + 1]; i++) {
		draft->plan->tags[namers->items[i]].reasons |= reason;
		mark(draft, marks, draft->inventory->tags[namers->items[i]].manifest);
	}
}

static void select_manifests(struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;

	draft->queued = draft->done = 0;
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (draft->plan->tags[t].reasons & REASON_OLD)
			mark(draft, draft->selected, inventory->tags[t].manifest);
	}
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (inventory->manifests[m].owed)
			mark(draft, draft->selected, m);
		if (deleted_by_us(&inventory->manifests[m]))
			mark_describers(draft, draft->selected, m, 0);
	}
	for (; draft->done < draft->queued; draft->done++) {
		mark_children(draft, draft->selected, draft->queue[draft->done]);
		mark_describers(draft, draft->selected, draft->queue[draft->done], 0);
	}
}

/* Kept for its own sake, whatever points at it. */
static bool kept_by_itself(const struct draft *draft, uint32_t id)
{
	const struct inventory *inventory = draft->inventory;
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	const struct inventory_repository *repository =
		&inventory->repositories[manifest->repository];

	if (!draft->selected[id] || manifest->held || !readable(manifest) || repository->trouble)
		return true;
	if (manifest->subject != INVENTORY_NONE && subject_reason(inventory, manifest->subject))
		return true;
	if (draft->blobs[manifest->digest])
		return true;
	return policy_protects_repository(draft->policy, repository->name);
}

static void keep_manifests(struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;

	for (size_t i = 0; i < inventory->reference_count; i++)
		draft->blobs[inventory->blobs[inventory->references[i]].digest] = true;
	draft->queued = draft->done = 0;
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (!absent(&inventory->manifests[m]) && kept_by_itself(draft, m))
			mark(draft, draft->kept, m);
	}
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (draft->plan->tags[t].reasons & PLAN_KEEPING)
			mark(draft, draft->kept, inventory->tags[t].manifest);
	}
	for (; draft->done < draft->queued; draft->done++) {
		uint32_t id = draft->queue[draft->done];

		mark_children(draft, draft->kept, id);
		/* Nothing can describe what is not there: its describers are orphans. */
		if (!absent(&inventory->manifests[id]))
			mark_describers(draft, draft->kept, id, REASON_SUBJECT_KEPT);
	}
}

static void decide_manifests(struct draft *draft)
{
	for (uint32_t m = 0; m < draft->inventory->manifest_count; m++) {
		bool goes = draft->selected[m] && !draft->kept[m] &&
			    readable(&draft->inventory->manifests[m]);

		draft->plan->manifests[m].goes = goes;
		draft->plan->manifests_going += goes;
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
	if (subject != INVENTORY_NONE && !absent(&inventory->manifests[subject]) &&
	    draft->kept[subject])
		decision->reasons |= REASON_SUBJECT_KEPT;
	if (decision->reasons & PLAN_KEEPING)
		return;
	if (!(decision->reasons & REASON_OLD))
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
			plan_holders_tag(draft->inventory, &draft->graph, draft->kept, draft->plan,
					 t);
	}
}

static void add_step(struct plan *plan, uint32_t repository, uint32_t manifest, uint32_t tag)
{
	plan->steps[plan->step_count++] = (struct plan_step){ .manifest = manifest, .tag = tag };
	plan->repositories[repository].step_count++;
}

/* The manifests of one repository in their order, then single tags. RANK and IDS are working space.
 */
static void add_steps(struct draft *draft, uint32_t id, uint32_t *rank, uint32_t *ids)
{
	const struct inventory *inventory = draft->inventory;
	const struct inventory_repository *repository = &inventory->repositories[id];
	struct plan *plan = draft->plan;
	size_t count = 0;

	plan->repositories[id].first_step = (uint32_t)plan->step_count;
	for (uint32_t m = repository->first_manifest; m != INVENTORY_NONE;
	     m = inventory->manifests[m].next) {
		if (plan->manifests[m].goes)
			ids[count++] = m;
	}
	plan_order(inventory, &draft->graph, ids, count, rank);
	for (size_t i = 0; i < count; i++)
		add_step(plan, id, ids[i], INVENTORY_NONE);
	for (uint32_t i = 0; i < repository->tag_count; i++) {
		uint32_t tag = repository->first_tag + i;
		uint32_t manifest = inventory->tags[tag].manifest;

		if (plan->tags[tag].goes && !plan->manifests[manifest].goes)
			add_step(plan, id, manifest, tag);
	}
}

static void decide_steps(struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;
	CLEANUP(free_p) uint32_t *rank = xcalloc(inventory->manifest_count + 1, sizeof *rank);

	draft->plan->steps = xcalloc(draft->plan->tags_going + draft->plan->manifests_going + 1,
				     sizeof *draft->plan->steps);
	for (uint32_t r = 0; r < inventory->repository_count; r++)
		add_steps(draft, r, rank, draft->queue);
}

static struct plan *new_plan(const struct inventory *inventory, const struct policy *policy,
			     int64_t now)
{
	struct plan *plan = xcalloc(1, sizeof *plan);

	plan->cutoff = policy_cutoff(policy, now);
	plan->age_from = policy->config->cleanup.age_from;
	plan->unknown_age = policy->config->cleanup.unknown_age;
	plan->now = now;
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
			       .blobs = blobs,
			       .queue = queue };

	plan_graph_build(&draft.graph, inventory);
	plan_dates(inventory, draft.plan->manifests);
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		draft.plan->tags[t].holder = INVENTORY_NONE;
		draft.plan->tags[t].reasons = own_reasons(&draft, t);
	}
	select_manifests(&draft);
	keep_manifests(&draft);
	decide_manifests(&draft);
	decide_tags(&draft);
	plan_holders_manifests(inventory, &draft.graph, selected, kept, draft.plan);
	decide_steps(&draft);
	plan_graph_clear(&draft.graph);
	return draft.plan;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->tags);
	free(plan->manifests);
	free(plan->repositories);
	free(plan->steps);
	free(plan);
}

const char *plan_reason_name(enum plan_reason reason)
{
	static const char *const NAMES[PLAN_REASONS] = {
		"old",
		"subject_deleted",
		"protected_tag",
		"protected_pattern",
		"protected_repository",
		"recent",
		"unknown_age",
		"unreadable",
		"missing_manifest",
		"incomplete_repository",
		"shared_digest",
		"index_kept",
		"subject_kept",
		"orphan",
		"changed",
	};

	return NAMES[__builtin_ctz(reason)];
}
