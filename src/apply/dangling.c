/* One manifest after the other, one request at a time: this is rare. */
#include "apply/dangling.h"

#include "apply/again.h"
#include "apply/ask.h"
#include "apply/journal.h"
#include "apply/recheck.h"
#include "apply/record.h"
#include "apply/shared.h"
#include "apply/worker.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "lists/holds.h"
#include "policy/policy.h"
#include "registry/api.h"
#include "state/state.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

struct item {
	uint32_t manifest;
	uint32_t *tags; /* of the inventory */
	size_t tag_count;
	char *type;
	struct buf body;
	bool finished;
	bool hopeless; /* it cannot be finished any more */
	bool restored; /* it is finished, and the manifest is there again */
};

struct dangling {
	struct item *items;
	size_t count, capacity;
};

static void add(struct dangling *dangling, const struct apply *apply, uint32_t id,
		const struct record_manifest *manifest)
{
	const struct inventory *inventory = apply->inventory;
	const struct inventory_repository *repository =
		&inventory->repositories[inventory->manifests[id].repository];
	struct item item = { .manifest = id };

	item.tags = xcalloc((size_t)repository->tag_count + 1, sizeof *item.tags);
	for (uint32_t t = repository->first_tag; t < repository->first_tag + repository->tag_count;
	     t++) {
		const char *name = inventory->tags[t].name;

		if (inventory->tags[t].state == TAG_MISSING &&
		    strtab_find(manifest->tags, name, strlen(name)) != STRTAB_NONE)
			item.tags[item.tag_count++] = t;
	}
	if (item.tag_count == 0) {
		free(item.tags);
		return;
	}
	item.type = xstrdup(manifest->type);
	buf_add(&item.body, buf_string(&manifest->body), manifest->body.length);
	GROW(dangling->items, dangling->count, dangling->capacity);
	dangling->items[dangling->count++] = item;
}

static void find_in(struct dangling *dangling, const struct apply *apply, uint32_t repository)
{
	const struct inventory *inventory = apply->inventory;
	CLEANUP(record_clear) struct record record = { 0 };

	record_read(&record, apply->state, inventory->repositories[repository].name);
	for (size_t i = 0; i < record.count; i++) {
		uint32_t id =
			inventory_manifest_find(inventory, repository, record.manifests[i].digest);

		if (id != INVENTORY_NONE && inventory->manifests[id].pending &&
		    inventory->manifests[id].kind == MANIFEST_MISSING)
			add(dangling, apply, id, &record.manifests[i]);
	}
}

struct dangling *dangling_find(const struct apply *apply)
{
	const struct inventory *inventory = apply->inventory;
	struct dangling *dangling = xcalloc(1, sizeof *dangling);
	CLEANUP(free_p) bool *read = xcalloc(inventory->repository_count + 1, sizeof *read);

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		uint32_t repository = inventory->manifests[m].repository;

		if (!inventory->manifests[m].pending ||
		    inventory->manifests[m].kind != MANIFEST_MISSING || read[repository])
			continue;
		read[repository] = true;
		find_in(dangling, apply, repository);
	}
	if (dangling->count > 0)
		return dangling;
	free(dangling);
	return NULL;
}

void dangling_free(struct dangling *dangling)
{
	for (size_t i = 0; dangling && i < dangling->count; i++) {
		free(dangling->items[i].tags);
		free(dangling->items[i].type);
		buf_free(&dangling->items[i].body);
	}
	if (dangling)
		free(dangling->items);
	free(dangling);
}

bool dangling_has(const struct dangling *dangling, uint32_t manifest)
{
	for (size_t i = 0; dangling && i < dangling->count; i++) {
		if (dangling->items[i].manifest == manifest)
			return true;
	}
	return false;
}

static uint32_t repository_of(const struct apply *apply, const struct item *item)
{
	return apply->inventory->manifests[item->manifest].repository;
}

bool dangling_blocks(const struct dangling *dangling, const struct apply *apply,
		     uint32_t repository)
{
	for (size_t i = 0; dangling && i < dangling->count; i++) {
		if (!dangling->items[i].finished &&
		    repository_of(apply, &dangling->items[i]) == repository)
			return true;
	}
	return false;
}

static bool goes_by_name(const struct apply *apply)
{
	return apply->inventory->server.tag_delete == TAG_DELETE_YES;
}

