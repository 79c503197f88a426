/* Builds a fresh inventory of one repository, lets the same pure plan decide on it, and takes from
 * the old plan what the new one does not confirm. Nothing can be added this way. */
#include "apply/recheck.h"

#include "apply/recheck_cached.h"
#include "apply/recheck_untagged.h"
#include "apply/shared.h"
#include "apply/view.h"
#include "config/config.h"
#include "inventory/inventory.h"
#include "policy/policy.h"
#include "registry/api.h"
#include "scan_api/load.h"
#include "scan_storage/load.h"
#include "scan_storage/push_times.h"
#include "scan_storage/unlisted.h"
#include "state/holds_file.h"
#include "storage/links.h"
#include "undo/restored.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

struct look {
	const struct apply *apply;
	uint32_t repository;
	struct step *steps;
	size_t count;
	struct view *view;
	bool moved;
	struct inventory *fresh;
	struct inventory_look order;
	bool *cached;         /* by manifest of the old inventory, or NULL: none is */
	struct strtab *names; /* of the fresh tags: number = index into fresh->tags */
	look_done done;
	void *ctx;
};

/* The manifest of the fresh inventory with the digest of MANIFEST of the old one. */
static uint32_t fresh_manifest(const struct look *look, uint32_t manifest)
{
	return inventory_manifest_find(look->fresh, 0,
				       inventory_digest(look->apply->inventory, manifest));
}

/* The fresh tag with the name of TAG of the old inventory, or INVENTORY_NONE. */
static uint32_t fresh_tag(const struct look *look, uint32_t tag)
{
	const char *name = look->apply->inventory->tags[tag].name;
	uint32_t number = strtab_find(look->names, name, strlen(name));

	return number == STRTAB_NONE ? INVENTORY_NONE : number;
}

/* What was only remembered, and could not be fetched when its batch was chosen, is asked for again:
 * whether its parts may go hangs on it (recheck_cached_keep_parts). */
static bool is_asked_for(const struct look *look, const struct step *step)
{
	if (step->tag != INVENTORY_NONE)
		return false;
	return step->state == STEP_TO_DO ||
	       (step->state == STEP_CHANGED && look->cached && look->cached[step->manifest]);
}

/* Steps still to do are pending deletes in the fresh plan. */
static void add_debts(struct look *look)
{
	for (size_t i = 0; i < look->count; i++) {
		const struct step *step = &look->steps[i];

		if (is_asked_for(look, step)) {
			const struct inventory *inventory = look->apply->inventory;
			const struct inventory_manifest *planned =
				&inventory->manifests[step->manifest];
			uint32_t id = inventory_manifest(
				look->fresh, 0, inventory_digest(inventory, step->manifest));

			look->fresh->manifests[id].pending = true;
			look->fresh->manifests[id].pending_since =
				planned->pending ? planned->pending_since : look->apply->now;
		}
	}
}

/* A debt that was not there when the registry was listed had been paid by an earlier run. */
static bool was_deleted(const struct inventory_manifest *manifest)
{
	return manifest->gone || (manifest->pending && manifest->kind == MANIFEST_MISSING);
}

/* Subjects that are missing because we, or an earlier run, deleted them. */
static void mark_gone(struct look *look)
{
	const struct inventory *inventory = look->apply->inventory;

	for (uint32_t m = 0; m < look->fresh->manifest_count; m++) {
		uint32_t before = inventory_manifest_find(inventory, look->repository,
							  inventory_digest(look->fresh, m));

		if (before != INVENTORY_NONE)
			look->fresh->manifests[m].gone = was_deleted(&inventory->manifests[before]);
	}
}

/* What is known of pulls holds for tags that are as they were; of others it is not known. */
static void copy_pulls(struct look *look)
{
	const struct inventory *inventory = look->apply->inventory;
	const struct inventory_repository *repository = &inventory->repositories[look->repository];

	look->fresh->pulls_since = inventory->pulls_since;
	for (uint32_t i = 0; i < repository->tag_count; i++) {
		uint32_t tag = repository->first_tag + i;
		uint32_t now = fresh_tag(look, tag);
		uint32_t before = inventory->tags[tag].manifest;

		if (now == INVENTORY_NONE || before == INVENTORY_NONE ||
		    look->fresh->tags[now].state != TAG_READ ||
		    look->fresh->tags[now].manifest != fresh_manifest(look, before))
			continue;
		look->fresh->tags[now].pulled = inventory->tags[tag].pulled;
		look->fresh->tags[now].seen = inventory->tags[tag].seen;
	}
}

