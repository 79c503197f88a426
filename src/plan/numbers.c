/* Ranks the tags that a number is about. What has no date cannot be ranked, and stays. What
 * somebody holds, or is not ready, stays anyway, and takes no place from others; undated it makes
 * the group no better known. */
#include "plan/numbers.h"

#include "inventory/inventory.h"
#include "plan/judge.h"

#include <string.h>

/* Gives the place of an image to those of its tags, too, that are undated. Clears judge->images. */
static void share_places(struct plan_judge *judge)
{
	const struct plan_subject *subjects = judge->subjects;

	for (uint32_t t = 0; t < judge->tag_count; t++) {
		if (subjects[t].read)
			judge->places[t] = judge->images[subjects[t].manifest];
	}
	for (uint32_t t = 0; t < judge->tag_count; t++) {
		if (subjects[t].read)
			judge->images[subjects[t].manifest] = 0;
	}
}

/* The rule is about it, and it has an age of its own. */
static bool is_counted(const struct plan_judge *judge, uint32_t tag)
{
	const struct plan_subject *subject = &judge->subjects[tag];

	return judge->results[tag] == REGEX_YES && subject->read && !subject->follows;
}

/* An image takes a place while one of its tags is not aside; which place, all of them tell. IMAGES
 * gets 1 for such an image. */
static void mark_images(struct plan_judge *judge, uint32_t mark)
{
	for (uint32_t t = 0; t < judge->tag_count; t++) {
		const struct plan_subject *subject = &judge->subjects[t];

		if (is_counted(judge, t) && plan_judge_can_rank(subject) && !subject->aside)
			judge->images[subject->manifest] = mark;
	}
}

/* Those that take a place. */
static size_t list_ranked(struct plan_judge *judge, bool images)
{
	size_t count = 0;

	for (uint32_t t = 0; t < judge->tag_count; t++) {
		const struct plan_subject *subject = &judge->subjects[t];

		judge->places[t] = 0;
		if (!is_counted(judge, t))
			continue;
		if (!plan_judge_can_rank(subject)) {
			judge->group.undated++;
			continue;
		}
		judge->group.dated += !subject->aside;
		if (!subject->aside || (images && judge->images[subject->manifest]))
			judge->ranked[count++] =
				(struct plan_ranked){ subject->date, subject->name.text, t,
						      subject->manifest };
	}
	return count;
}

void plan_numbers_rank(struct plan_judge *judge, bool images)
{
	size_t count;

	judge->group = (struct plan_group){ 0 };
	if (images)
		mark_images(judge, 1);
	count = list_ranked(judge, images);
	if (images)
		mark_images(judge, 0);
	plan_newest(judge->ranked, count, images ? judge->images : NULL, judge->places);
	if (images)
		share_places(judge);
}

void plan_numbers_clear(struct plan_judge *judge)
{
	memset(judge->places, 0, judge->tag_count * sizeof *judge->places);
	judge->group = (struct plan_group){ 0 };
}

enum plan_says plan_numbers_say(const struct plan_judge *judge, uint32_t tag, long number)
{
	const struct plan_subject *subject = &judge->subjects[tag];
	const struct plan_group *group = &judge->group;

	if (judge->places[tag] && judge->places[tag] <= (unsigned long)number)
		return PLAN_KEEPS;
	if (number == 0 || !subject->read)
		return PLAN_SILENT;
	if (subject->aside)
		return PLAN_NOT_COUNTED;
	if (!plan_judge_can_rank(subject))
		return PLAN_KEEPS_UNDATED;
	if (group->undated > group->dated &&
	    !judge->inventory->manifests[subject->manifest].pending)
		return PLAN_KEEPS_GROUP;
	return PLAN_SILENT;
}
