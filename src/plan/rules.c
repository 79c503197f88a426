/* Each rule looks at all tags of a repository at once, because some rank them. */
#include "plan/rules.h"

#include "inventory/inventory.h"
#include "lists/holds.h"
#include "lists/retain_list.h"
#include "plan/graph.h"
#include "plan/judge.h"
#include "plan/kinds.h"
#include "plan/numbers.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "util/date.h"
#include "util/glob.h"
#include "util/regex.h"
#include "util/xalloc.h"

#include <string.h>

struct plan_judge *plan_judge_new(const struct inventory *inventory, const struct policy *policy,
				  const struct plan *plan)
{
	struct plan_judge *judge = xcalloc(1, sizeof *judge);
	size_t most = 1;

	for (size_t r = 0; r < inventory->repository_count; r++) {
		if (inventory->repositories[r].tag_count > most)
			most = inventory->repositories[r].tag_count;
	}
	*judge = (struct plan_judge){
		.inventory = inventory,
		.policy = policy,
		.plan = plan,
		.subjects = xcalloc(most, sizeof *judge->subjects),
		.results = xcalloc(most, sizeof *judge->results),
		.ranked = xcalloc(most, sizeof *judge->ranked),
		.places = xcalloc(most, sizeof *judge->places),
		.images = xcalloc(inventory->manifest_count + 1, sizeof *judge->images),
	};
	return judge;
}

void plan_judge_free(struct plan_judge *judge)
{
	free(judge->subjects);
	free(judge->results);
	free(judge->ranked);
	free(judge->places);
	free(judge->images);
	free(judge);
}

/* Sets RESULTS: what the expression says of each tag's name. A tag that describes an image is of no
 * rule that selects. */
static bool match_names(struct plan_judge *judge, const struct regex *regex)
{
	bool any = false;

	for (uint32_t t = 0; t < judge->tag_count; t++) {
		const struct plan_subject *subject = &judge->subjects[t];

		judge->results[t] =
			subject->follows ? REGEX_NO : regex_match(regex, &subject->name);
		any |= judge->results[t] != REGEX_NO;
	}
	return any;
}

static enum plan_says say_by_age(const struct plan_judge *judge, const struct plan_subject *subject,
				 long days)
{
	if (!date_known(subject->date))
		return PLAN_UNDATED;
	return subject->date < policy_cutoff(judge->plan->now, days) ? PLAN_SELECTS
								     : PLAN_TOO_YOUNG;
}

/* In a run for jobs alone, no other rule selects. */
static enum plan_says unless_jobs_alone(const struct plan_judge *judge, enum plan_says says)
{
	return says == PLAN_SELECTS && judge->policy->jobs_alone ? PLAN_NOT_DUE : says;
}

static void judge_days(struct plan_judge *judge, size_t rule)
{
	long days = judge->policy->config->cleanup.days_to_keep;

	for (uint32_t t = 0; t < judge->tag_count; t++) {
		const struct plan_subject *subject = &judge->subjects[t];

		if (subject->read && !subject->follows)
			plan_judge_tell(judge, t, rule,
					unless_jobs_alone(judge, say_by_age(judge, subject, days)));
	}
}

static void judge_name(struct plan_judge *judge, size_t rule)
{
	if (!match_names(judge, judge->policy->rules[rule].regex))
		return;
	for (uint32_t t = 0; t < judge->tag_count; t++) {
		if (judge->results[t] == REGEX_LIMIT)
			plan_judge_tell(judge, t, rule, PLAN_LIMIT);
		else if (judge->results[t] == REGEX_YES)
			plan_judge_tell(judge, t, rule, unless_jobs_alone(judge, PLAN_SELECTS));
	}
}

static bool job_is_about(const struct config_job *job, const char *repository)
{
	for (size_t i = 0; i < job->repositories.count; i++) {
		if (glob_matches(job->repositories.items[i], repository))
			return true;
	}
	return false;
}

static enum plan_says say_by_job(const struct plan_judge *judge, uint32_t job, uint32_t tag)
{
	const struct config_job *config = &judge->policy->config->jobs.items[job];
	enum plan_says says;

	if (judge->results[tag] == REGEX_LIMIT)
		return PLAN_LIMIT;
	says = plan_numbers_say(judge, tag, config->save_last);
	if (says != PLAN_SILENT)
		return says;
	if (!policy_job_is_due(judge->policy, job))
		return PLAN_NOT_DUE;
	return config->older_than_days
		       ? say_by_age(judge, &judge->subjects[tag], config->older_than_days)
		       : PLAN_SELECTS;
}

