/* A random policy in words. */
#ifndef POLICY_TEXT_H
#define POLICY_TEXT_H

#include "random_world.h"

static inline void world_print_date(int64_t created)
{
	int64_t age = RANDOM_NOW - created;

	if (created == DATE_ABSENT)
		printf(" none");
	else if (!date_known(created))
		printf(" bad");
	else if (age % 86400 == 0)
		printf(" %" PRId64, age / 86400);
	else
		printf(" %" PRId64 "d%+" PRId64 "s", age / 86400, age % 86400);
}

/* "sig:m3" for the tag that describes m3. */
static inline void world_print_name(const struct random_world *world, const char *name)
{
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		char bare[RANDOM_NAME_SIZE];

		random_describing_name(&world->manifests[m], "", bare);
		if (strncmp(name, bare, strlen(bare)) != 0)
			continue;
		name += strlen(bare);
		printf("%s:m%" PRIu32, *name ? name + 1 : "bare", world->manifests[m].label);
		return;
	}
	printf("%s", name);
}

/* A reference with "m3" in place of that digest. */
static inline void world_print_reference(const char *reference)
{
	const char *begin = strchr(reference, '@');
	size_t length;

	begin = begin ? begin + 1 : reference;
	length = strlen(begin);
	for (uint32_t d = 0; d < RANDOM_DIGESTS; d++) {
		const char *digest = random_digest_text(d), *hex = digest + strlen("sha256:");

		if (strncmp(begin, digest, length) != 0 && strncmp(begin, hex, length) != 0)
			continue;
		printf(" %.*s%c%" PRIu32, (int)(begin - reference), reference,
		       d < RANDOM_MANIFESTS ? 'm' : 'b',
		       d < RANDOM_MANIFESTS ? d : d - RANDOM_MANIFESTS);
		return;
	}
	printf(" %s", reference);
}

static inline void world_print_job(const struct random_policy *policy, uint32_t j)
{
	const struct random_job *job = &policy->jobs[j];

	printf("job %" PRIu32 ":", j);
	for (uint32_t i = 0; i < job->glob_count; i++)
		printf(" %s", job->globs[i]);
	printf(";");
	for (uint32_t i = 0; i < job->regex_count; i++)
		printf(" /%s/", RANDOM_REGEXES[job->regexes[i]]);
	printf("; save last %" PRIu32 ", older than %ld days%s\n", job->save_last,
	       job->older_than_days, policy->all_due || job->due ? "" : ", not due");
}

static inline void world_print_selecting(const struct random_policy *policy)
{
	static const char *const AGES[] = { "created", "pushed", "newest", "pulled" };

	printf("policy: %ld days%s%s from %s%s; untagged %ld days\n", policy->days,
	       policy->by_days ? "" : " (no rule)",
	       policy->delete_old_tags ? "" : " (switched off)", AGES[policy->age_from],
	       policy->unknown_age == UNKNOWN_PUSHED ? ", or pushed if unknown" : "",
	       policy->untagged_days);
	if (policy->name_regex != RANDOM_NONE)
		printf("name /%s/\n", RANDOM_REGEXES[policy->name_regex]);
	for (uint32_t j = 0; j < policy->job_count; j++)
		world_print_job(policy, j);
	if (policy->jobs_alone)
		printf("jobs alone\n");
	for (uint32_t i = 0; i < policy->list_count; i++)
		printf("list %s %s:\n%s", RANDOM_LISTS[policy->lists[i]].patterns[0],
		       RANDOM_LISTS[policy->lists[i]].patterns[1],
		       RANDOM_LISTS[policy->lists[i]].text);
}

static inline void world_print_keeping(const struct random_world *world)
{
	const struct random_policy *policy = &world->policy;

	if (policy->keep_last_images > 0)
		printf("keep %ld images\n", policy->keep_last_images);
	if (policy->number_file != RANDOM_NONE)
		printf("keep by file:\n%s", RANDOM_NUMBER_FILES[policy->number_file]);
	if (policy->pulled_days > 0)
		printf("keeps what was pulled within %" PRIu32 " days\n", policy->pulled_days);
	if (policy->keep_since > 0) {
		printf("keep since");
		world_print_date(policy->keep_since);
		printf("\n");
	}
	printf("protected tags");
	for (uint32_t i = 0; i < policy->protected_tag_count; i++) {
		printf(" ");
		world_print_name(world, policy->protected_tags[i]);
	}
	printf("; patterns");
	for (uint32_t i = 0; i < policy->pattern_count; i++)
		printf(" %s", policy->patterns[i]);
	printf("; repositories");
	for (uint32_t i = 0; i < policy->glob_count; i++)
		printf(" %s", policy->globs[i]);
	if (policy->asks_in_use)
		printf("; in use:");
	for (uint32_t i = 0; i < policy->image_refs_count; i++)
		world_print_reference(policy->in_use[i]);
	printf("\n");
}

static inline void world_print_policy(const struct random_world *world)
{
	const struct random_policy *policy = &world->policy;

	printf("%s, %s\n", world->tag_delete ? "3x" : "2x",
	       world->opaque    ? "opaque"
	       : world->storage ? "storage"
				: "API");
	world_print_selecting(policy);
	world_print_keeping(world);
	for (uint32_t r = 0; policy->only_some && r < world->repository_count; r++)
		printf("%s %s\n", policy->only[r] ? "only" : "not", world->repositories[r]);
	if (policy->only_namespace)
		printf("only in %s/\n", policy->only_namespace);
}

#endif
