/* Names against rules. Everything here is a pure function of the policy and its arguments. */
#include "policy.h"

#include "config.h"
#include "util/glob.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

#define SECONDS_PER_DAY 86400

static char lower(char letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return (char)(letter + ('a' - 'A'));
	return letter;
}

static char *lower_copy(const char *text)
{
	char *copy = xstrdup(text);

	for (char *at = copy; *at; at++)
		*at = lower(*at);
	return copy;
}

struct policy *policy_new(const struct config *config)
{
	const struct string_list *tags = &config->cleanup.protected_tags;
	const struct string_list *patterns = &config->cleanup.protected_patterns;
	struct policy *policy = xcalloc(1, sizeof *policy);

	policy->config = config;
	policy->max_age_seconds = (int64_t)config->cleanup.days_to_keep * SECONDS_PER_DAY;
	policy->tags = strtab_new();
	for (size_t i = 0; i < tags->count; i++)
		strtab_add(policy->tags, tags->items[i], strlen(tags->items[i]));
	policy->patterns = xcalloc(patterns->count + 1, sizeof *policy->patterns);
	policy->pattern_count = patterns->count;
	for (size_t i = 0; i < patterns->count; i++)
		policy->patterns[i] = lower_copy(patterns->items[i]);
	return policy;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	strtab_free(policy->tags);
	for (size_t i = 0; i < policy->pattern_count; i++)
		free(policy->patterns[i]);
	free(policy->patterns);
	free(policy);
}

bool policy_protects_tag(const struct policy *policy, const char *tag)
{
	return strtab_find(policy->tags, tag, strlen(tag)) != STRTAB_NONE;
}

/* PATTERN is in lower case. */
static bool contains(const char *text, const char *pattern)
{
	for (; *text; text++) {
		size_t i = 0;

		while (pattern[i] && lower(text[i]) == pattern[i])
			i++;
		if (!pattern[i])
			return true;
	}
	return false;
}

bool policy_protects_pattern(const struct policy *policy, const char *tag)
{
	for (size_t i = 0; i < policy->pattern_count; i++) {
		if (contains(tag, policy->patterns[i]))
			return true;
	}
	return false;
}

bool policy_protects_repository(const struct policy *policy, const char *repository)
{
	const struct string_list *globs = &policy->config->cleanup.protected_repositories;

	for (size_t i = 0; i < globs->count; i++) {
		if (glob_matches(globs->items[i], repository))
			return true;
	}
	return false;
}

int64_t policy_cutoff(const struct policy *policy, int64_t now)
{
	return now - policy->max_age_seconds;
}
