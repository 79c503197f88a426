/* What each rule of a policy says of each tag, once more: every question is a scan over all tags.
 * The rules are numbered as in policy/policy.h. */
#ifndef NAIVE_RULES_H
#define NAIVE_RULES_H

#include "naive_names.h"
#include "plan/plan.h"
#include "policy/policy.h"

#define NAIVE_RULES 64

/* What is known of a tag before any rule is asked. */
struct naive_tag {
	bool target;    /* the run works on its repository */
	bool read;      /* it has a manifest */
	bool readable;  /* and that can be read */
	bool describes; /* another image (S4) */
	bool in_use;
	bool held;
	bool not_ready; /* it is being deleted, or locked */
	int64_t date;   /* that it is judged by, or something that is no date */
};

struct naive_rule {
	enum policy_kind kind;
	uint32_t item, part; /* of a job: which expression */
};

/* What one rule says of one tag. A rule that keeps it does not select it, too. */
struct naive_word {
	bool matches;
	bool not_counted;        /* it counts the newest, and not this one */
	uint64_t selects, keeps; /* reasons, or 0 */
	uint64_t why_not;        /* it would select the tag, or keep it as one of its own, but for
				  * this reason */
};

struct naive_rules {
	struct naive_tag tags[RANDOM_TAGS];
	struct naive_rule rules[NAIVE_RULES];
	uint32_t count;
	bool by_number;                /* nothing else selects */
	uint64_t says[RANDOM_TAGS];    /* reasons of all rules together */
	uint64_t why_not[RANDOM_TAGS]; /* the same of those that do not select */
	uint16_t decides[RANDOM_TAGS]; /* the first rule that keeps, or that selects */
	struct plan_rule about[NAIVE_RULES];
};

static inline void naive_add_rule(struct naive_rules *rules, enum policy_kind kind, uint32_t item,
				  uint32_t part)
{
	assert(rules->count < NAIVE_RULES);
	rules->rules[rules->count++] = (struct naive_rule){ kind, item, part };
}

static inline void naive_add_rules(struct naive_rules *rules, enum policy_kind kind, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		naive_add_rule(rules, kind, i, 0);
}

/* The first rules select; without any of them keeping by number does. */
static inline void naive_list_rules(const struct random_policy *policy, struct naive_rules *rules)
{
	bool by_days = policy->by_days && policy->delete_old_tags;

	naive_add_rules(rules, POLICY_DAYS, by_days);
	naive_add_rules(rules, POLICY_NAME, policy->name_regex != RANDOM_NONE);
	for (uint32_t j = 0; j < policy->job_count; j++) {
		for (uint32_t i = 0; i < policy->jobs[j].regex_count; i++)
			naive_add_rule(rules, POLICY_JOB, j, i);
	}
	naive_add_rules(rules, POLICY_RETAIN, policy->list_count);
	rules->by_number = rules->count == 0 && !policy->by_days;
	naive_add_rules(rules, POLICY_NUMBER,
			policy->keep_last_images > 0 || policy->number_file != RANDOM_NONE);
	naive_add_rules(rules, POLICY_SINCE, policy->keep_since > 0);
	naive_add_rules(rules, POLICY_PULLED, policy->pulled_days > 0);
	for (uint32_t i = 0; i < policy->protected_tag_count; i++) {
		bool twice = false;

		for (uint32_t k = 0; k < i; k++)
			twice |= strcmp(policy->protected_tags[k], policy->protected_tags[i]) == 0;
		if (!twice)
			naive_add_rule(rules, POLICY_PROTECTED_TAG, i, 0);
	}
	naive_add_rules(rules, POLICY_PROTECTED_PATTERN, policy->pattern_count);
	naive_add_rules(rules, POLICY_PROTECTED_REPOSITORY, policy->glob_count);
	naive_add_rules(rules, POLICY_IN_USE, policy->asks_in_use);
	naive_add_rules(rules, POLICY_HELD, 1);
}

static inline bool naive_is_dated(const struct naive_rules *rules, uint32_t t)
{
	return rules->tags[t].readable && !rules->tags[t].describes &&
	       date_known(rules->tags[t].date);
}

/* What is held or not ready stays anyway: a number is not about it. */
static inline bool naive_is_aside(const struct naive_rules *rules, uint32_t t)
{
	return rules->tags[t].held || rules->tags[t].not_ready;
}

static inline bool naive_takes_place(const struct naive_rules *rules, uint32_t t)
{
	return !naive_is_aside(rules, t) && naive_is_dated(rules, t);
}