static bool may_finish(const struct apply *apply, const struct item *item)
{
	const struct inventory_repository *repository =
		&apply->inventory->repositories[repository_of(apply, item)];

	return !item->finished && !repository->trouble &&
	       policy_targets(apply->policy, repository->name) &&
	       !policy_protects_repository(apply->policy, repository->name);
}

bool dangling_needs_blobs(const struct dangling *dangling, const struct apply *apply)
{
	bool by_name = goes_by_name(apply);

	for (size_t i = 0; dangling && i < dangling->count && !by_name; i++) {
		const struct item *item = &dangling->items[i];
		const char *name = apply->inventory->repositories[repository_of(apply, item)].name;

		if (!item->finished && !item->hopeless &&
		    !policy_protects_repository(apply->policy, name))
			return true;
	}
	return false;
}

uint32_t dangling_repository(const struct dangling *dangling, const struct apply *apply)
{
	for (size_t i = 0; dangling && i < dangling->count; i++) {
		if (may_finish(apply, &dangling->items[i]))
			return repository_of(apply, &dangling->items[i]);
	}
	return INVENTORY_NONE;
}

/* By name, each directly after it was seen to dangle. What somebody has pushed anew is no business
 * of ours. */
static bool delete_tags(const struct apply *apply, struct item *item, const char *name,
			struct reply *reply)
{
	size_t kept = 0;

	for (size_t i = 0; i < item->tag_count; i++) {
		const char *tag = apply->inventory->tags[item->tags[i]].name;
		int64_t asked_ms = time_monotonic_ms();

		ask_get(apply, name, tag, reply);
		if (reply->outcome == API_OK)
			continue;
		if (reply->outcome != API_ABSENT ||
		    !ask_delete(apply, name, tag, asked_ms + APPLY_BATCH_MS, reply))
			return false;
		item->tags[kept++] = item->tags[i];
	}
	item->tag_count = kept;
	return true;
}

struct own {
	const struct apply *apply;
	const struct item *item;
};

static bool is_own(const void *ctx, const char *name)
{
	const struct own *own = ctx;

	for (size_t i = 0; i < own->item->tag_count; i++) {
		if (strcmp(own->apply->inventory->tags[own->item->tags[i]].name, name) == 0)
			return true;
	}
	return false;
}

static bool delete_again(const struct apply *apply, struct item *item, const char *name,
			 struct reply *reply)
{
	const struct own own = { apply, item };
	const struct again again = {
		.name = name,
		.digest = inventory_digest(apply->inventory, item->manifest),
		.body = { buf_string(&item->body), item->body.length, item->type },
		.is_own = is_own,
		.ctx = &own,
	};
	enum again_result result = again_run(apply, &again, reply);

	item->hopeless = result == AGAIN_HOPELESS;
	item->restored = result == AGAIN_RESTORED;
	return result == AGAIN_DONE || result == AGAIN_RESTORED;
}

static bool are_gone(const struct apply *apply, const struct item *item, const char *name,
		     struct reply *reply)
{
	bool gone;

	ask_list(apply, name, reply);
	gone = reply->names != NULL;
	for (size_t i = 0; i < item->tag_count && gone; i++) {
		const char *tag = apply->inventory->tags[item->tags[i]].name;
		struct reply again;

		if (strtab_find(reply->names, tag, strlen(tag)) == STRTAB_NONE)
			continue;
		ask_get(apply, name, tag, &again);
		gone = again.outcome == API_OK; /* pushed anew */
		snprintf(reply->why, sizeof reply->why, "tag %.200s is still listed", tag);
	}
	strtab_free(reply->names);
	reply->names = NULL;
	return gone;
}

static void told(const struct apply *apply, const struct item *item, const char *name)
{
	struct err err = { 0 };

	apply_journal_tell_cut(apply, item->restored ? UNDO_KEPT : UNDO_DELETED, item->manifest,
			       item->tags, item->tag_count, goes_by_name(apply));
	for (size_t i = 0; i < item->tag_count; i++) {
		uint32_t tag = item->tags[i];
		const char *tag_name = apply->inventory->tags[tag].name;

		log_about(LOG_LEVEL_INFO,
			  (const struct log_field[]){ { .name = "event", .text = "deleted" },
						      { .name = "repository", .text = name },
						      { .name = "tag", .text = tag_name },
						      { 0 } },
			  "deleted %s:%s, which an earlier run had left without its manifest", name,
			  tag_name);
		apply->outcome->tags[tag] = TAG_DELETED;
		apply->outcome->tags_deleted++;
	}
	if (state_clear_pending(apply->state, name,
				inventory_digest(apply->inventory, item->manifest), !item->restored,
				&err) < 0)
		log_warning("%s: %s", name, err.msg);
}

