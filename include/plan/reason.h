/* Why tags stay or go: one row for each reason, and all that is said of it. */
#ifndef PLAN_REASON_H
#define PLAN_REASON_H

#include <stddef.h>
#include <stdint.h>

/* What a reason does by itself. */
enum plan_reason_kind {
	REASON_SELECTS,    /* a rule selects the tag */
	REASON_RULE_KEEPS, /* a rule keeps it */
	REASON_KEEPS,      /* it keeps the tag, without a rule */
	REASON_TELLS,      /* it says why the tag goes, or that something else holds it */
};

/* X(name, name in reports, kind, place, words, meaning). A kept tag is counted in the summary under
 * the one of its reasons with the lowest PLACE, by WORDS: what matters most to its owner first; not
 * under those without words. Rows stand in the order in which the reasons of a tag are told. There
 * is room for 64. */
/* clang-format off */
#define PLAN_REASON_TABLE(X) \
	X(OLD, "old", SELECTS, 0, NULL, \
	  "dated before the limit of days_to_keep") \
	X(NAME_MATCH, "name_match", SELECTS, 0, NULL, \
	  "tag_name_pattern matches its name") \
	X(JOB, "job", SELECTS, 0, NULL, \
	  "a job selects it") \
	X(NOT_RETAINED, "not_retained", SELECTS, 0, NULL, \
	  "of an id in a retain list, and not a listed revision") \
	X(BEYOND_NUMBER, "beyond_number", SELECTS, 0, NULL, \
	  "its image is not among the newest of its repository") \
	X(SUBJECT_DELETED, "subject_deleted", TELLS, 0, NULL, \
	  "no rule: it describes a manifest that goes") \
	X(PROTECTED_TAG, "protected_tag", RULE_KEEPS, 5, "protected by name", \
	  "cleanup.protected_tags has its name") \
	X(PROTECTED_PATTERN, "protected_pattern", RULE_KEEPS, 6, "protected by pattern", \
	  "one of cleanup.protected_patterns is in its name") \
	X(PROTECTED_REPOSITORY, "protected_repository", RULE_KEEPS, 7, "in protected repositories", \
	  "cleanup.protected_repositories has its repository") \
	X(IN_USE, "in_use", RULE_KEEPS, 8, "in use", \
	  "it, its manifest, or a part of it is in use") \
	X(SAVE_LAST, "save_last", RULE_KEEPS, 16, "saved as the last of a job", \
	  "among the newest that one of a job's expressions matches") \
	X(KEEP_LAST, "keep_last", RULE_KEEPS, 14, "of the newest images", \
	  "its image is among the newest of its repository") \
	X(KEEP_SINCE, "keep_since", RULE_KEEPS, 17, "younger than keep_since", \
	  "dated after keep_since") \
	X(LISTED_REVISION, "listed_revision", RULE_KEEPS, 18, "retained by a list", \
	  "a retain list keeps it") \
	X(PATTERN_LIMIT, "pattern_limit", RULE_KEEPS, 13, "on which an expression takes too long", \
	  "an expression took too long to tell (S2)") \
	X(RECENT, "recent", KEEPS, 24, "recent", \
	  "too young, or in the future") \
	X(UNKNOWN_AGE, "unknown_age", KEEPS, 22, "of unknown age", \
	  "no date, or none that can be believed (S5)") \
	X(NOT_DUE, "not_due", KEEPS, 25, "of rules that are not due, or not asked for now", \
	  "what would select it is not due or not asked for now") \
	X(NOT_SELECTED, "not_selected", KEEPS, 26, "that no rule selects", \
	  "no rule is about it") \
	X(NOT_TARGETED, "not_targeted", KEEPS, 11, "in repositories that this run is not about", \
	  "this run works on other repositories") \
	X(NOT_WANTED, "not_in_plan", KEEPS, 12, "that the plan which was carried out does not let go", \
	  "the plan that is carried out does not have it") \
	X(UNREADABLE, "unreadable", KEEPS, 2, "unreadable", \
	  "its manifest cannot be read") \
	X(MISSING, "missing_manifest", KEEPS, 3, "without a manifest", \
	  "listed, but without a manifest") \
	X(INCOMPLETE, "incomplete_repository", KEEPS, 1, "in repositories that could not be read completely", \
	  "its repository could not be read completely (S2)") \
	X(CHANGED, "changed", KEEPS, 10, "changed meanwhile", \
	  "it changed since it was planned (S6)") \
	X(NOT_READY, "not_ready", KEEPS, 4, "not ready", \
	  "it, its image or its namespace is deleted, locked or faulty just now, as Scaleway says") \
	X(SHARED_DIGEST, "shared_digest", TELLS, 27, "sharing an image with a kept tag", \
	  "a tag that stays has the same digest (S1)") \
	X(INDEX_KEPT, "index_kept", TELLS, 29, "listed by a kept index", \
	  "an index that stays lists its manifest (S3)") \
	X(SUBJECT_KEPT, "subject_kept", KEEPS, 19, "describing images that stay", \
	  "it describes a manifest that stays (S4)") \
	X(ORPHAN, "orphan", KEEPS, 21, "describing images that are not there", \
	  "it describes a manifest that is not there (S4)") \
	X(PART_KEPT, "part_kept", KEEPS, 20, "that may be parts of images that stay", \
	  "by its name it may be a part of an image that stays, and nothing tells whether it is (S3)") \
	X(ALSO_BLOB, "also_blob", TELLS, 28, "also a config or layer of an image", \
	  "a manifest has its digest as a config or layer (S7)") \
	X(UNDATED, "undated", RULE_KEEPS, 23, "counted with more of unknown age", \
	  "a rule keeps by age or number, and the age is not known, of it (UNKNOWN_AGE, too) or of most that it counts (S2)") \
	X(HELD, "held", RULE_KEEPS, 9, "held", \
	  "somebody holds it, or its manifest (lists/holds.h)") \
	X(PULLED, "pulled", RULE_KEEPS, 15, "pulled lately", \
	  "it was pulled within protect.pulled_days")
