/* Rules and names. Everything here is a pure function of the policy and its arguments. */
#include "policy/policy.h"

#include "lists/keep_counts.h"
#include "util/glob.h"
#include "util/regex.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

#define SECONDS_PER_DAY 86400
#define DEFAULT_TAG     "latest"

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

static struct policy_rule *add_rule(struct policy *policy, enum policy_kind kind, size_t item,
				    char *name)
{
	struct policy_rule *rule;

	policy->rules = xreallocarray(policy->rules, policy->rule_count + 1, sizeof *policy->rules);
	rule = &policy->rules[policy->rule_count++];
	*rule = (struct policy_rule){ .kind = kind, .item = (uint32_t)item, .name = name };
	return rule;
}

/* PATTERN compiled, each once: jobs share theirs often. */
static const struct regex *regex_of(struct policy *policy, struct strtab *known,
				    const char *pattern)
{
	uint32_t number = strtab_add(known, pattern, strlen(pattern));
	struct err err;

	if (number == policy->regex_count) {
		policy->regexes = xreallocarray(policy->regexes, policy->regex_count + 1,
						sizeof *policy->regexes);
		policy->regexes[policy->regex_count++] = regex_new(pattern, &err);
		if (!policy->regexes[number])
			die_internal("a regular expression that was checked does not compile: %s",
				     err.msg);
	}
	return policy->regexes[number];
}

static void add_jobs(struct policy *policy, struct strtab *known)
{
	const struct config_jobs *jobs = &policy->config->jobs;

	for (size_t j = 0; j < jobs->count; j++) {
		const struct string_list *patterns = &jobs->items[j].tag_regexps;

		for (size_t i = 0; i < patterns->count; i++)
			add_rule(policy, POLICY_JOB, j,
				 xasprintf("job %s, %s", jobs->items[j].name, patterns->items[i]))
				->regex = regex_of(policy, known, patterns->items[i]);
	}
}

static void add_selecting(struct policy *policy, enum policy_kind kind, struct strtab *known)
{
	const struct config *config = policy->config;

	if (kind == POLICY_DAYS && config->cleanup.delete_old_tags && config->cleanup.days_to_keep)
		add_rule(policy, kind, 0,
			 xasprintf("cleanup.days_to_keep %ld", config->cleanup.days_to_keep));
	if (kind == POLICY_NAME && config->cleanup.tag_name_pattern &&
	    *config->cleanup.tag_name_pattern)
		add_rule(policy, kind, 0,
			 xasprintf("cleanup.tag_name_pattern %s", config->cleanup.tag_name_pattern))
			->regex = regex_of(policy, known, config->cleanup.tag_name_pattern);
	if (kind == POLICY_JOB)
		add_jobs(policy, known);
	for (size_t i = 0; kind == POLICY_RETAIN && i < config->retain_lists.count; i++)
		add_rule(policy, kind, i,
			 xasprintf("retain list %s", config->retain_lists.items[i].file));
}

static void add_number(struct policy *policy)
{
	const struct config *config = policy->config;
	const char *file = config->cleanup.repositories_file;
	long images = config->cleanup.keep_last_images;

	/* Whoever switches the days off with delete_old_tags did not ask for another way to go. */
	policy->selects_by_number = policy->rule_count == 0 && !config->cleanup.days_to_keep;
	if (file && *file && images)
		add_rule(policy, POLICY_NUMBER, 0,
			 xasprintf("cleanup.repositories_file %s, else cleanup.keep_last_images "
				   "%ld",
				   file, images));
	else if (file && *file)
		add_rule(policy, POLICY_NUMBER, 0, xasprintf("cleanup.repositories_file %s", file));
	else if (images)
		add_rule(policy, POLICY_NUMBER, 0,
			 xasprintf("cleanup.keep_last_images %ld", images));
}

static void add_protected_tags(struct policy *policy)
{
	const struct string_list *tags = &policy->config->cleanup.protected_tags;

	for (size_t i = 0; i < tags->count; i++) {
		const char *tag = tags->items[i];

		if (strtab_find(policy->tags, tag, strlen(tag)) != STRTAB_NONE)
			continue;
		strtab_add(policy->tags, tag, strlen(tag));
		add_rule(policy, POLICY_PROTECTED_TAG, i,
			 xasprintf("cleanup.protected_tags %s", tag))
			->implied = tags->count == 1 && strcmp(tag, DEFAULT_TAG) == 0;
	}
}

static void add_list(struct policy *policy, enum policy_kind kind, const struct string_list *list,
		     const char *key)
{
	for (size_t i = 0; i < list->count; i++)
		add_rule(policy, kind, i, xasprintf("%s %s", key, list->items[i]));
}

