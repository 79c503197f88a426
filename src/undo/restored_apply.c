/* Which tags are still as they were restored, and what times they have then. */
#include "undo/restored.h"

#include "undo/restored_table.h"

#include "inventory/inventory.h"
#include "storage/links.h"
#include "util/date.h"

#include <string.h>

#define SECOND_NS INT64_C(1000000000)

enum verdict { AS_RESTORED, TIME_UNKNOWN, OVER, NOT_KNOWN };

/* A copy of the folder may have its times in whole seconds. */
static bool is_time(int64_t written_ns, int64_t noted_ns)
{
	return written_ns == noted_ns || written_ns == noted_ns - noted_ns % SECOND_NS;
}

/* By its link in the registry's own folder. */
static enum verdict judge_link(const struct restored_tag *restored, const struct layout *from)
{
	struct link link = links_tag(from, restored->repository, restored->tag);

	if (link.state != LINK_READ || strcmp(link.digest, restored->digest) != 0)
		return NOT_KNOWN;
	if (restored->written_ns == RESTORED_NO_NS)
		return TIME_UNKNOWN;
	return is_time(link.written_ns, restored->written_ns) ? AS_RESTORED : OVER;
}

static enum verdict judge(const struct inventory *inventory, const struct inventory_tag *tag,
			  const struct restored_tag *restored, const struct layout *from)
{
	if (tag->state == TAG_MISSING)
		return OVER;
	if (tag->state != TAG_READ)
		return NOT_KNOWN;
	if (strcmp(inventory_digest(inventory, tag->manifest), restored->digest) != 0)
		return OVER;
	return from ? judge_link(restored, from) : AS_RESTORED;
}

static enum verdict apply(const struct inventory *inventory, struct inventory_tag *tag,
			  const struct restored_tag *restored, const struct layout *from)
{
	enum verdict verdict = judge(inventory, tag, restored, from);

	if (verdict == OVER)
		return verdict;
	tag->restored = true;
	if (from)
		tag->pushed = verdict == AS_RESTORED ? restored->pushed_at : DATE_ABSENT;
	return verdict;
}

/* Its tag is gone, as far as its repository was read. */
static bool is_gone(const struct inventory *inventory, const struct restored_item *item)
{
	uint32_t r = inventory_repository_find(inventory, item->repository);

	return !item->found && r != INVENTORY_NONE && !inventory->repositories[r].trouble;
}

void restored_apply(struct restored *restored, struct inventory *inventory,
		    const struct layout *from)
{
	for (uint32_t t = 0; t < inventory->tag_count && restored->count > 0; t++) {
		struct inventory_tag *tag = &inventory->tags[t];
		struct restored_item *item = restored_item_find(
			restored, inventory_tag_repository(inventory, t), tag->name);

		if (!item)
			continue;
		item->found = true;
		item->over = apply(inventory, tag, &item->tag, from) == OVER;
	}
	for (size_t i = 0; i < restored->count; i++)
		restored->items[i].over |= is_gone(inventory, &restored->items[i]);
	restored_drop_over(restored);
}

void restored_apply_again(const struct restored *restored, struct inventory *inventory,
			  const struct layout *from)
{
	for (uint32_t t = 0; t < inventory->tag_count && restored->count > 0; t++) {
		struct inventory_tag *tag = &inventory->tags[t];
		const struct restored_tag *found =
			restored_find(restored, inventory_tag_repository(inventory, t), tag->name);

		if (found)
			apply(inventory, tag, found, from);
	}
}