/* Both take a place. Among equal dates the later version is the newer. */
static inline bool naive_is_newer(const struct random_world *world, const struct naive_rules *rules,
				  uint32_t t, uint32_t than)
{
	if (rules->tags[t].date != rules->tags[than].date)
		return rules->tags[t].date > rules->tags[than].date;
	return strverscmp(world->tags[t].name, world->tags[than].name) > 0;
}

/* How many tags of T's repository that REGEX matches are newer. */
static inline uint32_t naive_newer_tags(const struct random_world *world,
					const struct naive_rules *rules, uint32_t t, uint32_t regex)
{
	uint32_t count = 0;

	for (uint32_t u = 0; u < world->tag_count; u++)
		count += u != t && world->tags[u].repository == world->tags[t].repository &&
			 naive_takes_place(rules, u) &&
			 naive_regex(regex, world->tags[u].name) == NAIVE_YES &&
			 naive_is_newer(world, rules, u, t);
	return count;
}

/* An image of which a tag takes a place does so itself. */
static inline bool naive_image_counts(const struct random_world *world,
				      const struct naive_rules *rules, uint32_t manifest)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state == TAG_READ && world->tags[t].manifest == manifest &&
		    naive_takes_place(rules, t))
			return true;
	}
	return false;
}

/* The newest tag of MANIFEST, held or not, or RANDOM_NONE: it takes no place. */
static inline uint32_t naive_newest_tag(const struct random_world *world,
					const struct naive_rules *rules, uint32_t manifest)
{
	uint32_t newest = RANDOM_NONE;

	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state != TAG_READ || world->tags[t].manifest != manifest ||
		    !naive_is_dated(rules, t) || !naive_image_counts(world, rules, manifest))
			continue;
		if (newest == RANDOM_NONE || naive_is_newer(world, rules, t, newest))
			newest = t;
	}
	return newest;
}

/* How many images of its repository are newer than MANIFEST, which has a date by its tag NEWEST. */
static inline uint32_t naive_newer_images(const struct random_world *world,
					  const struct naive_rules *rules, uint32_t manifest,
					  uint32_t newest)
{
	bool newer[RANDOM_MANIFESTS] = { false };
	uint32_t count = 0;

	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].repository == world->tags[newest].repository &&
		    naive_is_dated(rules, t) && world->tags[t].manifest != manifest &&
		    naive_image_counts(world, rules, world->tags[t].manifest) &&
		    naive_is_newer(world, rules, t, newest))
			newer[world->tags[t].manifest] = true;
	}
	for (uint32_t m = 0; m < world->manifest_count; m++)
		count += newer[m];
	return count;
}

/* Whether T is dated, and so many days before now or more. */
static inline bool naive_is_older(const struct naive_rules *rules, uint32_t t, long days)
{
	int64_t date = rules->tags[t].date;

	return date_known(date) && date < RANDOM_NOW - (int64_t)days * 86400;
}

/* A rule that is about T, and selects it with REASON if it is old enough. */
static inline struct naive_word naive_by_age(const struct naive_rules *rules, uint32_t t, long days,
					     uint64_t reason)
{
	if (!date_known(rules->tags[t].date))
		return (struct naive_word){ .matches = true, .why_not = REASON_UNKNOWN_AGE };
	if (!naive_is_older(rules, t, days))
		return (struct naive_word){ .matches = true, .why_not = REASON_RECENT };
	return (struct naive_word){ .matches = true, .selects = reason };
}

/* S2: what RULE, which keeps the NUMBER newest, says of T, which is not known to be one of them. It
 * may be one if it has no date, and none can be told if most that RULE counts have none. What is
 * owed was planned when more were there. */
static inline struct naive_word naive_not_newest(const struct random_world *world,
						 const struct naive_rules *rules,
						 const struct naive_rule *rule, uint32_t t,
						 long number)
{
	uint32_t with = 0, without = 0;

	if (number == 0 || !rules->tags[t].read)
		return (struct naive_word){ .matches = true };
	if (naive_is_aside(rules, t))
		return (struct naive_word){ .matches = true, .not_counted = true };
	if (!naive_is_dated(rules, t))
		return (struct naive_word){ .matches = true,
					    .keeps = REASON_UNDATED,
					    .why_not = REASON_UNKNOWN_AGE };
	for (uint32_t u = 0; u < world->tag_count; u++) {
		if (world->tags[u].repository != world->tags[t].repository ||
		    !rules->tags[u].read || rules->tags[u].describes)
			continue;
		if (rule->kind == POLICY_JOB &&
		    naive_regex(world->policy.jobs[rule->item].regexes[rule->part],
				world->tags[u].name) != NAIVE_YES)
			continue;
		with += naive_takes_place(rules, u);
		without += !naive_is_dated(rules, u);
	}
	if (without <= with || world->manifests[world->tags[t].manifest].pending)
		return (struct naive_word){ .matches = true };
	return (struct naive_word){ .matches = true, .keeps = REASON_UNDATED };
}

