/* The rules of the configuration, compiled: what selects a tag for deletion, and what keeps it. No
 * I/O, no clock, no globals; nobody changes a policy while a plan is made with it.
 *
 * Keep beats delete: a tag goes when a rule selects it and none keeps it (plan/plan.h). */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct holds;       /* lists/holds.h */
struct image_refs;  /* lists/image_refs.h */
struct regex;       /* util/regex.h */
struct keep_counts; /* lists/keep_counts.h */
struct retain_list; /* lists/retain_list.h */
struct strtab;      /* util/strtab.h */
struct approved;    /* lists/approved.h */

/* The kinds of rules, one row each, those that select first: X(kind, unused, selects, keeps, times,
 * judge). UNUSED: how loudly the log says that it matches no tag. SELECTS, KEEPS: the reasons
 * (plan/reason.h) that it gives. JUDGE, in plan/rules.c, is called once for EACH of the rules of
 * this kind, or once for ALL of them.
 *   DAYS    cleanup.days_to_keep
 *   NAME    cleanup.tag_name_pattern
 *   JOB     one of the tag_regexps of a job; keeps the newest of what it matches, too
 *   RETAIN  a retain list; keeps the listed revisions, too
 *   NUMBER  cleanup.keep_last_images and cleanup.repositories_file; keeps the newest, and selects
 *           the rest where nothing else does
 *   SINCE   cleanup.keep_since
 *   PULLED  protect.pulled_days
 *   HELD    always there: holds come and go while a run is under way */
/* clang-format off */
#define POLICY_RULE_TABLE(X) \
	X(DAYS, WARNING, OLD, NONE, EACH, judge_days) \
	X(NAME, WARNING, NAME_MATCH, NONE, EACH, judge_name) \
	X(JOB, WARNING, JOB, SAVE_LAST, ALL, judge_jobs) \
	X(RETAIN, WARNING, NOT_RETAINED, LISTED_REVISION, EACH, judge_retain_list) \
	X(NUMBER, WARNING, BEYOND_NUMBER, KEEP_LAST, EACH, judge_number) \
	X(SINCE, INFO, NONE, KEEP_SINCE, EACH, judge_since) \
	X(PULLED, INFO, NONE, PULLED, EACH, judge_pulled) \
	X(PROTECTED_TAG, INFO, NONE, PROTECTED_TAG, ALL, judge_protected_tags) \
	X(PROTECTED_PATTERN, INFO, NONE, PROTECTED_PATTERN, EACH, judge_protected_pattern) \
	X(PROTECTED_REPOSITORY, WARNING, NONE, PROTECTED_REPOSITORY, EACH, judge_protected_repository) \
	X(IN_USE, WARNING, NONE, IN_USE, EACH, judge_in_use) \
	X(HELD, WARNING, NONE, HELD, EACH, judge_held)
/* clang-format on */

#define POLICY_KIND(kind, ...) POLICY_##kind,
enum policy_kind { POLICY_RULE_TABLE(POLICY_KIND) POLICY_KINDS };

struct policy_rule {
	enum policy_kind kind;
	uint32_t item; /* which job, retain list, tag, pattern or glob of the configuration */
	const struct regex *regex; /* POLICY_NAME, POLICY_JOB */
	char *name;   /* "job clean-dev-tags, develop-.*$": the setting and its value, for people */
	bool implied; /* nobody asked for it: the default of cleanup.protected_tags, or HELD */
};

struct policy {
	const struct config *config; /* borrowed: it must outlive the policy */
	struct policy_rule *rules; /* those of one kind stand together, in the order of the kinds */
	size_t rule_count;
	size_t first[POLICY_KINDS + 1]; /* rules of kind k: first[k] … first[k + 1] - 1 */
	bool selects_by_number;         /* no other rule selects */
	struct regex **regexes;         /* each expression once */
	size_t regex_count;
	struct strtab *tags; /* cleanup.protected_tags, each once: number = place among the rules */
	char **patterns;     /* cleanup.protected_patterns in lower case */

	/* What the caller adds before the first plan, borrowed. */
	const struct retain_list *const *retain_lists; /* as config.retain_lists */
	const struct keep_counts *repositories;        /* NULL: none */
	const struct image_refs *in_use;               /* NULL: nothing is known to be in use */
	const struct holds *holds;                     /* NULL: nothing is held */
	const bool *due;                               /* by job; NULL: all of them are */
	bool jobs_alone;               /* only due jobs select: they were named for this run */
	struct string_list only;       /* repositories to work on, by name; none: all of them */
	const char *only_namespace;    /* the same by what they begin with; NULL: all. ONLY wins */
	const struct approved *wanted; /* nothing goes that is not in it; NULL: everything may */
};

/* CONFIG is right: its expressions compile. */
struct policy *policy_new(const struct config *config);
void policy_free(struct policy *policy); /* NULL is fine */

/* TAG is one of cleanup.protected_tags, letter by letter. RULE (may be NULL) gets which. */
bool policy_protects_tag(const struct policy *policy, const char *tag, size_t *rule);
/* TAG contains the pattern of RULE, a POLICY_PROTECTED_PATTERN; upper and lower case ASCII letters
 * are equal. */
bool policy_pattern_matches(const struct policy *policy, size_t rule, const char *tag);
/* The whole of REPOSITORY matches one of cleanup.protected_repositories (util/glob.h). */
bool policy_protects_repository(const struct policy *policy, const char *repository);
/* Whether this run works on REPOSITORY at all: it is one of ONLY, or, where there are none, below
 * ONLY_NAMESPACE and one of registry.repositories, as far as these are given. */
bool policy_targets(const struct policy *policy, const char *repository);

/* Whether a tag of JOB may be selected by it in this run. */
bool policy_job_is_due(const struct policy *policy, uint32_t job);
/* How many images of REPOSITORY POLICY_NUMBER keeps, or -1: no such rule for it. */
long policy_images_to_keep(const struct policy *policy, const char *repository);

/* What was created before this moment is older than DAYS: seconds since 1970. */
int64_t policy_cutoff(int64_t now, long days);

#endif
