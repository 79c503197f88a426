/* The writing: one fsync for what was added, what became of it, and deletes that were cut, which
 * this run finishes. */
#include "apply/journal.h"

#include "apply/recheck.h"
#include "apply/shared.h"
#include "apply/worker.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "registry/api.h"
#include "util/date.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <stdint.h>

int apply_journal_sync(struct worker *worker, struct err *err)
{
	if (undo_journal_sync(worker->apply->journal, err) < 0) {
		worker->apply->end = APPLY_UNWRITTEN;
		return -1;
	}
	for (size_t i = 0; i < worker->count; i++) {
		if (worker->steps[i].journal == STEP_ADDED)
			worker->steps[i].journal = STEP_DURABLE;
	}
	return 0;
}

bool apply_journal_has(const struct step *step)
{
	return step->journal == STEP_DURABLE;
}

void apply_journal_tell_of(const struct apply *apply, enum undo_fate fate, const char *repository,
			   const char *digest, const char *tag)
{
	struct err err = { 0 };

	if (undo_journal_tell(apply->journal, fate, repository, digest, tag, &err) < 0)
		log_warning("%s", err.msg);
}

void apply_journal_tell(const struct worker *worker, const struct step *step, enum undo_fate fate)
{
	const struct inventory *inventory = worker->apply->inventory;

	if (step->journal == STEP_UNWRITTEN)
		return;
	apply_journal_tell_of(worker->apply, fate, worker->name,
			      inventory_digest(inventory, step->manifest),
			      step->tag == INVENTORY_NONE ? NULL : inventory->tags[step->tag].name);
}

void apply_journal_describe(const struct apply *apply, uint32_t tag, struct undo_tag *out)
{
	const struct inventory_tag *entry = &apply->inventory->tags[tag];

	*out = (struct undo_tag){ .name = (char *)(uintptr_t)entry->name,
				  .created_at = DATE_ABSENT,
				  .pushed_at = entry->pushed,
				  .seen_at = entry->seen,
				  .pulled_at = entry->pulled };
	if (entry->manifest != INVENTORY_NONE)
		out->created_at = apply->plan->manifests[entry->manifest].created;
	for (unsigned bit = 0; bit < PLAN_REASONS; bit++) {
		if (apply->plan->tags[tag].reasons >> bit & 1)
			string_list_add(&out->reasons, xstrdup(PLAN_REASON_ROWS[bit].name));
	}
}

static const char *repository_of(const struct apply *apply, uint32_t manifest)
{
	const struct inventory *inventory = apply->inventory;

	return inventory->repositories[inventory->manifests[manifest].repository].name;
}

static int add(struct apply *apply, const struct undo_manifest *manifest, struct err *err)
{
	int result = manifest->whole ? undo_journal_add_manifest(apply->journal, manifest, err)
				     : undo_journal_add_tags(apply->journal, manifest, err);

	if (result == 0 && undo_journal_sync(apply->journal, err) == 0)
		return 0;
	apply->end = APPLY_UNWRITTEN;
	return -1;
}

int apply_journal_cut(struct apply *apply, uint32_t manifest, const struct api_body *body,
		      const uint32_t *tags, size_t count, bool by_name, struct err *err)
{
	struct undo_manifest out = {
		.repository = (char *)(uintptr_t)repository_of(apply, manifest),
		.digest = (char *)(uintptr_t)inventory_digest(apply->inventory, manifest),
		.media_type = (char *)(uintptr_t)body->type,
		.body = (char *)(uintptr_t)body->bytes,
		.body_length = body->length,
		.whole = !by_name,
		.tag_count = count,
	};
	int result;

	out.tags = xcalloc(count + 1, sizeof *out.tags);
	for (size_t i = 0; i < count; i++)
		apply_journal_describe(apply, tags[i], &out.tags[i]);
	result = add(apply, &out, err);
	for (size_t i = 0; i < count; i++)
		string_list_clear(&out.tags[i].reasons);
	free(out.tags);
	return result;
}

void apply_journal_tell_cut(const struct apply *apply, enum undo_fate fate, uint32_t manifest,
			    const uint32_t *tags, size_t count, bool by_name)
{
	const char *name = repository_of(apply, manifest);

	if (!by_name)
		apply_journal_tell_of(apply, fate, name,
				      inventory_digest(apply->inventory, manifest), NULL);
	for (size_t i = 0; i < count && by_name; i++)
		apply_journal_tell_of(apply, fate, name, NULL,
				      apply->inventory->tags[tags[i]].name);
}
