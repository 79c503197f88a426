/* Which manifests somebody holds by their digest, for the plan alone. */
#ifndef PLAN_HELD_H
#define PLAN_HELD_H

struct inventory;
struct plan;
struct policy;

/* Sets `held` of the plan's manifests. */
void plan_held(const struct inventory *inventory, const struct policy *policy, struct plan *plan);

#endif
