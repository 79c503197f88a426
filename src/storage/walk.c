/* The walk: each thread has a stack of folders still to read, and a function that reads one of
 * them. When another has nothing to do it gets some of those that would be read last. Folders are
 * opened by a single name below their parent, so that neither the length of a path nor somebody who
 * swaps a folder for a symbolic link can lead us astray. */
#include "storage/walk.h"

#include "storage/walk_pool.h"
#include "storage/walk_queue.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum {
	ANCESTORS = 16,           /* open descriptors of a thread at any time */
	UNREAD_MAX = 8,           /* of them, folders that are read in part */
	WAITING_MAX = 256,        /* folders that wait before their parent is read on */
	STOP_INTERVAL = 256,      /* entries between two looks for a stop signal */
	ENTRIES_SIZE = 64 * 1024, /* bytes of directory entries read at once */
};

/* A folder on the current path that is open; its path is the first LENGTH bytes of that. */
struct ancestor {
	int fd;
	size_t length;
	bool unread; /* the rest of it waits, so it must stay open */
};

/* One thread's part of it. */
struct walk {
	walk_entry entry;
	walk_trouble trouble;
	void *ctx;
	dev_t device;
	struct walk_pool *pool;
	struct buf path; /* of what is being looked at, relative to the root */
	struct walk_queue queue;
	struct ancestor ancestors[ANCESTORS]; /* the root first, which is not ours */
	unsigned ancestor_count;
	unsigned unread_count;
	unsigned seen;
	char *entries;
};

static void path_cut(struct walk *walk, size_t length)
{
	walk->path.length = length;
	if (walk->path.data)
		walk->path.data[length] = '\0';
}

static void path_add(struct walk *walk, const char *name, size_t length)
{
	if (walk->path.length > 0)
		buf_add(&walk->path, "/", 1);
	buf_add(&walk->path, name, length);
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

static void tell_entry(struct walk *walk, const struct stat *status)
{
	if (!walk->entry(walk->ctx, walk->path.data, status))
		walk_pool_end(walk->pool);
}

static bool must_end(struct walk *walk)
{
	if (++walk->seen % STOP_INTERVAL == 0)
		walk_pool_heed_signals(walk->pool);
	return walk_pool_ended(walk->pool);
}

static void visit(struct walk *walk, int folder, const char *name)
{
	size_t parent_length = walk->path.length;
	struct stat status;

	path_add(walk, name, strlen(name));
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) {
		tell_trouble(walk, errno);
	} else if (!S_ISDIR(status.st_mode)) {
		tell_entry(walk, &status);
	} else if (status.st_dev == walk->device) {
		tell_entry(walk, &status);
		walk_queue_push(&walk->queue, WALK_PENDING_FOLDER, parent_length, name);
	}
	path_cut(walk, parent_length);
}

/* False when the walk was ended. */
static bool visit_all(struct walk *walk, int fd, ssize_t size)
{
	for (ssize_t at = 0; at < size;) {
		const struct dirent64 *entry = (const void *)(walk->entries + at);
		const char *name = entry->d_name;

		at += entry->d_reclen;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (must_end(walk))
			return false;
		visit(walk, fd, name);
	}
	return true;
}

/* The unit of work: visits what is in the folder that the path names and FD has open. True when
 * some of it is left to read later, since much waits already. */
static bool read_folder(struct walk *walk, int fd)
{
	size_t waiting = walk->queue.count;
	ssize_t size = 0;

	while ((size = getdents64(fd, walk->entries, ENTRIES_SIZE)) > 0) {
		if (!visit_all(walk, fd, size))
			return false;
		if (walk->queue.count - waiting >= WAITING_MAX && walk->unread_count < UNREAD_MAX)
			return true;
	}
	if (size < 0)
		tell_trouble(walk, errno);
	return false;
}

