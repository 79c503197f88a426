/* What the names of a policy mean, once more: its expressions, globs, lists and references. */
#ifndef NAIVE_NAMES_H
#define NAIVE_NAMES_H

#include "random_world.h"

#include <ctype.h>
#include <fnmatch.h>

enum naive_answer { NAIVE_NO, NAIVE_YES, NAIVE_UNTOLD /* it takes too long to tell */ };

static inline bool naive_is_v_number(const char *name)
{
	if (name[0] != 'v')
		return false;
	for (name++; *name; name++) {
		if (!isdigit((unsigned char)*name))
			return false;
	}
	return isdigit((unsigned char)name[-1]);
}

static inline bool naive_is_word(const char *name)
{
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	}
	return true;
}

/* What RANDOM_REGEXES[REGEX] says of NAME. */
static inline enum naive_answer naive_regex(uint32_t regex, const char *name)
{
	size_t length = strlen(name);

	switch (regex) {
	case 0: /* ^v\d+$ */
		return naive_is_v_number(name) ? NAIVE_YES : NAIVE_NO;
	case 1: /* release */
		return strstr(name, "release") ? NAIVE_YES : NAIVE_NO;
	case 2: /* -dev$ */
		return length >= 4 && strcmp(name + length - 4, "-dev") == 0 ? NAIVE_YES : NAIVE_NO;
	case 3: /* ^v[0-9]*[02468]$ */
		return naive_is_v_number(name) && (name[length - 1] - '0') % 2 == 0 ? NAIVE_YES
										    : NAIVE_NO;
	case 4: /* ^\w+$ */
		return naive_is_word(name) ? NAIVE_YES : NAIVE_NO;
	case 5: /* [13579] */
		return strpbrk(name, "13579") ? NAIVE_YES : NAIVE_NO;
	case 6: /* . */
		return NAIVE_YES;
	default:
		return strcmp(name, RANDOM_SLOW_NAME) == 0 ? NAIVE_UNTOLD : NAIVE_NO;
	}
}

static inline bool naive_glob(const char *glob, const char *repository)
{
	return fnmatch(glob, repository, strstr(glob, "**") ? 0 : FNM_PATHNAME) == 0;
}

static inline bool naive_job_is_about(const struct random_job *job, const char *repository)
{
	for (uint32_t i = 0; i < job->glob_count; i++) {
		if (naive_glob(job->globs[i], repository))
			return true;
	}
	return false;
}

static inline bool naive_pattern_protects_by(const char *pattern, const char *name)
{
	return strcasestr(name, pattern) != NULL;
}

/* Whether NAME is PATTERN with ID and then digits in it, which VALUE gets as a number. */
static inline bool naive_fits(const char *pattern, const char *name, const char *id, long *value)
{
	char *end;

	*value = -1;
	while (*pattern) {
		if (strncmp(pattern, "{id}", 4) == 0) {
			if (strncmp(name, id, strlen(id)) != 0)
				return false;
			name += strlen(id);
			pattern += 4;
		} else if (strncmp(pattern, "{revision}", 10) == 0) {
			if (!isdigit((unsigned char)*name))
				return false;
			*value = strtol(name, &end, 10);
			name = end;
			pattern += 10;
		} else if (*name++ != *pattern++) {
			return false;
		}
	}
	return *name == '\0';
}

enum naive_retained { NAIVE_NOT_LISTED, NAIVE_NOT_RETAINED, NAIVE_RETAINED };

/* What one line of a list, "ID REVISION…", says of REPOSITORY:NAME. */
static inline enum naive_retained naive_line(const struct random_list *list, char *line,
					     const char *full)
{
	char *rest, *id = strtok_r(line, " ", &rest);
	enum naive_retained retained = NAIVE_NOT_LISTED;
	long revision;

	for (uint32_t p = 0; p < 2; p++) {
		if (naive_fits(list->patterns[p], full, id, &revision))
			retained = NAIVE_NOT_RETAINED;
		else
			continue;
		for (char *kept = rest; *kept;) {
			if (strtol(kept, &kept, 10) == revision)
				return NAIVE_RETAINED;
		}
	}
	return retained;
}

static inline enum naive_retained naive_list(uint32_t number, const char *repository,
					     const char *name)
{
	const struct random_list *list = &RANDOM_LISTS[number];
	enum naive_retained retained = NAIVE_NOT_LISTED;
	char text[64], full[2 * RANDOM_NAME_SIZE], *rest;

	snprintf(text, sizeof text, "%s", list->text);
	snprintf(full, sizeof full, "%s:%s", repository, name);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		enum naive_retained says = naive_line(list, line, full);

		if (says > retained)
			retained = says;
	}
	return retained;
}

/* How many images of REPOSITORY stay because of their number, or -1. */
static inline long naive_images_to_keep(const struct random_policy *policy, const char *repository)
{
	char name[RANDOM_NAME_SIZE];
	const char *line =
		policy->number_file == RANDOM_NONE ? "" : RANDOM_NUMBER_FILES[policy->number_file];
	long count;

	for (; *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "%95s %ld", name, &count) == 2 && strcmp(name, repository) == 0)
			return count;
	}
	return policy->keep_last_images > 0 ? policy->keep_last_images : -1;
}

static inline bool naive_is_target(const struct random_policy *policy,
				   const struct random_world *world, uint32_t repository)
{
	const char *name = world->repositories[repository];
	char inside[RANDOM_NAME_SIZE];

	if (policy->only_some)
		return policy->only[repository];
	if (!policy->only_namespace)
		return true;
	snprintf(inside, sizeof inside, "%s/*", policy->only_namespace);
	return fnmatch(inside, name, 0) == 0;
}

/* "latest" may be left out. */
static inline bool naive_uses_tag(const struct random_policy *policy, const char *repository,
				  const char *name)
{
	char full[RANDOM_REFERENCE_SIZE], bare[RANDOM_REFERENCE_SIZE];

	snprintf(full, sizeof full, "%s/%s:%s", RANDOM_HOST, repository, name);
	snprintf(bare, sizeof bare, "%s/%s", RANDOM_HOST, repository);
	for (uint32_t i = 0; i < policy->image_refs_count; i++) {
		if (strcmp(policy->in_use[i], full) == 0 ||
		    (strcmp(policy->in_use[i], bare) == 0 && strcmp(name, "latest") == 0))
			return true;
	}
	return false;
}

/* Some reference ends with the digest, or is a part of it that begins where it begins. */
static inline bool naive_uses_digest(const struct random_policy *policy, const char *digest)
{
	const char *hex = digest + strlen("sha256:");

	for (uint32_t i = 0; i < policy->image_refs_count; i++) {
		const char *reference = policy->in_use[i];
		const char *at = strchr(reference, '@');

		if (at ? strcmp(at + 1, digest) == 0
		       : strncmp(digest, reference, strlen(reference)) == 0 ||
				    strncmp(hex, reference, strlen(reference)) == 0)
			return true;
	}
	return false;
}

#endif
