/* What a plan decides about a registry of world.h, in words that a table can hold. */
#ifndef PLAN_WORDS_H
#define PLAN_WORDS_H

#include "plan/explain.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "world.h"

/* The one-letter name of a manifest. */
static inline void words_manifest(struct buf *out, const struct inventory *inventory, uint32_t id)
{
	for (char letter[] = "A"; letter[0] <= 'Z'; letter[0]++) {
		char digest[DIGEST_TEXT];

		if (strcmp(world_digest(letter, digest), inventory_digest(inventory, id)) == 0)
			buf_text(out, letter);
	}
}

/* A tag as world.h spells it. */
static inline void words_tag(struct buf *out, const struct inventory *inventory, uint32_t tag)
{
	const char *name = inventory->tags[tag].name;
	uint32_t subject = inventory->tags[tag].named_subject;

	if (strncmp(name, "sha256-", 7) != 0) {
		buf_text(out, name);
		return;
	}
	buf_format(out, "%s:", name[71] ? name + 72 : "bare");
	for (char letter[] = "A"; letter[0] <= 'Z' && subject == INVENTORY_NONE; letter[0]++) {
		char digest[DIGEST_TEXT];

		if (strcmp(world_digest(letter, digest) + 7, name + 7) == 0)
			buf_text(out, letter);
	}
	if (subject != INVENTORY_NONE)
		words_manifest(out, inventory, subject);
}

static inline void words_decision(struct buf *out, const struct inventory *inventory,
				  const struct plan *plan, uint32_t tag)
{
	words_tag(out, inventory, tag);
	buf_text(out, plan->tags[tag].goes ? " goes" : " stays");
	for (unsigned i = 0; i < PLAN_REASONS; i++) {
		enum plan_reason reason = (enum plan_reason)(UINT64_C(1) << i);

		if (!(plan->tags[tag].reasons & reason))
			continue;
		buf_format(out, " %s", plan_reason_name(reason));
		if (reason != REASON_SHARED_DIGEST && reason != REASON_INDEX_KEPT &&
		    reason != REASON_PART_KEPT)
			continue;
		buf_text(out, "(");
		if (reason == REASON_SHARED_DIGEST || reason == REASON_PART_KEPT)
			words_tag(out, inventory, plan->tags[tag].blocker);
		else
			words_manifest(out, inventory, plan->tags[tag].blocker);
		buf_text(out, ")");
	}
	buf_text(out, "\n");
}

/* Each tag has a line `TAG goes|stays REASONS`, then `delete: …` names what is sent, in order (`tag
 * TAG` for a single tag); letters stand for manifests. */
static inline void words_plan(struct buf *out, const struct inventory *inventory,
			      const struct plan *plan)
{
	for (uint32_t t = 0; t < inventory->tag_count; t++)
		words_decision(out, inventory, plan, t);
	buf_text(out, "delete:");
	for (size_t i = 0; i < plan->step_count; i++) {
		if (plan->steps[i].tag != INVENTORY_NONE) {
			buf_text(out, " tag ");
			words_tag(out, inventory, plan->steps[i].tag);
		} else {
			buf_text(out, " ");
			words_manifest(out, inventory, plan->steps[i].manifest);
		}
	}
}

#endif
