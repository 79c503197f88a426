/* What goes and what stays, and why: a pure function of inventory, policy and time. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory; /* inventory/inventory.h */
struct policy;    /* policy/policy.h */

/* Why a tag stays or goes; a tag may have several. plan/explain.h gives their names in reports.
 */
enum plan_reason {
	/* A rule of the policy selects it. */
	REASON_OLD = 1u << 0,             /* dated before the limit of days_to_keep */
	REASON_NAME_MATCH = 1u << 1,      /* tag_name_pattern matches its name */
	REASON_JOB = 1u << 2,             /* a job selects it */
	REASON_NOT_RETAINED = 1u << 3,    /* of an id in a retain list, and not a listed revision */
	REASON_BEYOND_NUMBER = 1u << 4,   /* its image is not among the newest of its repository */
	REASON_SUBJECT_DELETED = 1u << 5, /* no rule: it describes a manifest that goes */
	/* A rule keeps it. */
	REASON_PROTECTED_TAG = 1u << 6,
	REASON_PROTECTED_PATTERN = 1u << 7,
	REASON_PROTECTED_REPOSITORY = 1u << 8,
	REASON_IN_USE = 1u << 9,      /* it, its manifest, or a part of it is in use */
	REASON_SAVE_LAST = 1u << 10,  /* among the newest that one of a job's expressions matches */
	REASON_KEEP_LAST = 1u << 11,  /* its image is among the newest of its repository */
	REASON_KEEP_SINCE = 1u << 12, /* dated after keep_since */
	REASON_LISTED_REVISION = 1u << 13, /* a retain list keeps it */
	REASON_PATTERN_LIMIT = 1u << 14,   /* an expression took too long to tell (S2) */
	/* No rule selects it; told only then, and UNKNOWN_AGE with UNDATED. */
	REASON_RECENT = 1u << 15,       /* too young, or in the future */
	REASON_UNKNOWN_AGE = 1u << 16,  /* no date, or none that can be believed (S5) */
	REASON_NOT_DUE = 1u << 17,      /* what would select it is not due or not asked for now */
	REASON_NOT_SELECTED = 1u << 18, /* no rule is about it */
	/* It may not go now. */
	REASON_NOT_TARGETED = 1u << 19, /* this run works on other repositories */
	REASON_NOT_WANTED = 1u << 20,   /* the plan that is carried out does not have it */
	REASON_UNREADABLE = 1u << 21,   /* its manifest cannot be read */
	REASON_MISSING = 1u << 22,      /* listed, but without a manifest */
	REASON_INCOMPLETE = 1u << 23,   /* its repository could not be read completely (S2) */
	REASON_CHANGED = 1u << 24,      /* it changed since it was planned (S6) */
	/* What it belongs to stays. */
	REASON_SHARED_DIGEST = 1u << 25, /* a tag that stays has the same digest (S1) */
	REASON_INDEX_KEPT = 1u << 26,    /* an index that stays lists its manifest (S3) */
	REASON_SUBJECT_KEPT = 1u << 27,  /* it describes a manifest that stays (S4) */
	REASON_ORPHAN = 1u << 28,        /* it describes a manifest that is not there (S4) */
	REASON_ALSO_BLOB = 1u << 29,     /* a manifest has its digest as a config or layer (S7) */
	/* A rule keeps it: it keeps by age or number, and the age is not known, of this tag
	 * (UNKNOWN_AGE, too) or of most that it counts (S2). */
	REASON_UNDATED = 1u << 30,
};
/* A rule keeps it: somebody holds it, or its manifest (lists/holds.h). An enumerator has no bit 31.
 */
#define REASON_HELD  (UINT32_C(1) << 31)
#define PLAN_REASONS 32 /* how many there are */

/* Reasons by which a rule selects. */
#define PLAN_SELECTING \
	(REASON_OLD | REASON_NAME_MATCH | REASON_JOB | REASON_NOT_RETAINED | REASON_BEYOND_NUMBER)
/* Reasons that keep a tag by themselves. The others say why it goes, or that something else holds
 * it. */
#define PLAN_KEEPING                                                                          \
	(REASON_PROTECTED_TAG | REASON_PROTECTED_PATTERN | REASON_PROTECTED_REPOSITORY |      \
	 REASON_IN_USE | REASON_SAVE_LAST | REASON_KEEP_LAST | REASON_KEEP_SINCE |            \
	 REASON_LISTED_REVISION | REASON_PATTERN_LIMIT | REASON_RECENT | REASON_UNKNOWN_AGE | \
	 REASON_NOT_DUE | REASON_NOT_SELECTED | REASON_NOT_TARGETED | REASON_NOT_WANTED |     \
	 REASON_UNREADABLE | REASON_MISSING | REASON_INCOMPLETE | REASON_CHANGED |            \
	 REASON_SUBJECT_KEPT | REASON_ORPHAN | REASON_UNDATED | REASON_HELD)

/* Of these, what a rule says. */
#define PLAN_KEPT_BY_RULE                                                                \
	(REASON_PROTECTED_TAG | REASON_PROTECTED_PATTERN | REASON_PROTECTED_REPOSITORY | \
	 REASON_IN_USE | REASON_SAVE_LAST | REASON_KEEP_LAST | REASON_KEEP_SINCE |       \
	 REASON_LISTED_REVISION | REASON_PATTERN_LIMIT | REASON_UNDATED | REASON_HELD)

#define PLAN_NO_RULE UINT16_MAX

struct plan_tag {
	bool goes;
	uint16_t rule;    /* of the policy: the first that keeps it, else the first that selects it;
			   * else PLAN_NO_RULE */
	uint32_t reasons; /* of enum plan_reason */
	uint32_t holder;  /* SHARED_DIGEST: the tag that stays; INDEX_KEPT: the index, a manifest;
			   * else INVENTORY_NONE */
};

struct plan_manifest {
	bool goes;
	bool in_use;   /* it, a tag of it, or a part of it is in use */
	bool held;     /* somebody holds it by its digest */
	bool untagged; /* no tag points at it, and it is selected for that (untagged_days) */
	/* It would go, has no tag, and is listed by this index, which no tag reaches and which
	 * stays; else INVENTORY_NONE. */
	uint32_t holder;
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
};
/* The date that TAG, which has a manifest, is judged by. A push before images existed is no date;
 * one in the future is young (S5). */
struct plan_age plan_age(const struct inventory *inventory, const struct plan *plan, uint32_t tag);

#endif