static void judge_job_pattern(struct plan_judge *judge, size_t rule)
{
	uint32_t job = judge->policy->rules[rule].item;

	if (!match_names(judge, judge->policy->rules[rule].regex))
		return;
	plan_numbers_rank(judge, false);
	for (uint32_t t = 0; t < judge->tag_count; t++) {
		if (judge->results[t] != REGEX_NO)
			plan_judge_tell(judge, t, rule, say_by_job(judge, job, t));
	}
	plan_numbers_clear(judge);
}

/* The rules of one job stand together. */
static void judge_jobs(struct plan_judge *judge, size_t first, size_t end)
{
	const struct policy *policy = judge->policy;
	bool about = false;

	for (size_t rule = first; rule < end; rule++) {
		uint32_t job = policy->rules[rule].item;

		if (rule == first || policy->rules[rule - 1].item != job)
			about = job_is_about(&policy->config->jobs.items[job], judge->repository);
		if (about)
			judge_job_pattern(judge, rule);
	}
}

static void judge_retain_list(struct plan_judge *judge, size_t rule)
{
	const struct policy *policy = judge->policy;
	const struct retain_list *list = policy->retain_lists[policy->rules[rule].item];

	for (uint32_t t = 0; t < judge->tag_count; t++) {
		if (judge->subjects[t].follows)
			continue;
		switch (retain_list_ask(list, judge->repository, judge->subjects[t].name.text,
					NULL)) {
		case RETAIN_NOT_LISTED:
			break;
		case RETAIN_GOES:
			plan_judge_tell(judge, t, rule, unless_jobs_alone(judge, PLAN_SELECTS));
			break;
		case RETAIN_STAYS:
			plan_judge_tell(judge, t, rule, PLAN_KEEPS);
			break;
		}
	}
}

static enum plan_says say_by_number(const struct plan_judge *judge, uint32_t tag, long images)
{
	enum plan_says says = plan_numbers_say(judge, tag, images);

	if (says != PLAN_SILENT || !judge->policy->selects_by_number)
		return says;
	/* Where there are no jobs, no run is for them alone. */
	return plan_judge_can_rank(&judge->subjects[tag]) ? PLAN_SELECTS : PLAN_UNDATED;
}

static void judge_number(struct plan_judge *judge, size_t rule)
{
	long images = policy_images_to_keep(judge->policy, judge->repository);

	if (images < 0)
		return;
	for (uint32_t t = 0; t < judge->tag_count; t++)
		judge->results[t] = REGEX_YES;
	plan_numbers_rank(judge, true);
	for (uint32_t t = 0; t < judge->tag_count; t++) {
		if (judge->subjects[t].read && !judge->subjects[t].follows)
			plan_judge_tell(judge, t, rule, say_by_number(judge, t, images));
	}
	plan_numbers_clear(judge);
}

static void judge_since(struct plan_judge *judge, size_t rule)
{
	int64_t since = judge->policy->config->cleanup.keep_since;

	for (uint32_t t = 0; t < judge->tag_count; t++) {
		const struct plan_subject *subject = &judge->subjects[t];

		if (subject->follows || !subject->read)
			continue;
		if (!date_known(subject->date))
			plan_judge_tell(judge, t, rule, PLAN_KEEPS_UNDATED);
		else if (subject->date >= since)
			plan_judge_tell(judge, t, rule, PLAN_KEEPS);
	}
}

/* A tag stays, too, that may have been pulled when there was no log of it. */
static void judge_pulled(struct plan_judge *judge, size_t rule)
{
	int64_t since = policy_cutoff(judge->plan->now, judge->policy->config->protect.pulled_days);

	for (uint32_t t = 0; t < judge->tag_count; t++) {
		const struct plan_subject *subject = &judge->subjects[t];
		uint32_t tag = judge->first_tag + t;

		if (subject->follows || !subject->read)
			continue;
		if (judge->inventory->tags[tag].pulled >= since)
			plan_judge_tell(judge, t, rule, PLAN_KEEPS);
		else if (!plan_pulls_known(judge->inventory, tag, since))
			plan_judge_tell(judge, t, rule, PLAN_KEEPS_UNDATED);
	}
}

