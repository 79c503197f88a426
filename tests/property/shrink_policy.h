/* Takes away pieces of a random policy. */
#ifndef SHRINK_POLICY_H
#define SHRINK_POLICY_H

#include "random_policy.h"

static inline uint32_t shrink_policy_size(const struct random_policy *policy)
{
	uint32_t size =
		policy->protected_tag_count + policy->pattern_count + policy->glob_count +
		policy->list_count + policy->image_refs_count + policy->by_days +
		!policy->delete_old_tags + (policy->age_from != AGE_CREATED) +
		(policy->unknown_age != UNKNOWN_KEEP) + (policy->name_regex != RANDOM_NONE) +
		!policy->all_due + policy->jobs_alone + (policy->keep_last_images > 0) +
		(policy->number_file != RANDOM_NONE) + (policy->keep_since > 0) +
		(policy->pulled_days > 0) + (policy->untagged_days > 0) + policy->asks_in_use +
		policy->only_some + (policy->only_namespace != NULL) + policy->only_wanted;

	for (uint32_t j = 0; j < policy->job_count; j++) {
		const struct random_job *job = &policy->jobs[j];

		size += 1 + job->glob_count + job->regex_count + job->save_last +
			(job->older_than_days > 0);
	}
	return size;
}

/* Each of these takes away one of a few of a kind. */

static inline void shrink_job(struct random_policy *policy, uint32_t j, uint32_t part)
{
	struct random_job *job = &policy->jobs[j];

	if (part == 0) {
		policy->job_count--;
		memmove(job, job + 1, (policy->job_count - j) * sizeof *job);
	} else if (part == 1 && job->save_last > 0) {
		job->save_last--;
	} else if (part == 2) {
		job->older_than_days = 0;
	} else if (part == 3 && job->glob_count > 1) {
		job->glob_count--;
	} else if (part == 4 && job->regex_count > 1) {
		job->regex_count--;
	} else if (part == 5 && job->regex_count > 1) {
		job->regexes[0] = job->regexes[--job->regex_count];
	}
}

static inline void shrink_list(struct random_policy *policy, uint32_t i)
{
	if (i < policy->list_count)
		policy->lists[i] = policy->lists[--policy->list_count];
}

static inline void shrink_in_use(struct random_policy *policy, uint32_t i)
{
	if (i < policy->image_refs_count && i != --policy->image_refs_count)
		memcpy(policy->in_use[i], policy->in_use[policy->image_refs_count],
		       sizeof policy->in_use[i]);
}

static inline void shrink_flag(struct random_policy *policy, uint32_t flag)
{
	bool *const flags[] = { &policy->by_days, &policy->jobs_alone, &policy->only_some,
				&policy->only_wanted };

	if (flag < 4)
		*flags[flag] = false;
	else if (flag == 4)
		policy->delete_old_tags = true;
	else if (flag == 5)
		policy->all_due = true;
	else if (flag == 6)
		policy->only_namespace = NULL;
	else if (flag == 7 && policy->image_refs_count == 0)
		policy->asks_in_use = false;
}

static inline void shrink_rule(struct random_policy *policy, uint32_t rule)
{
	switch (rule) {
	case 0:
		policy->name_regex = RANDOM_NONE;
		break;
	case 1:
		policy->keep_last_images = 0;
		break;
	case 2:
		policy->number_file = RANDOM_NONE;
		break;
	case 3:
		policy->keep_since = 0;
		break;
	case 4:
		policy->untagged_days = 0;
		break;
	case 5:
		policy->protected_tag_count = 0;
		break;
	case 6:
		policy->pattern_count = 0;
		break;
	case 7:
		policy->glob_count = 0;
		break;
	case 8:
		policy->age_from = AGE_CREATED;
		policy->pulled_days = 0;
		break;
	default:
		policy->unknown_age = UNKNOWN_KEEP;
		break;
	}
}

/* Takes away piece number PIECE, if it is there; false when there are no more pieces. */
static inline bool shrink_policy_piece(struct random_policy *policy, uint32_t piece)
{
	if (piece < 10)
		shrink_rule(policy, piece);
	else if (piece < 20)
		shrink_flag(policy, piece - 10);
	else if (piece < 30)
		shrink_list(policy, piece - 20);
	else if (piece < 40)
		shrink_in_use(policy, piece - 30);
	else if (piece < 40 + 6 * policy->job_count)
		shrink_job(policy, (piece - 40) / 6, (piece - 40) % 6);
	else
		return false;
	return true;
}

#endif