static void hold(struct look *look, uint32_t fresh_id)
{
	if (fresh_id != INVENTORY_NONE)
		look->fresh->manifests[fresh_id].held = true;
}

/* A manifest that lost a tag, or gained one, since it was planned is not the one that was planned.
 * Tags that we deleted ourselves are no loss. */
static void hold_what_changed(struct look *look)
{
	const struct inventory *inventory = look->apply->inventory;
	const struct inventory_repository *repository = &inventory->repositories[look->repository];
	CLEANUP(free_p) bool *seen = xcalloc(look->fresh->tag_count + 1, sizeof *seen);

	for (uint32_t i = 0; i < repository->tag_count; i++) {
		uint32_t tag = repository->first_tag + i;
		uint32_t now = fresh_tag(look, tag);
		uint32_t before = inventory->tags[tag].manifest;

		if (look->apply->outcome->tags[tag] == TAG_DELETED || before == INVENTORY_NONE)
			continue;
		before = fresh_manifest(look, before);
		if (now != INVENTORY_NONE && look->fresh->tags[now].state == TAG_READ &&
		    look->fresh->tags[now].manifest == before) {
			seen[now] = true;
			continue;
		}
		hold(look, before);
	}
	for (uint32_t t = 0; t < look->fresh->tag_count; t++) {
		if (!seen[t] && look->fresh->tags[t].state == TAG_READ)
			hold(look, look->fresh->tags[t].manifest);
	}
}

/* A manifest that an earlier recheck kept stays with its parts and signatures. */
static void hold_what_stays(struct look *look)
{
	for (size_t i = 0; i < look->count; i++) {
		const struct step *step = &look->steps[i];

		if (step->tag == INVENTORY_NONE &&
		    (step->state == STEP_CHANGED || step->state == STEP_DROPPED))
			hold(look, fresh_manifest(look, step->manifest));
	}
}

static bool still_planned(const struct look *look, const struct plan *plan, const struct step *step)
{
	uint32_t manifest = fresh_manifest(look, step->manifest);
	uint32_t tag;

	if (manifest == INVENTORY_NONE)
		return false;
	if (step->tag == INVENTORY_NONE)
		return plan->manifests[manifest].goes;
	tag = fresh_tag(look, step->tag);
	return tag != INVENTORY_NONE && look->fresh->tags[tag].manifest == manifest &&
	       plan->tags[tag].goes;
}

static void compare(struct look *look)
{
	struct plan *plan;

	look->names = strtab_new();
	for (uint32_t t = 0; t < look->fresh->tag_count; t++)
		strtab_add(look->names, look->fresh->tags[t].name,
			   strlen(look->fresh->tags[t].name));
	mark_gone(look);
	copy_pulls(look);
	if (storage_is_own(*look->apply->trust))
		push_times_check_pending(look->fresh, look->apply->layout);
	hold_what_changed(look);
	hold_what_stays(look);
	recheck_untagged_keep(look->apply, look->steps, look->count, look->fresh);
	recheck_cached_keep_parts(look->cached, look->apply->inventory, look->repository,
				  look->fresh);
	plan = plan_build(look->fresh, look->apply->policy, look->apply->now);
	for (size_t i = 0; i < look->count; i++) {
		struct step *step = &look->steps[i];

		if (step->state == STEP_TO_DO && !still_planned(look, plan, step))
			step->state = STEP_CHANGED;
	}
	plan_free(plan);
	strtab_free(look->names);
}

/* The API does not tell when a tag was pushed; a link that names another manifest does not either.
 */
static void read_pushes(struct look *look)
{
	struct inventory *fresh = look->fresh;
	const struct apply *apply = look->apply;

	if (!storage_is_own(*apply->trust) || apply->inventory->pushes_copied ||
	    apply->inventory->restored_unknown)
		return;
	for (uint32_t t = 0; t < fresh->tag_count; t++) {
		struct inventory_tag *tag = &fresh->tags[t];
		struct link link = links_tag(apply->layout, fresh->repositories[0].name, tag->name);

		if (link.state == LINK_READ && tag->state == TAG_READ &&
		    strcmp(link.digest, inventory_digest(fresh, tag->manifest)) == 0)
			tag->pushed = link.written;
	}
}

