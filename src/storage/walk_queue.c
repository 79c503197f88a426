/* What one thread of a walk has still to read: a stack that others get their share of from below,
 * where the folders lie highest in the tree and hold the most work. */
#include "storage/walk_queue.h"

#include "util/xalloc.h"

#include <string.h>

void walk_queue_push(struct walk_queue *queue, enum walk_pending_kind kind, size_t parent_length,
		     const char *name)
{
	GROW(queue->items, queue->count, queue->capacity);
	queue->items[queue->count++] =
		(struct walk_pending){ kind, parent_length, queue->names.length };
	if (name)
		buf_add(&queue->names, name, strlen(name) + 1);
}

struct walk_pending walk_queue_pop(struct walk_queue *queue)
{
	struct walk_pending item = queue->items[--queue->count];

	queue->names.length = item.name;
	if (queue->lowest > queue->count)
		queue->lowest = queue->count;
	return item;
}

const char *walk_queue_name(const struct walk_queue *queue, const struct walk_pending *item)
{
	return queue->names.data + item->name;
}

size_t walk_queue_spare(struct walk_queue *queue)
{
	const struct walk_pending *items = queue->items;
	size_t end = 0;

	while (queue->lowest < queue->count && items[queue->lowest].kind != WALK_PENDING_FOLDER)
		queue->lowest++;
	end = queue->lowest;
	while (end < queue->count && items[end].kind == WALK_PENDING_FOLDER &&
	       items[end].parent_length == items[queue->lowest].parent_length)
		end++;
	return (end - queue->lowest + (end < queue->count)) / 2;
}

void walk_queue_free(struct walk_queue *queue)
{
	buf_free(&queue->names);
	free(queue->items);
}
