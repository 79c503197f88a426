/* Finds the repositories: folders that have _layers or _manifests, however deep. */
#include "native/marking.h"
#include "native/names.h"
#include "registry/api.h"
#include "storage/layout.h"
#include "util/stop_signal.h"
#include "util/string_list.h"
#include "util/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 3 /* more of them, to open what a file server calls stale */

struct search {
	struct native_marking *marking;
	struct string_list waiting; /* folders below `repositories`, a stack */
	const char *path;           /* of the one that is read, "" for the uppermost */
	int fd;
	bool layers, manifests;
	struct err err;
};

static char *path_of(const struct search *search, const char *name)
{
	return *search->path ? xasprintf("%s/%s", search->path, name) : xstrdup(name);
}

static void fail(struct search *search, const char *path, const char *why)
{
	if (search->err.kind == ERR_NONE)
		err_set(&search->err, ERR_COLLECTOR, "%s/" NATIVE_REPOSITORIES "/%s: %s",
			native_store_path(search->marking->store), path, why);
}

static void fail_to_open(struct search *search, const char *path, int error)
{
	if (error == ELOOP)
		fail(search, path, "a symbolic link, which the native collector does not follow");
	else if (error == EXDEV)
		fail(search, path,
		     "on another file system, where the native collector does not go");
	else
		fail(search, path, strerror(error));
}

static void add_foreign(struct search *search, const char *name)
{
	CLEANUP(free_p) char *path = path_of(search, name);

	native_marking_foreign(search->marking, 1, NATIVE_REPOSITORIES, path);
}

/* The registry would follow it: repositories behind it may need any blob. */
static void look_at_link(struct search *search, const char *name)
{
	CLEANUP(free_p) char *path = path_of(search, name);
	struct stat status;

	if (fstatat(search->fd, name, &status, 0) == 0 ? S_ISDIR(status.st_mode)
						       : errno != ENOENT && errno != ELOOP)
		fail_to_open(search, path, ELOOP);
	else
		add_foreign(search, name);
}

static void look_at_own(struct search *search, const char *name)
{
	if (strcmp(name, "_layers") == 0)
		search->layers = true;
	else if (strcmp(name, "_manifests") == 0)
		search->manifests = true;
	else if (strcmp(name, "_uploads") != 0 && !strstr(name, LAYOUT_HIDDEN) &&
		 !strstr(name, LAYOUT_GONE))
		add_foreign(search, name);
}

static bool look_at_name(void *ctx, const char *name, unsigned char type)
{
	struct search *search = ctx;

	if (*name == '_')
		look_at_own(search, name);
	else if (type == DT_LNK)
		look_at_link(search, name);
	else if (type == DT_DIR || type == DT_UNKNOWN)
		string_list_add(&search->waiting, path_of(search, name));
	else
		add_foreign(search, name);
	return true;
}

static void add_place(struct search *search)
{
	struct native_marking *marking = search->marking;
	struct native_place place = { .name = xstrdup(search->path),
				      .layers = search->layers,
				      .manifests = search->manifests,
				      .again = true };

	GROW(marking->places, marking->place_count, marking->place_capacity);
	marking->places[marking->place_count++] = place;
}

/* By its path, which leads to what has its name now. */
static int open_path(const struct search *search)
{
	const char *path = *search->path ? search->path : ".";
	int fd = -1, tries = 0;

	do {
		fd = native_store_openat(search->marking->repositories, path,
					 O_RDONLY | O_DIRECTORY);
	} while (fd < 0 && errno == ESTALE && tries++ < TRIES);
	return fd;
}

static void look_into(struct search *search)
{
	search->fd = open_path(search);
	search->layers = search->manifests = false;
	if (search->fd < 0) {
		/* What is stale may be there, with repositories below it. */
		if (errno != ENOENT)
			fail_to_open(search, search->path, errno);
		return;
	}
	if (native_names(search->fd, look_at_name, search) < 0)
		fail_to_open(search, search->path, errno);
	close(search->fd);
	if ((search->layers || search->manifests) && *search->path)
		add_place(search);
}

static char *take_waiting(struct string_list *list)
{
	char *last = list->items[--list->count];

	list->items[list->count] = NULL;
	return last;
}

static int compare_places(const void *left, const void *right)
{
	const struct native_place *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void walk(struct search *search)
{
	while (search->waiting.count > 0 && search->err.kind == ERR_NONE) {
		CLEANUP(free_p) char *path = take_waiting(&search->waiting);

		search->path = path;
		look_into(search);
		if (stop_signal_count() > 0)
			err_set(&search->err, ERR_STOPPED, "stopped by signal %d", stop_signal());
	}
}

int native_places_find(struct native_marking *marking, struct err *err)
{
	struct search search = { .marking = marking };

	string_list_add(&search.waiting, xstrdup(""));
	walk(&search);
	string_list_clear(&search.waiting);
	if (search.err.kind != ERR_NONE) {
		*err = search.err;
		return -1;
	}
	if (marking->place_count > 0)
		qsort(marking->places, marking->place_count, sizeof *marking->places,
		      compare_places);
	if (marking->place_count == 0 && marking->marks->blobs_stored > 0)
		return err_set(err, ERR_COLLECTOR,
			       "%s/" NATIVE_REPOSITORIES
			       ": blobs, but not one repository: nothing may be "
			       "collected, as they may lie elsewhere; is something not mounted?",
			       native_store_path(marking->store));
	return 0;
}
