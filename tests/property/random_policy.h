/* A random policy: a plain description of one. What takes its names from the registry is filled in
 * by random_world.h. */
#ifndef RANDOM_POLICY_H
#define RANDOM_POLICY_H

#include "config/config.h"
#include "random.h"

#define RANDOM_REPOSITORIES   3
#define RANDOM_NAMES          8
#define RANDOM_JOBS           3
#define RANDOM_JOB_PARTS      2
#define RANDOM_POLICY_LISTS   2
#define RANDOM_IN_USE         4
#define RANDOM_REFERENCE_SIZE 192
#define RANDOM_HOST           "registry.test"

/* Everything that a policy can choose from. What they mean is told again in naive_names.h. */
static const char *const RANDOM_REGEXES[] = { "^v\\d+$", "release", "-dev$", "^v[0-9]*[02468]$",
					      "^\\w+$",  "[13579]", ".",     "^(x+x+)+y$" };
#define RANDOM_REGEX_COUNT 8
/* The last expression takes too long to tell whether it matches this name. */
#define RANDOM_SLOW_NAME "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxyz"

static const char *const RANDOM_GLOBS[] = { "app", "team/*", "lib", "**", "tea*", "team/**" };
#define RANDOM_GLOB_COUNT 6

struct random_list {
	const char *text;
	const char *patterns[2];
};
static const struct random_list RANDOM_LISTS[] = {
	{ "a 3 7\nb 2\nc\n", { "app:img{id}-{revision}", "team/api:img{id}-{revision}" } },
	{ "a 1 2 3\nz 5\n", { "team/api:img{id}-{revision}", "lib:img{id}-{revision}" } },
	{ "app 4\nlib 1\n", { "{id}:r{revision}", "team/{id}:r{revision}" } },
	{ "a 4\nb-x 8 9\n", { "app:img{id}-{revision}", "app:r{revision}-{id}" } },
};
#define RANDOM_LIST_COUNT 4

static const char *const RANDOM_NUMBER_FILES[] = { "app 2\n", "app 0\nlib 1\n",
						   "team/api 3\nother 7\n", "other 1\n" };
#define RANDOM_NUMBER_FILE_COUNT 4

struct random_job {
	const char *globs[RANDOM_JOB_PARTS];
	uint32_t glob_count;
	uint32_t regexes[RANDOM_JOB_PARTS]; /* of RANDOM_REGEXES */
	uint32_t regex_count;
	uint32_t save_last;
	long older_than_days;
	bool due;
};

struct random_policy {
	long days;    /* what dates are chosen around */
	bool by_days; /* cleanup.days_to_keep is that */
	bool delete_old_tags;
	enum age_from age_from;
	uint32_t pulled_days; /* 0: no such rule */
	enum unknown_age unknown_age;
	uint32_t name_regex; /* of RANDOM_REGEXES, or RANDOM_NONE */
	struct random_job jobs[RANDOM_JOBS];
	uint32_t job_count;
	bool all_due;                        /* the jobs' DUE is not handed over */
	bool jobs_alone;                     /* only what is due selects */
	uint32_t lists[RANDOM_POLICY_LISTS]; /* of RANDOM_LISTS */
	uint32_t list_count;
	long keep_last_images;
	uint32_t number_file; /* of RANDOM_NUMBER_FILES, or RANDOM_NONE */
	int64_t keep_since;   /* 0: no such rule */
	long untagged_days;
	char protected_tags[RANDOM_NAMES][RANDOM_NAME_SIZE];
	uint32_t protected_tag_count;
	const char *patterns[RANDOM_NAMES];
	uint32_t pattern_count;
	const char *globs[RANDOM_NAMES];
	uint32_t glob_count;
	bool asks_in_use;
	char in_use[RANDOM_IN_USE][RANDOM_REFERENCE_SIZE]; /* as commands print references */
	uint32_t image_refs_count;
	bool only_some; /* only repositories of ONLY, and one that is not there */
	bool only[RANDOM_REPOSITORIES];
	const char *only_namespace;
	bool only_wanted; /* only what the world's tags and manifests say is wanted */
};

/* DAYS exactly, or not far from it. */
static inline long random_days(uint64_t *state, long days)
{
	return random_chance(state, 60) ? days : 1 + (long)random_below(state, 90);
}

