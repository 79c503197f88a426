/* Is what each single rule says of each tag, as the verb why tells it, what a naive reading says?
 */
#ifndef TRACE_H
#define TRACE_H

#include "decision.h"
#include "plan/rules.h"

struct trace {
	const struct random_world *world;
	const struct decision *decision;
	const struct naive *naive;
	struct fault *fault;
	size_t findings;
	uint32_t next_rule[RANDOM_TAGS]; /* not before this one */
	bool right;
};

static inline enum plan_says trace_says(const struct naive_word *word)
{
	if (word->not_counted)
		return PLAN_NOT_COUNTED;
	if (word->keeps == REASON_PATTERN_LIMIT)
		return PLAN_LIMIT;
	if (word->keeps == REASON_UNDATED)
		return word->why_not ? PLAN_KEEPS_UNDATED : PLAN_KEEPS_GROUP;
	if (word->keeps)
		return PLAN_KEEPS;
	if (word->selects)
		return PLAN_SELECTS;
	switch (word->why_not) {
	case REASON_RECENT:
		return PLAN_TOO_YOUNG;
	case REASON_UNKNOWN_AGE:
		return PLAN_UNDATED;
	case REASON_NOT_DUE:
		return PLAN_NOT_DUE;
	default:
		return PLAN_SILENT;
	}
}

/* The place of T among the newest that RULE, which is about it, counts; 0: it has none. */
static inline uint32_t trace_place(const struct random_world *world,
				   const struct naive_rules *rules, const struct naive_rule *rule,
				   uint32_t t)
{
	uint32_t newest;

	if (rule->kind == POLICY_JOB) {
		uint32_t regex = world->policy.jobs[rule->item].regexes[rule->part];

		if (!naive_takes_place(rules, t) ||
		    naive_regex(regex, world->tags[t].name) != NAIVE_YES)
			return 0;
		return naive_newer_tags(world, rules, t, regex) + 1;
	}
	if (rule->kind != POLICY_NUMBER)
		return 0;
	newest = naive_newest_tag(world, rules, world->tags[t].manifest);
	if (newest == RANDOM_NONE)
		return 0;
	return naive_newer_images(world, rules, world->tags[t].manifest, newest) + 1;
}

static inline void trace_finding(void *ctx, const struct plan_finding *finding)
{
	struct trace *trace = ctx;
	const struct naive_rules *rules = &trace->naive->rules;
	const struct naive_rule *rule = &rules->rules[finding->rule];
	uint32_t t = trace->decision->tag_of[finding->tag];
	struct naive_word word = naive_ask(trace->world, rules, rule, t);
	uint32_t place = trace_place(trace->world, rules, rule, t);

	if (!trace->right)
		return;
	if (!word.matches || finding->says != trace_says(&word) || finding->place != place)
		trace->right =
			fault_set(trace->fault,
				  "tag %s: %s says %d of place %" PRIu32 ", naive: %d of %" PRIu32,
				  trace->world->tags[t].name,
				  trace->decision->rules.policy->rules[finding->rule].name,
				  finding->says, finding->place, trace_says(&word), place);
	else if (finding->rule < trace->next_rule[t])
		trace->right = fault_set(trace->fault, "tag %s: rules not in their order",
					 trace->world->tags[t].name);
	trace->next_rule[t] = finding->rule + 1;
	trace->findings++;
}

/* Twice: it can be asked again. */
static inline bool trace_is_right(const struct random_world *world, const struct decision *decision,
				  const struct naive *naive, struct fault *fault)
{
	struct plan_judge *judge =
		plan_judge_new(decision->inventory, decision->rules.policy, decision->plan);
	struct trace trace = { world, decision, naive, fault, .right = true };
	size_t expected = 0;

	for (uint32_t i = 0; i < 2 * world->repository_count; i++) {
		uint32_t r = i % world->repository_count;

		if (i == world->repository_count)
			memset(trace.next_rule, 0, sizeof trace.next_rule);
		if (naive_is_target(&world->policy, world, r))
			plan_judge_repository(judge, decision->map.repositories[r], trace_finding,
					      &trace);
	}
	plan_judge_free(judge);
	for (uint32_t i = 0; i < naive->rules.count; i++)
		expected += 2 * naive->rules.about[i].matched;
	return trace.right && (trace.findings == expected ||
			       fault_set(fault, "rules said something of %zu tags, naive: %zu",
					 trace.findings, expected));
}

#endif
