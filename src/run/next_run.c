/* The plan is a pure function: it is asked once more, of a copy without what is gone. */
#include "run/next_run.h"

#include "apply/outcome.h"
#include "config/config.h"
#include "forecast/forecast.h"
#include "plan/limits.h"
#include "plan/plan.h"
#include "run/context.h"
#include "state/growth.h"
#include "util/date.h"
#include "util/stop_signal.h"
#include "util/xalloc.h"

#include <stddef.h>
#include <string.h>

#define DAY INT64_C(86400)

static void copy_repository(const struct run *run, struct next_run *next, uint32_t repository)
{
	struct inventory *left = &next->inventory;
	struct inventory_repository *entry = &left->repositories[repository];
	uint32_t first = entry->first_tag, end = first + entry->tag_count;

	entry->first_tag = (uint32_t)left->tag_count;
	for (uint32_t t = first; t < end; t++) {
		if (run->outcome.tags[t] == TAG_DELETED)
			continue;
		next->alone[left->tag_count] = run->forecast->tags[t];
		left->tags[left->tag_count++] = run->session.inventory->tags[t];
	}
	entry->tag_count = (uint32_t)left->tag_count - entry->first_tag;
}

/* As an inventory has what the registry says that it does not have. */
static void forget_manifest(struct inventory_manifest *manifest)
{
	manifest->kind = MANIFEST_MISSING;
	manifest->child_count = 0;
	manifest->blob_count = 0;
	manifest->subject = INVENTORY_NONE;
	manifest->untagged_since = DATE_ABSENT;
	manifest->linked = false;
	manifest->pending = false;
}

static void *copy_of(const void *array, size_t count, size_t size)
{
	void *copy = xcalloc(count + 1, size);

	if (count > 0)
		memcpy(copy, array, count * size);
	return copy;
}

static void copy_inventory(const struct run *run, struct next_run *next)
{
	const struct inventory *all = run->session.inventory;
	struct inventory *left = &next->inventory;

	*left = *all;
	left->repositories =
		copy_of(all->repositories, all->repository_count, sizeof *all->repositories);
	left->manifests = copy_of(all->manifests, all->manifest_count, sizeof *all->manifests);
	left->tags = xcalloc(all->tag_count + 1, sizeof *left->tags);
	left->tag_count = 0;
	next->alone = xcalloc(all->tag_count + 1, sizeof *next->alone);
	for (uint32_t r = 0; r < all->repository_count; r++)
		copy_repository(run, next, r);
	for (uint32_t m = 0; m < all->manifest_count; m++) {
		if (all->manifests[m].gone)
			forget_manifest(&left->manifests[m]);
	}
}

/* What was asked for on the command line was for this run alone. */
static void copy_policy(const struct run *run, struct next_run *next, int64_t at)
{
	const struct config_jobs *jobs = &run->config->jobs;

	next->policy = *run->rules.policy;
	next->policy.only = (struct string_list){ 0 };
	next->policy.only_namespace = NULL;
	next->policy.wanted = NULL;
	next->policy.jobs_alone = false;
	next->due = xcalloc(jobs->count + 1, sizeof *next->due);
	for (size_t j = 0; j < jobs->count; j++)
		next->due[j] = growth_job_due(&run->rules.growth, &jobs->items[j], at);
	next->policy.due = next->due;
}

static void ask_limits(const struct run *run, struct next_run *next, int64_t at)
{
	plan_limits_check(&(struct safety_question){ .config = run->config,
						     .inventory = &next->inventory,
						     .plan = next->plan,
						     .growth = &run->rules.growth,
						     .now = at },
			  &next->refused);
}

const struct html_next *next_run_foresee(const struct run *run, struct next_run *next)
{
	int64_t at = run->report.started_at + DAY;

	if (run->report.dry_run || !run->report.plan || stop_signal_count() > 0)
		return NULL;
	copy_inventory(run, next);
	copy_policy(run, next, at);
	next->plan = plan_build(&next->inventory, &next->policy, at);
	ask_limits(run, next, at);
	next->told = (struct html_next){ .at = at,
					 .inventory = &next->inventory,
					 .plan = next->plan,
					 .alone = next->alone,
					 .refused = &next->refused };
	return &next->told;
}

void next_run_clear(struct next_run *next)
{
	plan_free(next->plan);
	free(next->inventory.repositories);
	free(next->inventory.manifests);
	free(next->inventory.tags);
	free(next->alone);
	free(next->due);
	notes_clear(&next->refused);
}