static inline struct naive_word naive_ask_job(const struct random_world *world,
					      const struct naive_rules *rules,
					      const struct naive_rule *rule, uint32_t t)
{
	const struct random_policy *policy = &world->policy;
	const struct random_job *job = &policy->jobs[rule->item];
	const struct random_tag *tag = &world->tags[t];
	uint32_t regex = job->regexes[rule->part];
	enum naive_answer answer = naive_regex(regex, tag->name);
	struct naive_word word;

	if (!naive_job_is_about(job, world->repositories[tag->repository]) || answer == NAIVE_NO)
		return (struct naive_word){ 0 };
	if (answer == NAIVE_UNTOLD)
		return (struct naive_word){ .matches = true, .keeps = REASON_PATTERN_LIMIT };
	if (naive_takes_place(rules, t) &&
	    naive_newer_tags(world, rules, t, regex) < job->save_last)
		return (struct naive_word){ .matches = true, .keeps = REASON_SAVE_LAST };
	word = naive_not_newest(world, rules, rule, t, job->save_last);
	if (word.keeps || word.not_counted)
		return word;
	if (!policy->all_due && !job->due)
		return (struct naive_word){ .matches = true, .why_not = REASON_NOT_DUE };
	if (job->older_than_days > 0)
		return naive_by_age(rules, t, job->older_than_days, REASON_JOB);
	return (struct naive_word){ .matches = true, .selects = REASON_JOB };
}

static inline struct naive_word naive_ask_number(const struct random_world *world,
						 const struct naive_rules *rules,
						 const struct naive_rule *rule, uint32_t t)
{
	const struct random_tag *tag = &world->tags[t];
	long keep = naive_images_to_keep(&world->policy, world->repositories[tag->repository]);
	struct naive_word word = { .matches = keep >= 0 && rules->tags[t].read };
	uint32_t newest;

	if (!word.matches)
		return word;
	newest = naive_newest_tag(world, rules, tag->manifest);
	if (newest != RANDOM_NONE &&
	    naive_newer_images(world, rules, tag->manifest, newest) < (uint32_t)keep)
		word.keeps = REASON_KEEP_LAST;
	else
		word = naive_not_newest(world, rules, rule, t, keep);
	if (word.keeps || word.not_counted)
		return word;
	if (rules->by_number && naive_is_dated(rules, t))
		word.selects = REASON_BEYOND_NUMBER;
	else if (rules->by_number)
		word.why_not = REASON_UNKNOWN_AGE;
	return word;
}

static inline struct naive_word naive_ask_list(const struct random_world *world, uint32_t list,
					       uint32_t t)
{
	const struct random_tag *tag = &world->tags[t];
	struct naive_word word = { .matches = true };

	switch (naive_list(list, world->repositories[tag->repository], tag->name)) {
	case NAIVE_RETAINED:
		word.keeps = REASON_LISTED_REVISION;
		break;
	case NAIVE_NOT_RETAINED:
		word.selects = REASON_NOT_RETAINED;
		break;
	default:
		word.matches = false;
		break;
	}
	return word;
}

static inline struct naive_word naive_ask_name(uint32_t regex, const char *name)
{
	enum naive_answer answer = naive_regex(regex, name);

	return (struct naive_word){
		.matches = answer != NAIVE_NO,
		.selects = answer == NAIVE_YES ? REASON_NAME_MATCH : 0,
		.keeps = answer == NAIVE_UNTOLD ? REASON_PATTERN_LIMIT : 0,
	};
}

/* What protects and what is in use, which is asked of every tag. */
static inline struct naive_word naive_ask_protection(const struct random_world *world,
						     const struct naive_rules *rules,
						     const struct naive_rule *rule, uint32_t t)
{
	const struct random_policy *policy = &world->policy;
	const struct random_tag *tag = &world->tags[t];
	uint64_t reason = 0;

	if (rule->kind == POLICY_PROTECTED_TAG &&
	    strcmp(policy->protected_tags[rule->item], tag->name) == 0)
		reason = REASON_PROTECTED_TAG;
	if (rule->kind == POLICY_PROTECTED_PATTERN &&
	    naive_pattern_protects_by(policy->patterns[rule->item], tag->name))
		reason = REASON_PROTECTED_PATTERN;
	if (rule->kind == POLICY_PROTECTED_REPOSITORY &&
	    naive_glob(policy->globs[rule->item], world->repositories[tag->repository]))
		reason = REASON_PROTECTED_REPOSITORY;
	if (rule->kind == POLICY_IN_USE && rules->tags[t].in_use)
		reason = REASON_IN_USE;
	if (rule->kind == POLICY_HELD && rules->tags[t].held)
		reason = REASON_HELD;
	return (struct naive_word){ .matches = reason != 0, .keeps = reason };
}

