/* What goes and what stays, and why: a pure function of inventory, policy and time. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "config/config.h"
#include "plan/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory; /* inventory/inventory.h */
struct policy;    /* policy/policy.h */

#define PLAN_NO_RULE UINT16_MAX

struct plan_tag {
	bool goes;
	uint16_t rule;    /* of the policy: the first that keeps it, else the first that selects it;
			   * else PLAN_NO_RULE */
	uint64_t reasons; /* of enum plan_reason */
	uint32_t blocker; /* SHARED_DIGEST, PART_KEPT: the tag that stays; INDEX_KEPT: the index, a
			   * manifest; else INVENTORY_NONE */
};

struct plan_manifest {
	bool goes;
	bool in_use;   /* it, a tag of it, or a part of it is in use */
	bool held;     /* somebody holds it by its digest */
	bool untagged; /* no tag points at it, and it is selected for that (untagged_days) */
	/* It would go, has no tag, and is listed by this index, which no tag reaches and which
	 * stays; else INVENTORY_NONE. */
	uint32_t blocker;
	int64_t created; /* effective: an index's is its newest child's (util/date.h) */
};

/* How many tags a rule was about, and how many of these it selected or kept. */
struct plan_rule {
	size_t matched, selected, kept;
};

/* The tags that a rule counts to keep the newest, of which more are undated than dated: it keeps
 * all of them. */
struct plan_undated {
	uint32_t repository;
	uint32_t rule; /* of the policy */
	uint32_t dated, undated;
};

/* One DELETE. Steps of a repository stand together, in the order in which they must be sent:
 * indexes before their children, subjects before what describes them, single tags last. */
struct plan_step {
	uint32_t manifest;
	uint32_t tag; /* delete only this tag of the manifest, which stays; else INVENTORY_NONE */
};

struct plan_repository {
	uint32_t first_step, step_count;
};

struct plan {
	struct plan_tag *tags;           /* as inventory.tags */
	struct plan_manifest *manifests; /* as inventory.manifests */
	struct plan_repository *repositories;
	struct plan_step *steps;
	size_t step_count;
	struct plan_rule *rules;      /* as policy.rules */
	struct plan_undated *undated; /* those that keep a tag for that, in no order */
	size_t undated_count;
	size_t tags_going, manifests_going; /* for the summary */
	size_t untagged_going;              /* manifests, of those that go */
	const struct policy *policy;        /* borrowed, for its rules' names */
	/* What a tag's age is counted from (plan_age). */
	enum age_from age_from;
	bool pulls_covered; /* the log of pulls is whole for as many days as any rule asks for */
	enum unknown_age unknown_age;
	int64_t now;
};

/* NOW is seconds since 1970. The plan refers to INVENTORY by index and borrows nothing. */
struct plan *plan_build(const struct inventory *inventory, const struct policy *policy,
			int64_t now);
/* A plan by which everything stays, without reasons. */
struct plan *plan_nothing(const struct inventory *inventory, const struct policy *policy,
			  int64_t now);
void plan_free(struct plan *plan); /* NULL is fine */

struct plan_age {
	int64_t date; /* seconds since 1970; date_known (util/date.h) says whether there is one */
	bool pushed;  /* it is when the tag was pushed, not when its image was created */
	bool pulled;  /* it is when the tag was pulled last */
};
/* The date that TAG, which has a manifest, is judged by. A push before images existed is no date;
 * one in the future is young (S5). By AGE_PULLED it is the later of its last pull and its push, or
 * when a run saw it first where that is not known; it is not known where pulls may have been missed
 * that matter: the log is not whole since then, nor for the days that the rules ask for (S2). */
struct plan_age plan_age(const struct inventory *inventory, const struct plan *plan, uint32_t tag);
/* "created", "pushed" or "pulled". */
const char *plan_age_word(struct plan_age age);
/* Whether all pulls of TAG are known since DATE: the log is whole since then, or since it was
 * pushed or seen first. */
bool plan_pulls_known(const struct inventory *inventory, uint32_t tag, int64_t date);

#endif
