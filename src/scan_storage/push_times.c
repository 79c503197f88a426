/* Looks for many pushes at the same time. */
#include "scan_storage/push_times.h"

#include "inventory/inventory.h"
#include "scan_storage/revision.h"
#include "storage/links.h"
#include "util/date.h"
#include "util/xalloc.h"

static int compare_times(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

bool push_times_copied(const struct inventory *inventory)
{
	CLEANUP(free_p) int64_t *times = xcalloc(inventory->tag_count + 1, sizeof *times);
	size_t count = 0, first = 0, most = 0;

	for (size_t t = 0; t < inventory->tag_count; t++) {
		if (inventory->tags[t].pushed != DATE_ABSENT && !inventory->tags[t].restored)
			times[count++] = inventory->tags[t].pushed;
	}
	if (count < PUSHES_FEWEST)
		return false;
	qsort(times, count, sizeof *times, compare_times);
	for (size_t last = 0; last < count; last++) {
		while (times[last] - times[first] >= PUSHES_WITHIN)
			first++;
		if (last + 1 - first > most)
			most = last + 1 - first;
	}
	return most > count / 2;
}

void push_times_forget(struct inventory *inventory)
{
	for (size_t t = 0; t < inventory->tag_count; t++)
		inventory->tags[t].pushed = DATE_ABSENT;
	for (size_t m = 0; m < inventory->manifest_count; m++)
		inventory->manifests[m].untagged_since = DATE_ABSENT;
}

static bool pushed_since(const struct inventory *inventory, const struct layout *layout,
			 uint32_t id)
{
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	struct link link = revision_link(layout, inventory, id);

	return link_is_bad(&link) ||
	       (link.state == LINK_READ && link.written > manifest->pending_since);
}

void push_times_check_pending(struct inventory *inventory, const struct layout *layout)
{
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		struct inventory_manifest *manifest = &inventory->manifests[m];

		if (!manifest->pending || !date_known(manifest->pending_since) ||
		    !pushed_since(inventory, layout, m))
			continue;
		manifest->pending = false;
		manifest->repushed = true;
	}
}
