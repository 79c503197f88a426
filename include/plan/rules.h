/* What the rules of the policy say of each tag, before what hangs together is considered. Pure. */
#ifndef PLAN_RULES_H
#define PLAN_RULES_H

#include <stdint.h>

struct inventory;
struct plan;
struct policy;

enum plan_says {
	PLAN_SELECTS,
	PLAN_KEEPS,
	PLAN_KEEPS_UNDATED, /* it keeps by age or number, and the age is not known: so the tag stays
			     */
	PLAN_KEEPS_GROUP, /* it keeps a number, and most of what it counts is undated: so do all */
	PLAN_TOO_YOUNG,   /* it would select it, but for its age */
	PLAN_UNDATED,     /* it goes by a date, and none is known */
	PLAN_NOT_DUE,     /* it would look at its age, but selects nothing in this run */
	PLAN_LIMIT,       /* whether it matches cannot be told; so the tag stays */
	PLAN_NOT_COUNTED, /* it keeps a number, and leaves the tag out, which is held or not ready
			   */
	PLAN_SILENT,      /* it is about the tag and neither selects nor keeps it */
};

/* How many tags a rule counts in one repository to know the newest. */
struct plan_group {
	uint32_t dated, undated;
};

struct plan_finding {
	uint32_t tag;
	uint32_t rule; /* of the policy */
	enum plan_says says;
	uint32_t place; /* among the newest that the rule is about, from 1; 0: it has none */
	struct plan_group group; /* all zero where the rule counts nothing */
};
typedef void (*plan_visit)(void *ctx, const struct plan_finding *finding);

/* PLAN has the dates of manifests and what is in use; its decisions are not looked at. */
struct plan_judge;
struct plan_judge *plan_judge_new(const struct inventory *inventory, const struct policy *policy,
				  const struct plan *plan);
void plan_judge_free(struct plan_judge *judge);

/* Tells of each rule and each tag of REPOSITORY that the rule is about; those about one tag in
 * their order. */
void plan_judge_repository(struct plan_judge *judge, uint32_t repository, plan_visit visit,
			   void *ctx);

#endif