/* What was restored has the times that it was planned with, unless it was pushed meanwhile. */
static void apply_restored(struct look *look)
{
	const struct apply *apply = look->apply;

	if (apply->restored && !apply->inventory->restored_unknown &&
	    !apply->inventory->pushes_copied)
		restored_apply_again(apply->restored, look->fresh,
				     storage_is_own(*apply->trust) ? apply->layout : NULL);
}

int recheck_holds(const struct apply *apply, struct err *err)
{
	return apply->holds ? holds_file_read(apply->state, apply->holds, err) : 0;
}

static void on_read(void *ctx)
{
	struct look *look = ctx;
	const char *trouble;
	struct err err = { 0 };

	if (!look->fresh->from_storage && look->apply->layout) {
		(void)scan_storage_unlisted(look->fresh, look->apply->layout, 0);
		read_pushes(look);
	} else if (look->apply->inventory->pushes_copied ||
		   look->apply->inventory->restored_unknown) {
		push_times_forget(look->fresh);
	}
	apply_restored(look);
	trouble = look->fresh->repositories[0].trouble;
	if (!trouble && recheck_holds(look->apply, &err) < 0)
		trouble = err.msg;
	if (!trouble) {
		compare(look);
		look->moved = view_take(look->view, look->fresh, 0);
		recheck_cached_settle(look->cached, look->apply->inventory, look->repository,
				      look->fresh);
	}
	look->done(look->ctx, trouble, look->moved);
	free(look->cached);
	inventory_free(look->fresh);
	free(look);
}

static void begin_fresh(struct look *look)
{
	const struct inventory *inventory = look->apply->inventory;

	inventory_free(look->fresh);
	look->fresh = inventory_new();
	look->fresh->server = inventory->server;
	inventory_repository(look->fresh, inventory->repositories[look->repository].name);
	add_debts(look);
}

static void ask_registry(struct look *look)
{
	const struct apply *apply = look->apply;

	begin_fresh(look);
	look->order =
		(struct inventory_look){ .fresh = look->fresh,
					 .known = apply->inventory,
					 .reread = look->cached,
					 .protected_tags =
						 &apply->policy->config->cleanup.protected_tags,
					 .window = apply->window,
					 .done = on_read,
					 .ctx = look };
	rescan_begin(&look->order, apply->api);
}

static bool has_same_tags(const struct inventory *fresh, const struct api_list *list)
{
	struct strtab *names = strtab_new();
	bool same = list->count == fresh->tag_count;

	for (size_t i = 0; i < list->count; i++)
		strtab_add(names, list->names[i], strlen(list->names[i]));
	for (uint32_t t = 0; t < fresh->tag_count && same; t++)
		same = strtab_find(names, fresh->tags[t].name, strlen(fresh->tags[t].name)) !=
		       STRTAB_NONE;
	strtab_free(names);
	return same;
}

/* The folder may stand for the registry as long as both name the same tags; else the registry is
 * asked for every one of them. */
static void on_listed(void *ctx, const struct api_list *list)
{
	struct look *look = ctx;
	const struct apply *apply = look->apply;
	struct storage_look order = {
		.known = apply->inventory,
		.reread = look->cached,
		.protected_tags = &apply->policy->config->cleanup.protected_tags,
	};
	struct err err;

	begin_fresh(look);
	order.fresh = look->fresh;
	if (!list->trouble && scan_storage_look(&order, apply->layout, &err) == 0 &&
	    has_same_tags(look->fresh, list))
		on_read(look);
	else
		ask_registry(look);
}

void recheck_begin(const struct apply *apply, uint32_t repository, struct step *steps, size_t count,
		   struct view *view, look_done done, void *ctx)
{
	struct look *look = xcalloc(1, sizeof *look);

	*look = (struct look){ .apply = apply,
			       .repository = repository,
			       .steps = steps,
			       .count = count,
			       .view = view,
			       .cached = recheck_cached_new(apply->inventory, repository),
			       .done = done,
			       .ctx = ctx };
	if (*apply->trust == STORAGE_CONFIRMED)
		tags_list(apply->api, apply->inventory->repositories[repository].name, on_listed,
			  look);
	else
		ask_registry(look);
}
