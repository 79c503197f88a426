/* Who points at a manifest: the inventory's edges turned round, for the plan alone. */
#ifndef PLAN_GRAPH_H
#define PLAN_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;

/* By their names the tag PART may be a part of what the tag WHOLE points at, where nothing else
 * tells that (S3). */
struct plan_part {
	uint32_t whole, part;
};

/* For each manifest a run of ITEMS: first[m] … first[m + 1]. */
struct plan_edges {
	uint32_t *first;
	uint32_t *items;
};

struct plan_graph {
	const struct inventory *inventory; /* borrowed */
	struct plan_edges tags;            /* tags that point at it */
	struct plan_edges parents;         /* indexes that list it */
	struct plan_edges describers;      /* manifests that describe it: SUBJECTS turned round */
	struct plan_edges namers;          /* tags whose name says that they describe it (S4) */
	struct plan_part *pairs;           /* each of another manifest than its whole */
	size_t pair_count;
	struct plan_edges parts;  /* tags that may be parts of it: PAIRS by their wholes */
	struct plan_edges wholes; /* manifests that it may be a part of: PAIRS by their parts */
	/* Of each manifest: what it describes, by its `subject` or as a superseded fallback index;
	 * else INVENTORY_NONE. */
	uint32_t *subjects;
};

void plan_graph_build(struct plan_graph *graph, const struct inventory *inventory);
void plan_graph_clear(struct plan_graph *graph);

/* S4: the manifest that TAG describes by its name, or INVENTORY_NONE: sha256-….<word> always, a
 * bare sha256-… only when it is an index that lists nothing, as far as that is there, but what has
 * that subject, or when nobody can tell (MANIFEST_OPAQUE). */
uint32_t plan_graph_named_subject(const struct inventory *inventory, uint32_t tag);

/* Whether TAG, which was read, belongs to another manifest, by its name or by its own manifest's
 * `subject`, and no rule selects it (S4). One that names its own manifest does not. */
bool plan_graph_follows(const struct inventory *inventory, uint32_t tag);

/* Whether TAG is such a bare one. */
bool plan_graph_is_fallback(const struct inventory *inventory, uint32_t tag);

/* Whether MANIFEST is an index that no tag points at and that lists nothing, as far as that is
 * there, but what has one and the same subject: it was that one's fallback index until another took
 * its tag. */
bool plan_graph_is_superseded(const struct plan_graph *graph, uint32_t manifest);
/* The one subject of all that INDEX lists, as far as that is there; INVENTORY_NONE where it lists
 * anything else, or nothing. */
uint32_t plan_graph_listed_subject(const struct inventory *inventory, uint32_t index);
/* Of each manifest: whether it is a list of referrers, by its tag or as a superseded one. The
 * caller frees it. */
bool *plan_graph_referrer_lists(const struct inventory *inventory);

#endif
