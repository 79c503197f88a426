/* What goes and what stays, and why: a pure function of inventory, policy and time. */
#ifndef PLAN_H
#define PLAN_H

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory; /* inventory.h */
struct policy;    /* policy.h */

/* Why a tag stays or goes; a tag may have several. plan_reason_name gives their names in reports.
 */
enum plan_reason {
	REASON_OLD = 1u << 0,                  /* dated before the limit */
	REASON_SUBJECT_DELETED = 1u << 1,      /* it describes a manifest that goes */
	REASON_PROTECTED_TAG = 1u << 2,        /* its name is in protected_tags */
	REASON_PROTECTED_PATTERN = 1u << 3,    /* its name holds one of protected_patterns */
	REASON_PROTECTED_REPOSITORY = 1u << 4, /* its repository matches protected_repositories */
	REASON_RECENT = 1u << 5,               /* dated after the limit, or in the future */
	REASON_UNKNOWN_AGE = 1u << 6,          /* no date, or none that can be believed (S5) */
	REASON_UNREADABLE = 1u << 7,           /* its manifest cannot be read */
	REASON_MISSING = 1u << 8,              /* listed, but without a manifest */
	REASON_INCOMPLETE = 1u << 9,     /* its repository could not be read completely (S2) */
	REASON_SHARED_DIGEST = 1u << 10, /* a tag that stays has the same digest (S1) */
	REASON_INDEX_KEPT = 1u << 11,    /* an index that stays lists its manifest (S3) */
	REASON_SUBJECT_KEPT = 1u << 12,  /* it describes a manifest that stays (S4) */
	REASON_ORPHAN = 1u << 13,        /* it describes a manifest that is not there (S4) */
	REASON_CHANGED = 1u << 14,       /* it changed since it was planned (S6) */
};
#define PLAN_REASONS 15 /* how many there are */

struct plan_tag {
	bool goes;
	uint16_t reasons; /* of enum plan_reason */
	uint32_t holder;  /* SHARED_DIGEST: the tag that stays; INDEX_KEPT: the index, a manifest;
			   * else INVENTORY_NONE */
};

struct plan_manifest {
	bool goes;
	/* It would go, has no tag, and is listed by this index, which no tag reaches and which
	 * stays; else INVENTORY_NONE. */
	uint32_t holder;
	int64_t created; /* effective: an index's is its newest child's (oci/date.h) */
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
	size_t tags_going, manifests_going; /* for the summary */
	int64_t cutoff;                     /* what is dated before this is old */
	/* What a tag's age is counted from (plan_age). */
	enum age_from age_from;
	enum unknown_age unknown_age;
	int64_t now;
};

/* NOW is seconds since 1970. The plan refers to INVENTORY by index and borrows nothing. */
struct plan *plan_build(const struct inventory *inventory, const struct policy *policy,
			int64_t now);
void plan_free(struct plan *plan); /* NULL is fine */

struct plan_age {
	int64_t date; /* seconds since 1970; date_known (oci/date.h) says whether there is one */
	bool pushed;  /* it is when the tag was pushed, not when its image was created */
};
/* The date that TAG, which has a manifest, is judged by. A push before images existed, or in the
 * future, is no date. */
struct plan_age plan_age(const struct inventory *inventory, const struct plan *plan, uint32_t tag);

/* "old", "shared_digest", …: the name of one reason, as reports spell it. */
const char *plan_reason_name(enum plan_reason reason);

#endif
