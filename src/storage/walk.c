/* The walk: a stack of folders still to read, and one function that reads one of them. Folders are
 * opened by a single name below their parent, so that neither the length of a path nor somebody who
 * swaps a folder for a symbolic link can lead us astray. */
#include "storage/walk.h"

#include "util/buf.h"
#include "util/stop.h"
#include "util/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum {
	ANCESTORS = 16,           /* open descriptors at any time */
	STOP_INTERVAL = 256,      /* entries between two looks for a stop signal */
	ENTRIES_SIZE = 64 * 1024, /* bytes of directory entries read at once */
};

/* Depth first means that whatever waits lies in a folder on the path that was read last: its name
 * and the length of its parent's path are enough. */
struct pending {
	size_t parent_length;
	size_t name_length;
};

struct queue {
	struct buf names; /* one after the other, each with a NUL */
	struct pending *items;
	size_t count;
	size_t capacity;
};

/* A folder on the current path that is open; its path is the first LENGTH bytes of that. */
struct ancestor {
	int fd;
	size_t length;
};

struct walk {
	walk_entry entry;
	walk_trouble trouble;
	void *ctx;
	dev_t device;
	struct buf path; /* of what is being looked at, relative to the root */
	struct queue queue;
	struct ancestor ancestors[ANCESTORS]; /* the root first */
	unsigned ancestor_count;
	unsigned seen;
	bool ended;
	char *entries;
};

static void path_cut(struct walk *walk, size_t length)
{
	walk->path.length = length;
	walk->path.data[length] = '\0';
}

static void path_add(struct walk *walk, const char *name, size_t length)
{
	if (walk->path.length > 0)
		buf_add(&walk->path, "/", 1);
	buf_add(&walk->path, name, length);
}

static void queue_push(struct queue *queue, size_t parent_length, const char *name, size_t length)
{
	GROW(queue->items, queue->count, queue->capacity);
	queue->items[queue->count++] = (struct pending){ parent_length, length };
	buf_add(&queue->names, name, length + 1);
}

/* The name stays valid until the next push. */
static struct pending queue_pop(struct queue *queue, const char **name)
{
	struct pending item = queue->items[--queue->count];

	queue->names.length -= item.name_length + 1;
	*name = queue->names.data + queue->names.length;
	return item;
}

static bool has_vanished(int error)
{
	/* The last two: it was a folder, and something else has taken its name. */
	return error == ENOENT || error == ESTALE || error == ENOTDIR || error == ELOOP;
}

static void tell_trouble(struct walk *walk, int error)
{
	if (!has_vanished(error))
		walk->trouble(walk->ctx, walk->path.length ? walk->path.data : ".", error);
}

static bool must_end(struct walk *walk)
{
	if (!walk->ended && ++walk->seen % STOP_INTERVAL == 0 && stop_count() > 0)
		walk->ended = true;
	return walk->ended;
}

static void visit(struct walk *walk, int folder, const char *name)
{
	size_t parent_length = walk->path.length;
	size_t length = strlen(name);
	struct stat status;

	path_add(walk, name, length);
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) {
		tell_trouble(walk, errno);
	} else if (!S_ISDIR(status.st_mode)) {
		walk->ended = !walk->entry(walk->ctx, walk->path.data, &status);
	} else if (status.st_dev == walk->device) {
		walk->ended = !walk->entry(walk->ctx, walk->path.data, &status);
		queue_push(&walk->queue, parent_length, name, length);
	}
	path_cut(walk, parent_length);
}

/* The unit of work: visits what is in the folder that the path names and FD has open. */
static void read_folder(struct walk *walk, int fd)
{
	ssize_t size = 0;

	while ((size = getdents64(fd, walk->entries, ENTRIES_SIZE)) > 0) {
		for (ssize_t at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(walk->entries + at);
			const char *name = entry->d_name;

			at += entry->d_reclen;
			if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
				continue;
			if (must_end(walk))
				return;
			visit(walk, fd, name);
		}
	}
	if (size < 0)
		tell_trouble(walk, errno);
}

static int open_folder(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void close_ancestors_below(struct walk *walk, size_t length)
{
	while (walk->ancestor_count > 0 &&
	       walk->ancestors[walk->ancestor_count - 1].length > length)
		close(walk->ancestors[--walk->ancestor_count].fd);
}

/* Takes FD. When there is no room the highest but the root is closed: it is needed last. */
static void keep_ancestor(struct walk *walk, int fd, size_t length)
{
	if (walk->ancestor_count == ANCESTORS) {
		close(walk->ancestors[1].fd);
		memmove(&walk->ancestors[1], &walk->ancestors[2],
			(ANCESTORS - 2) * sizeof *walk->ancestors);
		walk->ancestor_count--;
	}
	walk->ancestors[walk->ancestor_count++] = (struct ancestor){ fd, length };
}

/* Opens again, name by name, what was closed between the deepest ancestor and the path's first
 * LENGTH bytes. -1 with errno set. */
static int reopen_ancestors(struct walk *walk, size_t length)
{
	while (walk->ancestors[walk->ancestor_count - 1].length < length) {
		const struct ancestor *deepest = &walk->ancestors[walk->ancestor_count - 1];
		size_t from = deepest->length > 0 ? deepest->length + 1 : 0;
		char *name = walk->path.data + from;
		char *end = strchrnul(name, '/');
		char separator = *end;
		int fd = -1;

		*end = '\0';
		fd = open_folder(deepest->fd, name);
		*end = separator;
		if (fd < 0)
			return -1;
		keep_ancestor(walk, fd, (size_t)(end - walk->path.data));
	}
	return 0;
}

static void read_pending(struct walk *walk)
{
	size_t waiting = 0;
	const char *name = NULL;
	struct pending item = queue_pop(&walk->queue, &name);
	int fd = -1;

	path_cut(walk, item.parent_length);
	path_add(walk, name, item.name_length);
	close_ancestors_below(walk, item.parent_length);
	if (reopen_ancestors(walk, item.parent_length) == 0)
		fd = open_folder(walk->ancestors[walk->ancestor_count - 1].fd, name);
	if (fd < 0) {
		tell_trouble(walk, errno);
		return;
	}
	waiting = walk->queue.count;
	read_folder(walk, fd);
	if (walk->queue.count > waiting)
		keep_ancestor(walk, fd, walk->path.length);
	else
		close(fd);
}

static void walk_release(struct walk *walk)
{
	while (walk->ancestor_count > 0)
		close(walk->ancestors[--walk->ancestor_count].fd);
	buf_free(&walk->path);
	buf_free(&walk->queue.names);
	free(walk->queue.items);
	free(walk->entries);
}

int walk_tree(const char *root, walk_entry entry, walk_trouble trouble, void *ctx, struct err *err)
{
	CLEANUP(walk_release)
	struct walk walk = { .entry = entry, .trouble = trouble, .ctx = ctx };
	struct stat status;
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, ERR_IO, "%s: %s", root, strerror(errno));
	keep_ancestor(&walk, fd, 0);
	if (fstat(fd, &status) != 0)
		return err_set(err, ERR_IO, "%s: %s", root, strerror(errno));
	walk.device = status.st_dev;
	walk.entries = xmalloc(ENTRIES_SIZE);
	walk.ended = stop_count() > 0;
	if (!walk.ended)
		read_folder(&walk, fd);
	while (!walk.ended && walk.queue.count > 0)
		read_pending(&walk);
	if (walk.ended)
		return err_set(err, ERR_STOPPED, "%s: the walk was ended", root);
	return 0;
}