/* Leaves those alone that somebody has pushed anew. False: that cannot be told. */
static bool drop_pushed(const struct apply *apply, struct item *item, const char *name,
			struct reply *reply)
{
	size_t kept = 0;

	for (size_t i = 0; i < item->tag_count; i++) {
		ask_get(apply, name, apply->inventory->tags[item->tags[i]].name, reply);
		if (reply->outcome == API_ABSENT)
			item->tags[kept++] = item->tags[i];
		else if (reply->outcome != API_OK)
			return false;
	}
	item->tag_count = kept;
	return true;
}

static bool try_to_finish(const struct apply *apply, struct item *item, const char *name,
			  struct reply *reply)
{
	bool by_name = goes_by_name(apply);

	/* Somebody pushed it: then it is no business of ours before the next look. */
	ask_get(apply, name, inventory_digest(apply->inventory, item->manifest), reply);
	if (reply->outcome == API_OK)
		snprintf(reply->why, sizeof reply->why, "it was pushed again");
	if (reply->outcome != API_ABSENT || !drop_pushed(apply, item, name, reply))
		return false;
	return item->tag_count == 0 || ((by_name ? delete_tags(apply, item, name, reply)
						 : delete_again(apply, item, name, reply)) &&
					are_gone(apply, item, name, reply));
}

static int write_down(struct apply *apply, const struct item *item, struct err *err)
{
	const struct api_body body = { buf_string(&item->body), item->body.length, item->type };

	return apply_journal_cut(apply, item->manifest, &body, item->tags, item->tag_count,
				 goes_by_name(apply), err);
}

static void finish(const struct apply *apply, struct item *item)
{
	const char *name = apply->inventory->repositories[repository_of(apply, item)].name;
	const char *tag = apply->inventory->tags[item->tags[0]].name;
	struct reply reply;

	item->finished = try_to_finish(apply, item, name, &reply);
	if (item->finished) {
		told(apply, item, name);
		return;
	}
	apply->outcome->failures++;
	log_error("%s: tag %s is left over from manifest %s, whose deletion was cut, and cannot be "
		  "deleted: %s; push that tag anew, or remove its folder from the storage; this "
		  "repository is left for the next run",
		  name, tag, inventory_digest(apply->inventory, item->manifest), reply.why);
}

/* The hold that counts of ITEM, by its digest or one of its tags, or NULL. */
static const struct hold *hold_of(const struct apply *apply, const struct item *item)
{
	const char *name = apply->inventory->repositories[repository_of(apply, item)].name;
	CLEANUP(free_p)
	char *whole = xasprintf("%s@%s", name, inventory_digest(apply->inventory, item->manifest));
	const struct hold *hold = holds_find(apply->holds, whole);

	if (hold && holds_is_valid(hold, apply->now))
		return hold;
	hold = NULL;
	for (size_t i = 0; i < item->tag_count && !hold; i++)
		hold = holds_find_tag(apply->holds, name,
				      apply->inventory->tags[item->tags[i]].name, apply->now);
	return hold;
}

/* Somebody holds it, and is told that it is of no use as it is: to delete its other tags, all would
 * go. */
static bool is_held(const struct apply *apply, const struct item *item)
{
	const struct hold *hold = apply->holds ? hold_of(apply, item) : NULL;

	if (!hold)
		return false;
	apply->outcome->failures++;
	log_error("%s is held, but its image is gone since an earlier run was cut; push it anew, "
		  "or release it; this repository is left for the next run",
		  hold->name);
	return true;
}

int dangling_run(struct dangling *dangling, struct apply *apply, struct err *err)
{
	for (size_t i = 0; dangling && i < dangling->count; i++) {
		uint32_t repository = repository_of(apply, &dangling->items[i]);

		if (recheck_holds(apply, err) < 0) {
			/* The probes were sent, and perhaps more: it is no error of usage. */
			err->kind = ERR_IO;
			return -1;
		}
		if (may_finish(apply, &dangling->items[i]) &&
		    !is_held(apply, &dangling->items[i])) {
			if (write_down(apply, &dangling->items[i], err) < 0)
				return -1;
			finish(apply, &dangling->items[i]);
		}
		if (!dangling_blocks(dangling, apply, repository))
			record_remove(apply->state,
				      apply->inventory->repositories[repository].name);
		if (http_run(apply->http, err) < 0)
			return -1;
	}
	return 0;
}
