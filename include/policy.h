/* The rules of the configuration, compiled: what protects a tag or a repository, and how old is too
 * old. No I/O, no clock, no globals; a policy is never changed after it was made. */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config; /* see config.h */
struct strtab; /* see util/strtab.h */

struct policy {
	const struct config *config; /* borrowed: it must outlive the policy */
	int64_t max_age_seconds;
	struct strtab *tags; /* cleanup.protected_tags */
	char **patterns;     /* cleanup.protected_patterns in lower case */
	size_t pattern_count;
};

struct policy *policy_new(const struct config *config);
void policy_free(struct policy *policy); /* NULL is fine */

/* TAG is one of cleanup.protected_tags, letter by letter. */
bool policy_protects_tag(const struct policy *policy, const char *tag);
/* TAG contains one of cleanup.protected_patterns; upper and lower case ASCII letters are equal. */
bool policy_protects_pattern(const struct policy *policy, const char *tag);
/* The whole of REPOSITORY matches one of cleanup.protected_repositories: `*` is any run of
 * characters but '/', `**` any run at all, `?` one character but '/', and a whole component
 * `**` followed by '/' may also be nothing. Everything else, '[' too, stands for itself. */
bool policy_protects_repository(const struct policy *policy, const char *repository);

/* What was created before this moment is old: NOW - days_to_keep * 86400, seconds since 1970. */
int64_t policy_cutoff(const struct policy *policy, int64_t now);

#endif
