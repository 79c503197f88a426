/* A random policy as the program's own. */
#ifndef RANDOM_RULES_H
#define RANDOM_RULES_H

#include "lists/approved.h"
#include "lists/holds.h"
#include "lists/image_refs.h"
#include "lists/keep_counts.h"
#include "lists/retain_list.h"
#include "policy/policy.h"
#include "random_world.h"
#include "util/xalloc.h"

#include <unistd.h>

/* What a struct policy borrows, and it. */
struct random_rules {
	struct config config;
	char *protected_tags[RANDOM_NAMES];
	char *only[RANDOM_REPOSITORIES + 1];
	char *in_use_argv[1];
	struct string_list in_use_command;
	struct config_job jobs[RANDOM_JOBS];
	char job_names[RANDOM_JOBS][16];
	char *job_globs[RANDOM_JOBS][RANDOM_JOB_PARTS];
	char *job_regexes[RANDOM_JOBS][RANDOM_JOB_PARTS];
	bool due[RANDOM_JOBS];
	struct config_retain_list lists[RANDOM_POLICY_LISTS];
	const struct retain_list *retain_lists[RANDOM_POLICY_LISTS];
	struct image_refs *in_use;
	struct holds *holds;
	struct approved *wanted;
	struct policy *policy;
};

/* These borrow texts that live as long as the program, as fields of the configuration that are not
 * const. */
static inline char *random_borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* PATH is one for a new file of TEXT, which the caller removes. */
static inline void random_file(char *path, const char *text)
{
	int file = mkstemp(path);

	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text) ||
	    close(file) != 0)
		abort();
}

/* Read once, and kept until the program ends. */
static inline const struct retain_list *random_retain_list(uint32_t number)
{
	static struct retain_list *known[RANDOM_LIST_COUNT];
	char path[] = "/tmp/random-list-XXXXXX";
	char *patterns[] = { random_borrowed(RANDOM_LISTS[number].patterns[0]),
			     random_borrowed(RANDOM_LISTS[number].patterns[1]) };
	const struct string_list list = { patterns, 2 };
	struct notes faults = { 0 };

	if (known[number])
		return known[number];
	random_file(path, RANDOM_LISTS[number].text);
	known[number] = retain_list_load(path, &list, &faults);
	unlink(path);
	assert(known[number]);
	return known[number];
}

/* The same. */
static inline const struct keep_counts *random_number_file(uint32_t number)
{
	static struct keep_counts *known[RANDOM_NUMBER_FILE_COUNT];
	char path[] = "/tmp/random-file-XXXXXX";
	struct notes faults = { 0 };

	if (known[number])
		return known[number];
	random_file(path, RANDOM_NUMBER_FILES[number]);
	known[number] = keep_counts_load(path, &faults);
	unlink(path);
	assert(known[number]);
	return known[number];
}

static inline void random_config_jobs(struct random_rules *rules,
				      const struct random_policy *policy)
{
	for (uint32_t j = 0; j < policy->job_count; j++) {
		const struct random_job *from = &policy->jobs[j];
		struct config_job *job = &rules->jobs[j];

		for (uint32_t i = 0; i < from->glob_count; i++)
			rules->job_globs[j][i] = random_borrowed(from->globs[i]);
		for (uint32_t i = 0; i < from->regex_count; i++)
			rules->job_regexes[j][i] =
				random_borrowed(RANDOM_REGEXES[from->regexes[i]]);
		snprintf(rules->job_names[j], sizeof rules->job_names[j], "job%" PRIu32, j);
		job->name = rules->job_names[j];
		job->repositories = (struct string_list){ rules->job_globs[j], from->glob_count };
		job->tag_regexps = (struct string_list){ rules->job_regexes[j], from->regex_count };
		job->save_last = from->save_last;
		job->older_than_days = from->older_than_days;
		rules->due[j] = from->due;
	}
	rules->config.jobs.items = rules->jobs;
	rules->config.jobs.count = policy->job_count;
}

static inline void random_config_lists(struct random_rules *rules,
				       const struct random_policy *policy)
{
	for (uint32_t i = 0; i < policy->list_count; i++) {
		rules->lists[i].file = random_borrowed("/list");
		rules->retain_lists[i] = random_retain_list(policy->lists[i]);
	}
	rules->config.retain_lists.items = rules->lists;
	rules->config.retain_lists.count = policy->list_count;
}

static inline void random_config_cleanup(struct random_rules *rules,
					 const struct random_policy *policy)
{
	struct config *config = &rules->config;

	config->cleanup.days_to_keep = policy->by_days ? policy->days : 0;
	config->cleanup.delete_old_tags = policy->delete_old_tags;
	config->cleanup.age_from = policy->age_from;
	config->protect.pulled_days = policy->pulled_days;
	config->cleanup.unknown_age = policy->unknown_age;
	config->cleanup.tag_name_pattern = random_borrowed(
		policy->name_regex == RANDOM_NONE ? "" : RANDOM_REGEXES[policy->name_regex]);
	config->cleanup.keep_last_images = policy->keep_last_images;
	config->cleanup.keep_since = policy->keep_since;
	config->cleanup.untagged_days = policy->untagged_days;
	config->cleanup.repositories_file =
		random_borrowed(policy->number_file == RANDOM_NONE ? "" : "/repositories");
	for (uint32_t i = 0; i < policy->protected_tag_count; i++)
		rules->protected_tags[i] = random_borrowed(policy->protected_tags[i]);
	config->cleanup.protected_tags =
		(struct string_list){ rules->protected_tags, policy->protected_tag_count };
	config->cleanup.protected_patterns =
		(struct string_list){ (char **)(uintptr_t)policy->patterns, policy->pattern_count };
	config->cleanup.protected_repositories =
		(struct string_list){ (char **)(uintptr_t)policy->globs, policy->glob_count };
}