/* What has no date may be dated since then (S2). */
static inline struct naive_word naive_ask_date(const struct random_policy *policy,
					       const struct naive_tag *tag)
{
	if (!tag->read)
		return (struct naive_word){ 0 };
	if (!date_known(tag->date))
		return (struct naive_word){ .matches = true,
					    .keeps = REASON_UNDATED,
					    .why_not = REASON_UNKNOWN_AGE };
	if (tag->date < policy->keep_since)
		return (struct naive_word){ 0 };
	return (struct naive_word){ .matches = true, .keeps = REASON_KEEP_SINCE };
}

/* What was pulled lately, or may have been: the log begins later, and so does not the tag. */
static inline struct naive_word naive_ask_pulled(const struct random_world *world, uint32_t t,
						 bool read)
{
	const struct random_tag *tag = &world->tags[t];
	int64_t from = RANDOM_NOW - (int64_t)world->policy.pulled_days * 86400;
	int64_t since = random_pulls_since(world);
	int64_t push = tag->pushed >= DATE_EARLIEST ? tag->pushed : tag->seen;

	if (!read)
		return (struct naive_word){ 0 };
	if (tag->pulled >= from)
		return (struct naive_word){ .matches = true, .keeps = REASON_PULLED };
	if (since != DATE_ABSENT && (since <= from || (push >= DATE_EARLIEST && since <= push)))
		return (struct naive_word){ 0 };
	return (struct naive_word){ .matches = true,
				    .keeps = REASON_UNDATED,
				    .why_not = REASON_UNKNOWN_AGE };
}

/* Of an image, not of what describes one. */
static inline struct naive_word naive_ask_of_image(const struct random_world *world,
						   const struct naive_rules *rules,
						   const struct naive_rule *rule, uint32_t t)
{
	const struct random_policy *policy = &world->policy;

	switch (rule->kind) {
	case POLICY_DAYS:
		if (!rules->tags[t].read)
			return (struct naive_word){ 0 };
		return naive_by_age(rules, t, policy->days, REASON_OLD);
	case POLICY_NAME:
		return naive_ask_name(policy->name_regex, world->tags[t].name);
	case POLICY_JOB:
		return naive_ask_job(world, rules, rule, t);
	case POLICY_RETAIN:
		return naive_ask_list(world, policy->lists[rule->item], t);
	case POLICY_NUMBER:
		return naive_ask_number(world, rules, rule, t);
	case POLICY_PULLED:
		return naive_ask_pulled(world, t, rules->tags[t].read);
	default:
		return naive_ask_date(policy, &rules->tags[t]);
	}
}

static inline struct naive_word naive_ask(const struct random_world *world,
					  const struct naive_rules *rules,
					  const struct naive_rule *rule, uint32_t t)
{
	struct naive_word word = { 0 };

	if (!rules->tags[t].target)
		return word;
	if (rule->kind >= POLICY_PROTECTED_TAG)
		return naive_ask_protection(world, rules, rule, t);
	if (rules->tags[t].describes)
		return word;
	word = naive_ask_of_image(world, rules, rule, t);
	if (word.selects && world->policy.jobs_alone && rule->kind != POLICY_JOB) {
		word.selects = 0;
		word.why_not = REASON_NOT_DUE;
	}
	return word;
}

/* TAGS is filled. */
static inline void naive_ask_all(const struct random_world *world, struct naive_rules *rules)
{
	naive_list_rules(&world->policy, rules);
	for (uint32_t t = 0; t < world->tag_count; t++) {
		uint16_t selects = PLAN_NO_RULE, keeps = PLAN_NO_RULE;

		for (uint32_t i = 0; i < rules->count; i++) {
			struct naive_word word = naive_ask(world, rules, &rules->rules[i], t);

			rules->says[t] |= word.selects | word.keeps;
			rules->why_not[t] |= word.why_not;
			rules->about[i].matched += word.matches;
			rules->about[i].selected += word.selects != 0;
			rules->about[i].kept += word.keeps != 0;
			if (word.selects && selects == PLAN_NO_RULE)
				selects = (uint16_t)i;
			if (word.keeps && keeps == PLAN_NO_RULE)
				keeps = (uint16_t)i;
		}
		rules->decides[t] = keeps != PLAN_NO_RULE ? keeps : selects;
	}
}

#endif
