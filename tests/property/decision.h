/* What plan_build decides on a random world, in the world's numbers, beside what naive.h does. */
#ifndef DECISION_H
#define DECISION_H

#include "naive.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "random_inventory.h"
#include "random_rules.h"

#include <stdarg.h>

struct decision {
	struct random_rules rules;
	struct inventory *inventory;
	struct plan *plan;
	struct random_map map;
	uint32_t manifest_of[RANDOM_MANIFESTS]; /* the map, backwards */
	uint32_t tag_of[RANDOM_TAGS];
	bool tag_goes[RANDOM_TAGS];
	bool manifest_goes[RANDOM_MANIFESTS];
	uint64_t reasons[RANDOM_TAGS];
};

/* The first thing that is wrong; "" as long as nothing is. */
struct fault {
	char text[400];
};

__attribute__((format(printf, 2, 3))) static inline bool fault_set(struct fault *fault,
								   const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fault->text, sizeof fault->text, format, arguments);
	va_end(arguments);
	return false;
}

/* STATE shuffles the order in which the inventory gets to know things; NULL does not. */
static inline void decision_make(struct decision *decision, const struct random_world *world,
				 uint64_t *state)
{
	struct random_order order;

	random_order(&order, world, state);
	decision->inventory = random_inventory(world, &order, &decision->map);
	random_rules(&decision->rules, world);
	decision->plan = plan_build(decision->inventory, decision->rules.policy, RANDOM_NOW);
	for (uint32_t t = 0; t < world->tag_count; t++) {
		const struct plan_tag *tag = &decision->plan->tags[decision->map.tags[t]];

		decision->tag_of[decision->map.tags[t]] = t;
		decision->tag_goes[t] = tag->goes;
		decision->reasons[t] = tag->reasons;
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		decision->manifest_of[decision->map.manifests[m]] = m;
		decision->manifest_goes[m] =
			decision->plan->manifests[decision->map.manifests[m]].goes;
	}
}

static inline void decision_clear(struct decision *decision)
{
	plan_free(decision->plan);
	random_rules_clear(&decision->rules);
	inventory_free(decision->inventory);
}

static inline bool manifest_agrees(const struct plan_manifest *manifest, const struct naive *naive,
				   uint32_t m)
{
	return manifest->in_use == naive->in_use[m] && manifest->untagged == naive->untagged[m];
}

/* Everything that NAIVE lets go goes, and nothing else. */
static inline bool decision_agrees(const struct random_world *world,
				   const struct decision *decision, const struct naive *naive,
				   struct fault *fault)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (decision->tag_goes[t] != naive->tag_goes[t])
			return fault_set(fault, "tag %s: the plan says %s", world->tags[t].name,
					 decision->tag_goes[t] ? "goes" : "stays");
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		int64_t created = decision->plan->manifests[decision->map.manifests[m]].created;

		if (decision->manifest_goes[m] != naive->manifest_goes[m])
			return fault_set(fault, "manifest m%" PRIu32 ": the plan says %s",
					 world->manifests[m].label,
					 decision->manifest_goes[m] ? "goes" : "stays");
		if (!manifest_agrees(&decision->plan->manifests[decision->map.manifests[m]], naive,
				     m))
			return fault_set(fault, "manifest m%" PRIu32 ": in use or untagged",
					 world->manifests[m].label);
		if (date_known(created) != date_known(naive->created[m]) ||
		    (date_known(created) && created != naive->created[m]))
			return fault_set(fault, "manifest m%" PRIu32 ": created %" PRId64,
					 world->manifests[m].label, created);
	}
	return true;
}

#endif