static void add_keeping(struct policy *policy, enum policy_kind kind)
{
	const struct config *config = policy->config;

	if (kind == POLICY_SINCE && config->cleanup.keep_since)
		add_rule(policy, kind, 0, xstrdup("cleanup.keep_since"));
	if (kind == POLICY_PULLED && config->protect.pulled_days)
		add_rule(policy, kind, 0,
			 xasprintf("protect.pulled_days %ld", config->protect.pulled_days));
	if (kind == POLICY_PROTECTED_TAG)
		add_protected_tags(policy);
	if (kind == POLICY_PROTECTED_PATTERN)
		add_list(policy, kind, &config->cleanup.protected_patterns,
			 "cleanup.protected_patterns");
	if (kind == POLICY_PROTECTED_REPOSITORY)
		add_list(policy, kind, &config->cleanup.protected_repositories,
			 "cleanup.protected_repositories");
	if (kind == POLICY_IN_USE && config->protect.in_use.count)
		add_rule(policy, kind, 0, xstrdup("protect.in_use"));
	if (kind == POLICY_HELD)
		add_rule(policy, kind, 0, xstrdup("held"))->implied = true;
}

struct policy *policy_new(const struct config *config)
{
	const struct string_list *patterns = &config->cleanup.protected_patterns;
	struct policy *policy = xcalloc(1, sizeof *policy);
	struct strtab *known = strtab_new();

	policy->config = config;
	policy->tags = strtab_new();
	for (enum policy_kind kind = 0; kind < POLICY_KINDS; kind++) {
		policy->first[kind] = policy->rule_count;
		if (kind < POLICY_NUMBER)
			add_selecting(policy, kind, known);
		else if (kind == POLICY_NUMBER)
			add_number(policy);
		else
			add_keeping(policy, kind);
	}
	policy->first[POLICY_KINDS] = policy->rule_count;
	policy->patterns = xcalloc(patterns->count + 1, sizeof *policy->patterns);
	for (size_t i = 0; i < patterns->count; i++)
		policy->patterns[i] = lower_copy(patterns->items[i]);
	strtab_free(known);
	return policy;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	strtab_free(policy->tags);
	for (size_t i = 0; i < policy->config->cleanup.protected_patterns.count; i++)
		free(policy->patterns[i]);
	free(policy->patterns);
	for (size_t i = 0; i < policy->rule_count; i++)
		free(policy->rules[i].name);
	free(policy->rules);
	for (size_t i = 0; i < policy->regex_count; i++)
		regex_free(policy->regexes[i]);
	free(policy->regexes);
	free(policy);
}

bool policy_protects_tag(const struct policy *policy, const char *tag, size_t *rule)
{
	uint32_t number = strtab_find(policy->tags, tag, strlen(tag));

	if (rule && number != STRTAB_NONE)
		*rule = policy->first[POLICY_PROTECTED_TAG] + number;
	return number != STRTAB_NONE;
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

bool policy_pattern_matches(const struct policy *policy, size_t rule, const char *tag)
{
	return contains(tag, policy->patterns[policy->rules[rule].item]);
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

/* What nobody named is left alone where repositories are named, also where the storage shows it. */
static bool is_named(const struct policy *policy, const char *repository)
{
	const struct string_list *named = &policy->config->registry.repositories;

	for (size_t i = 0; i < named->count; i++) {
		if (strcmp(named->items[i], repository) == 0)
			return true;
	}
	return named->count == 0;
}

bool policy_targets(const struct policy *policy, const char *repository)
{
	const char *space = policy->only_namespace;
	size_t length = space ? strlen(space) : 0;

	for (size_t i = 0; i < policy->only.count; i++) {
		if (strcmp(policy->only.items[i], repository) == 0)
			return true;
	}
	if (policy->only.count || !is_named(policy, repository))
		return false;
	return !space || (strncmp(repository, space, length) == 0 && repository[length] == '/');
}

bool policy_job_is_due(const struct policy *policy, uint32_t job)
{
	return !policy->due || policy->due[job];
}

long policy_images_to_keep(const struct policy *policy, const char *repository)
{
	long images =
		policy->repositories ? keep_counts_keep(policy->repositories, repository) : -1;

	if (images < 0 && policy->config->cleanup.keep_last_images)
		images = policy->config->cleanup.keep_last_images;
	return images;
}

int64_t policy_cutoff(int64_t now, long days)
{
	return now - (int64_t)days * SECONDS_PER_DAY;
}
