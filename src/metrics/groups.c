/* From a run's report to samples: tags by reason, bytes, and damage. */
#include "metrics/groups.h"

#include "apply/outcome.h"
#include "config/config.h"
#include "forecast/forecast.h"
#include "forecast/usage.h"
#include "inventory/inventory.h"
#include "metrics/families.h"
#include "plan/reason.h"
#include "report/run_json.h"
#include "report/space.h"

/* Each tag once; what changed meanwhile stays, too. */
static void write_kept(const struct metrics_out *out, const struct report *report)
{
	struct report_counts counts;
	size_t other;

	report_count(report, &counts);
	other = counts.kept;
	counts.by_reason[REASON_BIT_CHANGED] += report->outcome->tags_changed;
	other += report->outcome->tags_changed;
	metrics_begin(out, METRICS_KEPT);
	for (unsigned i = 0; i < PLAN_REASONS; i++) {
		if (!PLAN_REASON_ROWS[i].words)
			continue;
		metrics_sample(out, METRICS_KEPT, "reason", PLAN_REASON_ROWS[i].name,
			       counts.by_reason[i]);
		other -= counts.by_reason[i];
	}
	if (other > 0)
		metrics_sample(out, METRICS_KEPT, "reason", "other", other);
}

static void write_tags(const struct metrics_out *out, const struct report *report,
		       const struct usage *usage)
{
	metrics_one(out, METRICS_REPOSITORIES, report->inventory->repository_count);
	metrics_one(out, METRICS_TAGS, report->inventory->tag_count);
	write_kept(out, report);
	metrics_repositories(out, report, usage);
}

static uint64_t known(struct listed_blobs blobs)
{
	return blobs.unsized ? METRICS_UNKNOWN : blobs.bytes;
}

/* As the report tells it (report/storage_json.c). */
static uint64_t garbage(const struct report *report)
{
	if (report->forecast->complete)
		return report->forecast->garbage;
	return report->garbage_listed ? known(report->garbage) : METRICS_UNKNOWN;
}

/* What is garbage is a part of what a collection would free. */
static uint64_t garbage_left(const struct report *report, uint64_t left)
{
	uint64_t bytes = garbage(report);

	if (!report->gc.ran || bytes == METRICS_UNKNOWN || left == METRICS_UNKNOWN)
		return report->gc.ran ? METRICS_UNKNOWN : bytes;
	return bytes < left ? bytes : left;
}

static void write_space(const struct metrics_out *out, const struct report *report,
			const struct usage *usage)
{
	uint64_t left = report_space_known(report_still_to_free(report));

	metrics_one(out, METRICS_BLOBS, usage->bytes);
	metrics_one(out, METRICS_FORECAST, left);
	metrics_one(out, METRICS_GARBAGE, garbage_left(report, left));
	metrics_one(out, METRICS_UNTAGGED,
		    report->forecast->complete ? report->forecast->untagged : METRICS_UNKNOWN);
	metrics_repositories_space(out, report, usage, left);
}

static void write_damage(const struct metrics_out *out, const struct report *report)
{
	metrics_one(out, METRICS_DAMAGED, report->verification.damaged);
	metrics_one(out, METRICS_UNVERIFIED, report->verification.unverified);
}

/* Makes room for what REPORT's run says of GROUP. */
static struct metrics_out begin(struct metrics_facts *facts, enum metrics_group group,
				const struct report *report, const char *registry)
{
	buf_clear(&facts->groups[group].text);
	facts->groups[group].at = report->finished_at;
	return (struct metrics_out){ &facts->groups[group].text, registry };
}

static void learn_inventory(const struct report *report, const char *registry,
			    struct metrics_facts *facts)
{
	struct usage *usage = usage_build(report->inventory);
	struct metrics_out out;

	if (report_knows_space(report)) {
		out = begin(facts, METRICS_GROUP_SPACE, report, registry);
		write_space(&out, report, usage);
	}
	out = begin(facts, METRICS_GROUP_TAGS, report, registry);
	write_tags(&out, report, usage);
	usage_free(usage);
}

/* A collection alone reads no tags: what it left to be freed is not known, unless it freed nothing.
 */
static void forget_space(const struct report *report, struct metrics_facts *facts)
{
	if (report->gc.ran && report_space_known(report_freed(report)) != 0)
		facts_forget(facts, METRICS_GROUP_SPACE);
}

void groups_learn(const struct report *report, const char *registry, struct metrics_facts *facts)
{
	uint64_t took = report->after.allocated != MEASURE_UNKNOWN ? report->after.allocated
								   : report->before.allocated;
	struct metrics_out out;

	if (report->inventory)
		learn_inventory(report, registry, facts);
	else
		forget_space(report, facts);
	if (took != MEASURE_UNKNOWN) {
		out = begin(facts, METRICS_GROUP_STORAGE, report, registry);
		metrics_one(&out, METRICS_STORAGE, took);
	}
	if (report->verified) {
		out = begin(facts, METRICS_GROUP_DAMAGE, report, registry);
		write_damage(&out, report);
	}
}
