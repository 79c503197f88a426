/* Names against rules. Everything here is a pure function of the policy and its arguments. */
#include "policy.h"

#include "config.h"
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

/* A component "**" with the slash behind it: it matches nothing or whole folders. */
static bool is_any_folders(const char *glob, size_t at)
{
	return strncmp(glob + at, "**/", 3) == 0 && (at == 0 || glob[at - 1] == '/');
}

/* Adds to REACHED, where REACHED[i] says that the first i characters of GLOB match what was read,
 * what is reached without reading more. AT_FOLDER: a component of the name begins here. */
static void skip_stars(const char *glob, bool *reached, bool at_folder)
{
	for (size_t i = 0; glob[i]; i++) {
		if (!reached[i])
			continue;
		if (glob[i] == '*')
			reached[i + 1] = true;
		if (at_folder && is_any_folders(glob, i))
			reached[i + 3] = true;
	}
}

/* Whether the piece at glob[AT] may take LETTER and stay where it is: a star. The second of two
 * stars is as strong as the first, wherever the match came in. */
static bool star_takes(const char *glob, size_t at, char letter)
{
	bool pair = glob[at] == '*' && (glob[at + 1] == '*' || (at > 0 && glob[at - 1] == '*'));

	return glob[at] == '*' && (pair || letter != '/');
}

/* All ways to match are followed at once, so the work is never more than GLOB times NAME. */
static bool glob_matches(const char *glob, const char *name)
{
	size_t length = strlen(glob);
	CLEANUP(free_p) bool *reached = xcalloc(length + 1, sizeof *reached);

	reached[0] = true;
	skip_stars(glob, reached, true);
	for (; *name; name++) {
		for (size_t i = length + 1; i-- > 0;) {
			bool stays = reached[i] && star_takes(glob, i, *name);
			bool enters =
				i > 0 && reached[i - 1] && glob[i - 1] != '*' &&
				(glob[i - 1] == *name || (glob[i - 1] == '?' && *name != '/'));

			reached[i] = stays || enters;
		}
		skip_stars(glob, reached, *name == '/');
	}
	return reached[length];
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