static int open_folder(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static struct ancestor *deepest_ancestor(struct walk *walk)
{
	return &walk->ancestors[walk->ancestor_count - 1];
}

static void close_ancestors_below(struct walk *walk, size_t length)
{
	while (deepest_ancestor(walk)->length > length) {
		close(deepest_ancestor(walk)->fd);
		walk->ancestor_count--;
	}
}

/* Takes FD. When there is no room the highest that may be is closed: it is needed last. */
static void keep_ancestor(struct walk *walk, int fd, size_t length)
{
	unsigned victim = 1;

	if (walk->ancestor_count == ANCESTORS) {
		while (walk->ancestors[victim].unread)
			victim++;
		close(walk->ancestors[victim].fd);
		memmove(&walk->ancestors[victim], &walk->ancestors[victim + 1],
			(ANCESTORS - 1 - victim) * sizeof *walk->ancestors);
		walk->ancestor_count--;
	}
	walk->ancestors[walk->ancestor_count++] = (struct ancestor){ fd, length, false };
}

/* Opens again, name by name, what was closed between the deepest ancestor and the path's first
 * LENGTH bytes. -1 with errno set. */
static int reopen_ancestors(struct walk *walk, size_t length)
{
	while (deepest_ancestor(walk)->length < length) {
		const struct ancestor *deepest = deepest_ancestor(walk);
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

/* Reads the deepest ancestor, from where it was left; the item that stands for the rest of it lies
 * below what it brings. */
static void read_ancestor(struct walk *walk)
{
	struct ancestor *folder = deepest_ancestor(walk);
	size_t place = walk->queue.count;

	walk_queue_push(&walk->queue, WALK_PENDING_REST, folder->length, NULL);
	folder->unread = read_folder(walk, folder->fd);
	if (folder->unread) {
		walk->unread_count++;
		return;
	}
	walk->queue.items[place].kind = WALK_PENDING_GONE;
	if (walk->queue.count == place + 1)
		walk_queue_pop(&walk->queue);
}

static void read_pending(struct walk *walk)
{
	struct walk_pending item = walk_queue_pop(&walk->queue);
	const char *name = NULL;
	int fd = -1;

	if (item.kind == WALK_PENDING_GONE)
		return;
	path_cut(walk, item.parent_length);
	close_ancestors_below(walk, item.parent_length);
	if (item.kind == WALK_PENDING_REST) {
		walk->unread_count--;
		read_ancestor(walk);
		return;
	}
	name = walk_queue_name(&walk->queue, &item);
	path_add(walk, name, strlen(name));
	if (reopen_ancestors(walk, item.parent_length) == 0)
		fd = open_folder(deepest_ancestor(walk)->fd, name);
	if (fd < 0) {
		tell_trouble(walk, errno);
		return;
	}
	keep_ancestor(walk, fd, walk->path.length);
	read_ancestor(walk);
}

/* Gives away what lies lowest, thus highest in the tree: the most work for one parcel. */
static void share(struct walk *walk)
{
	CLEANUP(walk_pool_parcel_free) struct walk_parcel parcel = { 0 };
	struct walk_queue *queue = &walk->queue;
	size_t spare = walk_queue_spare(queue);
	struct walk_pending *items = queue->items + queue->lowest;

	if (spare == 0)
		return;
	buf_add(&parcel.parent, walk->path.data, items->parent_length);
	buf_add(&parcel.names, walk_queue_name(queue, items), items[spare].name - items->name);
	if (!walk_pool_give(walk->pool, &parcel))
		return;
	for (size_t i = 0; i < spare; i++)
		items[i].kind = WALK_PENDING_GONE;
}

/* Waits for folders of another thread. False when the walk is over. */
static bool receive(struct walk *walk)
{
	CLEANUP(walk_pool_parcel_free) struct walk_parcel parcel = { 0 };

	close_ancestors_below(walk, 0);
	if (!walk_pool_take(walk->pool, &parcel))
		return false;
	path_cut(walk, 0);
	buf_add(&walk->path, parcel.parent.data, parcel.parent.length);
	for (size_t at = 0; at < parcel.names.length; at += strlen(parcel.names.data + at) + 1)
		walk_queue_push(&walk->queue, WALK_PENDING_FOLDER, walk->path.length,
				parcel.names.data + at);
	return true;
}

static void *work(void *argument)
{
	struct walk *walk = argument;

	do {
		while (walk->queue.count > 0 && !walk_pool_ended(walk->pool)) {
			if (walk_pool_wants(walk->pool))
				share(walk);
			read_pending(walk);
		}
	} while (receive(walk));
	return NULL;
}

static void walk_release(struct walk *walk)
{
	close_ancestors_below(walk, 0);
	buf_free(&walk->path);
	walk_queue_free(&walk->queue);
	free(walk->entries);
}

static void work_by_threads(struct walk *walks, unsigned count)
{
	pthread_t threads[WALK_THREADS_MAX];
	unsigned started = 1;

	while (started < count &&
	       pthread_create(&threads[started], NULL, work, &walks[started]) == 0)
		started++;
	for (unsigned i = started; i < count; i++)
		walk_pool_resign(walks->pool);
	work(&walks[0]);
	for (unsigned i = 1; i < started; i++)
		pthread_join(threads[i], NULL);
}

int walk_tree_by_threads(const char *root, walk_entry entry, walk_trouble trouble,
			 void *const *contexts, unsigned count, struct err *err)
{
	CLEANUP(file_close) int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk walks[WALK_THREADS_MAX];
	struct walk_pool *pool = NULL;
	struct stat status;
	bool ended = false;

	if (fd < 0 || fstat(fd, &status) != 0)
		return err_set(err, ERR_IO, "%s: %s", root, strerror(errno));
	count = count < WALK_THREADS_MAX ? count : WALK_THREADS_MAX;
	pool = walk_pool_new(count);
	for (unsigned i = 0; i < count; i++) {
		walks[i] = (struct walk){ .entry = entry,
					  .trouble = trouble,
					  .ctx = contexts[i],
					  .device = status.st_dev,
					  .pool = pool,
					  .ancestors = { { fd, 0, false } },
					  .ancestor_count = 1,
					  .entries = xmalloc(ENTRIES_SIZE) };
	}
	walk_pool_heed_signals(pool);
	walks[0].unread_count = 1;
	walk_queue_push(&walks[0].queue, WALK_PENDING_REST, 0, NULL);
	work_by_threads(walks, count);
	for (unsigned i = 0; i < count; i++)
		walk_release(&walks[i]);
	ended = walk_pool_ended(pool);
	walk_pool_free(pool);
	if (ended)
		return err_set(err, ERR_STOPPED, "%s: the walk was ended", root);
	return 0;
}

int walk_tree(const char *root, walk_entry entry, walk_trouble trouble, void *ctx, struct err *err)
{
	return walk_tree_by_threads(root, entry, trouble, &ctx, 1, err);
}
