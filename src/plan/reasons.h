/* The reasons that a tag has for itself. For src/plan/plan.c only. */
#ifndef PLAN_REASONS_H
#define PLAN_REASONS_H

struct inventory;
struct plan;
struct policy;

/* Sets reasons and rules of all tags of PLAN, before what hangs together is considered, and counts
 * what each rule was about. PLAN has the dates of manifests and what is in use. */
void plan_reasons(const struct inventory *inventory, const struct policy *policy,
		  struct plan *plan);

#endif
