/* What a run that ended early did is known, too: it deleted nothing. */
#include "metrics/last_run.h"

#include "apply/outcome.h"
#include "apply_scaleway/namespaces.h"
#include "config/config.h"
#include "inventory/inventory.h"
#include "metrics/facts.h"
#include "metrics/families.h"
#include "plan/plan.h"
#include "report/run_json.h"
#include "report/space.h"
#include "util/date.h"

static const struct outcome NOTHING = { 0 };

static const struct outcome *outcome_of(const struct report *report)
{
	return report->outcome ? report->outcome : &NOTHING;
}

static const struct scaleway_namespaces *namespaces_of(const struct report *report)
{
	static const struct scaleway_namespaces NONE = { 0 };

	return report->namespaces ? report->namespaces : &NONE;
}

/* As seen in the storage, or as the collector said; without a collection nothing is freed, where
 * the registry tells sizes at all. */
static uint64_t freed(const struct report *report)
{
	uint64_t bytes = report_space_known(report_freed(report));
	bool nothing = !report->gc.ran && report_knows_space(report);

	return bytes == METRICS_UNKNOWN && nothing ? 0 : bytes;
}

static void add(uint64_t *sum, uint64_t number)
{
	if (number != METRICS_UNKNOWN && __builtin_add_overflow(*sum, number, sum))
		*sum = METRICS_UNKNOWN - 1;
}

void last_run_add(const struct report *report, struct metrics_facts *facts)
{
	const struct outcome *outcome = outcome_of(report);

	if (report->exit_code == 0)
		facts->success_at = report->finished_at;
	add(&facts->runs, 1);
	add(&facts->tags, outcome->tags_deleted);
	add(&facts->manifests, outcome->manifests_deleted);
	add(&facts->freed, freed(report));
	add(&facts->namespaces, namespaces_of(report)->deleted);
}

#define DELETES (PLAN_SELECTING | (uint64_t)REASON_SUBJECT_DELETED)

/* A tag counts under the first of its reasons, in the order of the table. */
static void count_deleted(const struct report *report, uint64_t counts[PLAN_REASONS])
{
	for (size_t t = 0; report->inventory && t < report->inventory->tag_count; t++) {
		uint64_t reasons = report->plan->tags[t].reasons & DELETES;

		if (report->outcome->tags[t] == TAG_DELETED && reasons)
			counts[__builtin_ctzll(reasons)]++;
	}
}

static void write_deleted(const struct metrics_out *out, const struct report *report)
{
	uint64_t counts[PLAN_REASONS] = { 0 };
	uint64_t other = outcome_of(report)->tags_deleted;

	count_deleted(report, counts);
	metrics_begin(out, METRICS_RUN_DELETED);
	for (unsigned i = 0; i < PLAN_REASONS; i++) {
		if (!(DELETES >> i & 1))
			continue;
		metrics_sample(out, METRICS_RUN_DELETED, "reason", PLAN_REASON_ROWS[i].name,
			       counts[i]);
		other -= counts[i];
	}
	if (other > 0)
		metrics_sample(out, METRICS_RUN_DELETED, "reason", "other", other);
}

static void write_sums(const struct metrics_out *out, const struct report *report,
		       const struct metrics_facts *facts)
{
	metrics_one(out, METRICS_RUNS, facts->runs);
	metrics_one(out, METRICS_DELETED, facts->tags);
	if (report->config->registry.kind == KIND_SCALEWAY) {
		metrics_one(out, METRICS_NAMESPACES, facts->namespaces);
		return;
	}
	metrics_one(out, METRICS_MANIFESTS, facts->manifests);
	metrics_one(out, METRICS_FREED, facts->freed);
}

static void write_namespaces(const struct metrics_out *out, const struct report *report)
{
	metrics_one(out, METRICS_RUN_NAMESPACES, namespaces_of(report)->deleted);
	metrics_one(out, METRICS_RUN_NAMESPACES_FAILED, namespaces_of(report)->failed);
}

void last_run_write(const struct metrics_out *out, const struct report *report,
		    const struct metrics_facts *facts)
{
	const struct outcome *outcome = outcome_of(report);

	metrics_one(out, METRICS_RUN_TIME, (uint64_t)report->finished_at);
	if (date_known(facts->success_at))
		metrics_one(out, METRICS_SUCCESS_TIME, (uint64_t)facts->success_at);
	metrics_seconds(out, METRICS_RUN_SECONDS, report->seconds);
	metrics_one(out, METRICS_RUN_CODE, (uint64_t)report->exit_code);
	metrics_one(out, METRICS_RUN_ERRORS, report->errors);
	write_deleted(out, report);
	metrics_one(out, METRICS_RUN_FAILED, outcome->tags_failed);
	metrics_one(out, METRICS_RUN_LEFT, outcome->tags_planned);
	if (report->config->registry.kind == KIND_SCALEWAY)
		write_namespaces(out, report);
	else
		metrics_one(out, METRICS_RUN_MANIFESTS, outcome->manifests_deleted);
	metrics_one(out, METRICS_RUN_FREED, freed(report));
	write_sums(out, report, facts);
}