static inline void random_use(struct random_rules *rules, const struct random_policy *policy)
{
	static const char *const NAMES[] = { RANDOM_HOST };

	if (!policy->asks_in_use)
		return;
	rules->in_use = image_refs_new(NAMES, 1);
	for (uint32_t i = 0; i < policy->image_refs_count; i++)
		image_refs_add(rules->in_use, policy->in_use[i], strlen(policy->in_use[i]));
	rules->policy->in_use = rules->in_use;
}

/* Takes NAME over. */
static inline void random_hold_name(struct random_rules *rules, uint8_t hold, char *name)
{
	const struct hold item = {
		.name = name,
		.since = RANDOM_NOW - 100,
		.until = hold == HOLD_EXPIRED ? RANDOM_NOW
			 : strlen(name) % 2   ? HOLDS_FOREVER
					      : RANDOM_NOW + 1,
		.who = random_borrowed("me"),
		.reason = random_borrowed(""),
	};

	if (hold != NO_HOLD)
		holds_put(rules->holds, &item);
	free(name);
}

static inline void random_holds(struct random_rules *rules, const struct random_world *world)
{
	rules->holds = holds_new();
	for (uint32_t t = 0; t < world->tag_count; t++) {
		const struct random_tag *tag = &world->tags[t];

		random_hold_name(
			rules, tag->hold,
			xasprintf("%s:%s", world->repositories[tag->repository], tag->name));
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		const struct random_manifest *manifest = &world->manifests[m];

		random_hold_name(rules, manifest->hold,
				 xasprintf("%s@%s", world->repositories[manifest->repository],
					   random_digest(manifest)));
	}
	rules->policy->holds = rules->holds;
}

static inline void random_want(struct random_rules *rules, const struct random_world *world)
{
	if (!world->policy.only_wanted)
		return;
	rules->wanted = approved_new();
	for (uint32_t t = 0; t < world->tag_count; t++) {
		const struct random_tag *tag = &world->tags[t];
		const char *digest;

		if (tag->wanted == UNWANTED || tag->state != TAG_READ)
			continue;
		digest = tag->wanted == WANTED ? random_digest(&world->manifests[tag->manifest])
					       : random_digest_text(RANDOM_MANIFESTS);
		approved_add(rules->wanted, world->repositories[tag->repository], tag->name,
			     digest);
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		const struct random_manifest *manifest = &world->manifests[m];

		if (manifest->wanted)
			approved_add(rules->wanted, world->repositories[manifest->repository], NULL,
				     random_digest(manifest));
	}
	rules->policy->wanted = rules->wanted;
}

static inline void random_target(struct random_rules *rules, const struct random_world *world)
{
	const struct random_policy *policy = &world->policy;
	size_t count = 0;

	rules->policy->only_namespace = policy->only_namespace;
	if (!policy->only_some)
		return;
	rules->only[count++] = random_borrowed("other");
	for (uint32_t r = 0; r < world->repository_count; r++) {
		if (policy->only[r])
			rules->only[count++] = random_borrowed(world->repositories[r]);
	}
	rules->policy->only = (struct string_list){ rules->only, count };
}

static inline void random_rules(struct random_rules *rules, const struct random_world *world)
{
	const struct random_policy *policy = &world->policy;

	memset(rules, 0, sizeof *rules);
	random_config_cleanup(rules, policy);
	random_config_jobs(rules, policy);
	random_config_lists(rules, policy);
	rules->in_use_argv[0] = random_borrowed("docker");
	rules->in_use_command = (struct string_list){ rules->in_use_argv, 1 };
	if (policy->asks_in_use)
		rules->config.protect.in_use = (struct command_list){ &rules->in_use_command, 1 };
	rules->policy = policy_new(&rules->config);
	rules->policy->retain_lists = rules->retain_lists;
	if (policy->number_file != RANDOM_NONE)
		rules->policy->repositories = random_number_file(policy->number_file);
	rules->policy->due = policy->all_due ? NULL : rules->due;
	rules->policy->jobs_alone = policy->jobs_alone;
	random_use(rules, policy);
	random_holds(rules, world);
	random_want(rules, world);
	random_target(rules, world);
}

static inline void random_rules_clear(struct random_rules *rules)
{
	policy_free(rules->policy);
	image_refs_free(rules->in_use);
	holds_free(rules->holds);
	approved_free(rules->wanted);
}

#endif
