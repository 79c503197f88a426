/* The folders that one thread of a walk has still to read, last in, first out. Depth first means
 * that they all lie in folders on the path that was read last: a name and the length of the
 * parent's path are enough. */
#ifndef STORAGE_WALK_QUEUE_H
#define STORAGE_WALK_QUEUE_H

#include "util/buf.h"

#include <stddef.h>

enum walk_pending_kind {
	WALK_PENDING_FOLDER,
	WALK_PENDING_REST, /* of the parent itself, which was read in part; it has no name */
	WALK_PENDING_GONE, /* given away, or there was no rest */
};

struct walk_pending {
	enum walk_pending_kind kind;
	size_t parent_length;
	size_t name; /* where it begins */
};

/* Zero-initialised is empty. */
struct walk_queue {
	struct buf names; /* one after the other, each with a NUL */
	struct walk_pending *items;
	size_t count;
	size_t capacity;
	size_t lowest; /* those before it cannot be given away */
};

/* NAME may be NULL. */
void walk_queue_push(struct walk_queue *queue, enum walk_pending_kind kind, size_t parent_length,
		     const char *name);
/* The last one; the queue is not empty. */
struct walk_pending walk_queue_pop(struct walk_queue *queue);
/* Of a folder in the queue, or the one popped last until the next push. */
const char *walk_queue_name(const struct walk_queue *queue, const struct walk_pending *item);
/* How many folders, from the lowest on, could be given away: half of those in the same parent. The
 * one to be popped next is not among them. */
size_t walk_queue_spare(struct walk_queue *queue);
void walk_queue_free(struct walk_queue *queue);

#endif