/* They are looked up by name, whatever their number. */
static void judge_protected_tags(struct plan_judge *judge, size_t first, size_t end)
{
	for (uint32_t t = 0; first < end && t < judge->tag_count; t++) {
		size_t rule;

		if (policy_protects_tag(judge->policy, judge->subjects[t].name.text, &rule))
			plan_judge_tell(judge, t, rule, PLAN_KEEPS);
	}
}

static void judge_protected_pattern(struct plan_judge *judge, size_t rule)
{
	for (uint32_t t = 0; t < judge->tag_count; t++) {
		if (policy_pattern_matches(judge->policy, rule, judge->subjects[t].name.text))
			plan_judge_tell(judge, t, rule, PLAN_KEEPS);
	}
}

static void judge_protected_repository(struct plan_judge *judge, size_t rule)
{
	const struct string_list *globs = &judge->policy->config->cleanup.protected_repositories;
	const char *glob = globs->items[judge->policy->rules[rule].item];

	if (!glob_matches(glob, judge->repository))
		return;
	for (uint32_t t = 0; t < judge->tag_count; t++)
		plan_judge_tell(judge, t, rule, PLAN_KEEPS);
}

static void judge_in_use(struct plan_judge *judge, size_t rule)
{
	for (uint32_t t = 0; t < judge->tag_count; t++) {
		const struct plan_subject *subject = &judge->subjects[t];

		if (subject->manifest != INVENTORY_NONE &&
		    judge->plan->manifests[subject->manifest].in_use)
			plan_judge_tell(judge, t, rule, PLAN_KEEPS);
	}
}

static void judge_held(struct plan_judge *judge, size_t rule)
{
	for (uint32_t t = 0; t < judge->tag_count; t++) {
		if (judge->subjects[t].held)
			plan_judge_tell(judge, t, rule, PLAN_KEEPS);
	}
}

#define EACH                                                   each
#define ALL                                                    all
#define RULE_JUDGE(kind, unused, selects, keeps, times, judge) { .times = (judge) },

static void judge_kind(struct plan_judge *judge, enum policy_kind kind)
{
	static const struct {
		void (*each)(struct plan_judge *judge, size_t rule);
		void (*all)(struct plan_judge *judge, size_t first, size_t end);
	} JUDGES[] = { POLICY_RULE_TABLE(RULE_JUDGE) };
	size_t first = judge->policy->first[kind], end = judge->policy->first[kind + 1];

	if (JUDGES[kind].all)
		JUDGES[kind].all(judge, first, end);
	for (size_t rule = first; JUDGES[kind].each && rule < end; rule++)
		JUDGES[kind].each(judge, rule);
}

static bool is_held(const struct plan_judge *judge, const struct inventory_tag *tag)
{
	const struct holds *holds = judge->policy->holds;

	return holds &&
	       (holds_find_tag(holds, judge->repository, tag->name, judge->plan->now) ||
		(tag->manifest != INVENTORY_NONE && judge->plan->manifests[tag->manifest].held));
}

static struct plan_subject subject_of(const struct plan_judge *judge, uint32_t tag)
{
	const struct inventory *inventory = judge->inventory;
	const struct inventory_tag *entry = &inventory->tags[tag];
	struct plan_subject subject = { .name = regex_text(entry->name, strlen(entry->name)),
					.date = DATE_ABSENT,
					.manifest = entry->manifest,
					.held = is_held(judge, entry) };

	subject.aside = subject.held || entry->not_ready;
	if (entry->state != TAG_READ)
		return subject;
	subject.read = true;
	subject.readable = plan_readable(&inventory->manifests[entry->manifest]);
	subject.date = plan_age(inventory, judge->plan, tag).date;
	subject.follows = plan_graph_follows(inventory, tag);
	return subject;
}

void plan_judge_repository(struct plan_judge *judge, uint32_t repository, plan_visit visit,
			   void *ctx)
{
	const struct inventory_repository *entry = &judge->inventory->repositories[repository];

	judge->repository = entry->name;
	judge->first_tag = entry->first_tag;
	judge->tag_count = entry->tag_count;
	judge->visit = visit;
	judge->ctx = ctx;
	for (uint32_t t = 0; t < judge->tag_count; t++)
		judge->subjects[t] = subject_of(judge, judge->first_tag + t);
	for (enum policy_kind kind = 0; kind < POLICY_KINDS; kind++)
		judge_kind(judge, kind);
}
