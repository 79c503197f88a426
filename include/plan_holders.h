/* What holds a tag or a manifest that would go otherwise. For src/plan.c only. */
#ifndef PLAN_HOLDERS_H
#define PLAN_HOLDERS_H

#include "plan.h"

struct inventory;
struct plan_graph;

/* Reasons that keep a tag by themselves; the others say why it goes, or that something else holds
 * it. */
#define PLAN_KEEPING                                                                     \
	(REASON_PROTECTED_TAG | REASON_PROTECTED_PATTERN | REASON_PROTECTED_REPOSITORY | \
	 REASON_RECENT | REASON_UNKNOWN_AGE | REASON_UNREADABLE | REASON_MISSING |       \
	 REASON_INCOMPLETE | REASON_SUBJECT_KEPT | REASON_ORPHAN | REASON_CHANGED)

/* Names what holds TAG, which stays and has no reason of its own for that: another tag of its
 * digest, or an index that lists it. KEPT: of each manifest, whether it stays. */
void plan_holders_tag(const struct inventory *inventory, const struct plan_graph *graph,
		      const bool *kept, struct plan *plan, uint32_t tag);
/* Names, for each manifest that is SELECTED, has no tag and stays, an index that stays, has no tag
 * either, and lists it. */
void plan_holders_manifests(const struct inventory *inventory, const struct plan_graph *graph,
			    const bool *selected, const bool *kept, struct plan *plan);

#endif
