/* How long planning alone takes with many rules: 1,000 repositories of 100 tags, 50 jobs with 10
 * regular expressions each, all on `**`. Every tag has a name of its own.
 *
 *   bench_plan      prints seconds, tags, calls of the matcher, and tags that would go */
#include "config/config.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define REPOSITORIES 1000
#define TAGS         100 /* of each repository */
#define JOBS         50
#define EXPRESSIONS  10 /* of each job */
#define NOW          INT64_C(1780000000)

/* What teams write, with the number of a job or expression in it. */
static const char *const EXPRESSION_FORMS[] = {
	"v%d\\.\\d+\\.\\d+-dev$",  "develop-[\\d\\w]+-%d$",
	"^feature-[a-z]+-\\d*%d$", ".*-temp%d$",
	"^(dev|test)-.*%d$",       "-rc\\d+\\.%d$",
	"^sha-[0-9a-f]{7,}%d$",    "build-\\d+-job%d",
	"^\\d{8}-\\d{4}-%d$",      "(nightly|weekly)-.*-x%d$",
};
static const char *const TAG_FORMS[] = {
	"v%u.%u.3-dev",  "develop-%uab%u", "feature-login-%u%u", "%u-%u-temp7",   "dev-%u-%u",
	"%u.%u.0-rc1.5", "sha-%07x%u",     "build-%u-job%u",     "20260101-%u%u", "nightly-%u-x%u",
	"%u.%u.2",       "release-%u.%u",
};
#define TAG_FORM_COUNT (sizeof TAG_FORMS / sizeof *TAG_FORMS)

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static char *form(const char *format, unsigned first, unsigned second)
{
	return xasprintf(format, first, second);
}

static void add_jobs(struct config *config)
{
	static char glob[] = "**";
	static char *everything[] = { glob, NULL };

	config->jobs.count = JOBS;
	config->jobs.items = xcalloc(JOBS, sizeof *config->jobs.items);
	for (unsigned j = 0; j < JOBS; j++) {
		struct config_job *job = &config->jobs.items[j];

		*job = (struct config_job){ .name = form("job-%u", j, 0),
					    .repositories = { everything, 1 },
					    .save_last = 5,
					    .older_than_days = 10 };
		job->tag_regexps.count = EXPRESSIONS;
		job->tag_regexps.items = xcalloc(EXPRESSIONS + 1, sizeof(char *));
		for (unsigned e = 0; e < EXPRESSIONS; e++)
			job->tag_regexps.items[e] = form(EXPRESSION_FORMS[e], j, 0);
	}
}

static void add_image(struct inventory *inventory, uint32_t repository, uint32_t tag)
{
	char digest[DIGEST_TEXT];
	uint32_t manifest;

	digest_of(&tag, sizeof tag, digest);
	manifest = inventory_manifest(inventory, repository, digest);
	inventory->manifests[manifest].kind = MANIFEST_IMAGE;
	inventory->manifests[manifest].created = NOW - (int64_t)(tag % 400) * 86400;
	inventory_point(inventory, tag, manifest);
}

static struct inventory *new_inventory(void)
{
	struct inventory *inventory = inventory_new();
	char *names[TAGS];

	for (unsigned r = 0; r < REPOSITORIES; r++) {
		CLEANUP(free_p) char *name = form("team-%u/app-%u", r % 10, r);
		uint32_t repository = inventory_repository(inventory, name);

		for (unsigned t = 0; t < TAGS; t++)
			names[t] = form(TAG_FORMS[t % TAG_FORM_COUNT], r, t);
		inventory_tags(inventory, repository, names, TAGS);
		for (unsigned t = 0; t < TAGS; t++) {
			add_image(inventory, repository, r * TAGS + t);
			free(names[t]);
		}
	}
	return inventory;
}

int main(void)
{
	struct inventory *inventory = new_inventory();
	struct config config = { 0 };
	struct timespec began, ended;
	struct policy *policy;
	struct plan *plan;

	add_jobs(&config);
	clock_gettime(CLOCK_MONOTONIC, &began);
	policy = policy_new(&config);
	plan = plan_build(inventory, policy, NOW);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	printf("%.3f s for %zu tags and %zu rules, %zu tags would go\n",
	       (double)(ended.tv_sec - began.tv_sec) +
		       (double)(ended.tv_nsec - began.tv_nsec) / 1e9,
	       inventory->tag_count, policy->rule_count, plan->tags_going);
	plan_free(plan);
	policy_free(policy);
	inventory_free(inventory);
	for (unsigned j = 0; j < JOBS; j++) {
		for (unsigned e = 0; e < EXPRESSIONS; e++)
			free(config.jobs.items[j].tag_regexps.items[e]);
		free(config.jobs.items[j].tag_regexps.items);
		free(config.jobs.items[j].name);
	}
	free(config.jobs.items);
	return 0;
}
