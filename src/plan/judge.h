/* What rules go by while they judge one repository. For src/plan/rules.c and src/plan/numbers.c
 * only. */
#ifndef PLAN_JUDGE_H
#define PLAN_JUDGE_H

#include "plan/rank.h"
#include "plan/rules.h"
#include "util/date.h"
#include "util/regex.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The facts about one tag that a rule may use. */
struct plan_subject {
	struct regex_text name;
	int64_t date; /* that it is judged by, or none that is known */
	uint32_t manifest;
	bool read;     /* its manifest is known */
	bool readable; /* and understood */
	bool follows;  /* it describes another image, and lives and dies with it (S4) */
	bool held;     /* somebody holds it, or its manifest */
	bool aside;    /* it is held, or not ready: it stays anyway, and no number counts it */
};

struct plan_judge {
	const struct inventory *inventory;
	const struct policy *policy;
	const struct plan *plan;
	/* Of the repository that is judged: */
	const char *repository;
	uint32_t first_tag, tag_count;
	plan_visit visit;
	void *ctx;
	struct plan_group group; /* of the rule that counts now; all zero while none does */
	/* Working space, by tag of the repository; room for the largest. */
	struct plan_subject *subjects;
	enum regex_result *results;
	struct plan_ranked *ranked;
	uint32_t *places; /* all zero but while a rule ranks (plan_newest) */
	uint32_t *images; /* the same, by manifest */
};

/* Whether the tag can be ranked. What cannot be read stays, and takes no place among the newest. */
static inline bool plan_judge_can_rank(const struct plan_subject *subject)
{
	return subject->readable && !subject->follows && date_known(subject->date);
}

static inline void plan_judge_tell(const struct plan_judge *judge, uint32_t tag, size_t rule,
				   enum plan_says says)
{
	struct plan_finding finding = { .tag = judge->first_tag + tag,
					.rule = (uint32_t)rule,
					.says = says,
					.place = judge->places[tag],
					.group = judge->group };

	judge->visit(judge->ctx, &finding);
}

#endif