/* clang-format on */

#define PLAN_REASON_BIT(name, ...) REASON_BIT_##name,
enum plan_reason_bit { PLAN_REASON_TABLE(PLAN_REASON_BIT) PLAN_REASONS };

/* A tag may have several. Those after the 31st are beyond ISO C's enumerators. */
#define PLAN_REASON_VALUE(name, ...) REASON_##name = UINT64_C(1) << REASON_BIT_##name,
__extension__ enum plan_reason { PLAN_REASON_TABLE(PLAN_REASON_VALUE) };

#define PLAN_REASON_IF_SELECTS(name, text, kind, ...) \
	| (REASON_##kind == REASON_SELECTS ? (uint64_t)REASON_##name : 0)
#define PLAN_REASON_IF_RULE_KEEPS(name, text, kind, ...) \
	| (REASON_##kind == REASON_RULE_KEEPS ? (uint64_t)REASON_##name : 0)
#define PLAN_REASON_IF_KEEPS(name, text, kind, ...) \
	| (REASON_##kind == REASON_KEEPS ? (uint64_t)REASON_##name : 0)

/* Reasons by which a rule selects; by which a rule keeps; and all that keep a tag by themselves. */
#define PLAN_SELECTING    (UINT64_C(0) PLAN_REASON_TABLE(PLAN_REASON_IF_SELECTS))
#define PLAN_KEPT_BY_RULE (UINT64_C(0) PLAN_REASON_TABLE(PLAN_REASON_IF_RULE_KEEPS))
#define PLAN_KEEPING      (PLAN_KEPT_BY_RULE PLAN_REASON_TABLE(PLAN_REASON_IF_KEEPS))

struct plan_reason_row {
	const char *name; /* as reports spell it: "old" */
	unsigned place;
	const char *words; /* in the summary: "kept 3 tags: 1 recent"; or NULL */
};

/* By bit. */
extern const struct plan_reason_row PLAN_REASON_ROWS[PLAN_REASONS];

#endif