static inline void random_job(struct random_job *job, uint64_t *state, long days)
{
	do
		job->globs[job->glob_count++] =
			RANDOM_GLOBS[random_below(state, RANDOM_GLOB_COUNT)];
	while (random_chance(state, 30) && job->glob_count < RANDOM_JOB_PARTS);
	do
		job->regexes[job->regex_count++] = random_below(state, RANDOM_REGEX_COUNT);
	while (random_chance(state, 40) && job->regex_count < RANDOM_JOB_PARTS);
	job->save_last = random_below(state, 4);
	job->older_than_days = random_chance(state, 50) ? random_days(state, days) : 0;
	job->due = random_chance(state, 70);
}

/* What selects besides days_to_keep. */
static inline void random_selecting(struct random_policy *policy, uint64_t *state)
{
	if (random_chance(state, 15))
		policy->name_regex = random_below(state, RANDOM_REGEX_COUNT);
	while (random_chance(state, 35) && policy->job_count < RANDOM_JOBS)
		random_job(&policy->jobs[policy->job_count++], state, policy->days);
	policy->all_due = random_chance(state, 20);
	policy->jobs_alone = policy->job_count > 0 && random_chance(state, 15);
	while (random_chance(state, 20) && policy->list_count < RANDOM_POLICY_LISTS)
		policy->lists[policy->list_count++] = random_below(state, RANDOM_LIST_COUNT);
}

static inline void random_numbers(struct random_policy *policy, uint64_t *state, bool alone)
{
	policy->number_file = RANDOM_NONE;
	if (random_chance(state, alone ? 80 : 15))
		policy->keep_last_images = 1 + random_below(state, 4);
	if (random_chance(state, alone ? 40 : 10))
		policy->number_file = random_below(state, RANDOM_NUMBER_FILE_COUNT);
}

static inline void random_protections(struct random_policy *policy, uint64_t *state)
{
	static const char *const patterns[] = { "release", "STABLE", "prod", ".SIG", "v1" };

	if (random_chance(state, 70))
		random_copy(policy->protected_tags[policy->protected_tag_count++], "latest");
	while (random_chance(state, 25) && policy->pattern_count < RANDOM_NAMES)
		policy->patterns[policy->pattern_count++] = patterns[random_below(state, 5)];
	while (random_chance(state, 12) && policy->glob_count < RANDOM_NAMES)
		policy->globs[policy->glob_count++] =
			RANDOM_GLOBS[random_below(state, RANDOM_GLOB_COUNT)];
}

static inline void random_targets(struct random_policy *policy, uint64_t *state)
{
	static const char *const namespaces[] = { "team", "tea", "app", "team/api" };

	policy->only_some = random_chance(state, 8);
	for (uint32_t r = 0; r < RANDOM_REPOSITORIES; r++)
		policy->only[r] = random_chance(state, 60);
	if (random_chance(state, 6))
		policy->only_namespace = namespaces[random_below(state, 4)];
	policy->only_wanted = random_chance(state, 8);
}

/* In a third of all policies days_to_keep decides alone, in some keeping by number does. */
static inline void random_policy(struct random_policy *policy, uint64_t *state)
{
	bool plain = random_chance(state, 30), by_number = !plain && random_chance(state, 20);

	policy->days = 1 + random_below(state, 60);
	policy->by_days = plain || (!by_number && random_chance(state, 60));
	policy->delete_old_tags = plain || random_chance(state, 85);
	policy->age_from =
		random_chance(state, 60) ? AGE_CREATED : AGE_PUSHED + random_below(state, 3);
	if (!plain && random_chance(state, 20))
		policy->pulled_days = 1 + random_below(state, 60);
	policy->unknown_age = random_chance(state, 50) ? UNKNOWN_KEEP : UNKNOWN_PUSHED;
	policy->name_regex = policy->number_file = RANDOM_NONE;
	if (!plain && !by_number)
		random_selecting(policy, state);
	if (!plain)
		random_numbers(policy, state, by_number);
	if (random_chance(state, 30))
		policy->untagged_days = random_days(state, policy->days);
	random_protections(policy, state);
	if (!plain)
		random_targets(policy, state);
}

#endif
