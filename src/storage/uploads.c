/* Adds up what lies in the folders `_uploads`. Folders that wait to be read are paths, so that no
 * depth costs stack or descriptors. */
#include "storage/uploads.h"

#include "storage/dir.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/stop_signal.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define UPLOADS "_uploads"
#define LAYERS  "_layers"

/* Paths of folders, each with a NUL behind it; the last one is read next. */
struct waiting {
	struct buf paths;
};

static void waiting_release(struct waiting *waiting)
{
	buf_free(&waiting->paths);
}

static void waiting_push(struct waiting *waiting, const char *parent, const char *name)
{
	buf_text(&waiting->paths, parent);
	if (*parent)
		buf_text(&waiting->paths, "/");
	buf_add(&waiting->paths, name, strlen(name) + 1);
}

/* The caller frees it; NULL when none waits. */
static char *waiting_pop(struct waiting *waiting)
{
	struct buf *paths = &waiting->paths;
	const char *before = NULL;
	char *path = NULL;

	if (paths->length == 0)
		return NULL;
	before = memrchr(paths->data, '\0', paths->length - 1);
	path = xstrdup(before ? before + 1 : paths->data);
	paths->length = before ? (size_t)(before + 1 - paths->data) : 0;
	return path;
}

/* It went, or something that is no folder took its place. */
static bool is_gone(int error)
{
	return dir_vanished(error) || error == ENOTDIR || error == ELOOP;
}

static void note_time(struct uploads *out, const char *repository, const struct stat *status)
{
	if (status->st_mtime <= out->newest)
		return;
	out->newest = status->st_mtime;
	snprintf(out->newest_repository, sizeof out->newest_repository, "%s", repository);
}

static void add_file(struct uploads *out, const char *repository, const struct stat *status)
{
	out->bytes += (uint64_t)status->st_size;
	note_time(out, repository, status);
}

/* Reads one folder of an upload. 0 or an errno. */
static int read_folder(DIR *folder, const char *path, const char *repository, struct uploads *out,
		       struct waiting *waiting)
{
	const char *name = NULL;
	struct stat status;

	while ((name = dir_next(folder))) {
		if (fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
			if (!is_gone(errno))
				return errno;
		} else if (S_ISDIR(status.st_mode)) {
			waiting_push(waiting, path, name);
		} else if (S_ISREG(status.st_mode)) {
			add_file(out, repository, &status);
		}
	}
	return is_gone(errno) ? 0 : errno;
}

/* Adds the upload UUID in the folder PARENT. 0 or an errno. */
static int add_upload(int parent, const char *uuid, const char *repository, struct uploads *out)
{
	CLEANUP(waiting_release) struct waiting waiting = { 0 };
	int error = 0;
	bool top = true;

	waiting_push(&waiting, "", uuid);
	while (error == 0 && waiting.paths.length > 0) {
		CLEANUP(free_p) char *path = waiting_pop(&waiting);
		CLEANUP(dir_close) DIR *folder = dir_open_no_link(parent, path);

		if (!folder) {
			error = is_gone(errno) ? 0 : errno;
			continue;
		}
		out->count += top;
		top = false;
		error = read_folder(folder, path, repository, out, &waiting);
	}
	return error;
}

/* Adds what is in the folder PATH, relative to PARENT, a folder `_uploads`. 0 or an errno. */
static int add_folder(int parent, const char *path, const char *repository, struct uploads *out)
{
	CLEANUP(dir_close) DIR *folder = dir_open(parent, path);
	const char *uuid = NULL;

	if (!folder)
		return is_gone(errno) ? 0 : errno;
	while ((uuid = dir_next(folder))) {
		int error = add_upload(dirfd(folder), uuid, repository, out);

		if (error != 0)
			return error;
	}
	return is_gone(errno) ? 0 : errno;
}

static int fail(const struct layout *layout, const char *path, int error, struct err *err)
{
	return err_set(err, ERR_IO, "%s/%s: %s%s", layout_path(layout), path, strerror(error),
		       error == EACCES ? "; run as root" : "");
}

struct search {
	struct waiting waiting; /* paths below the folder of repositories */
	struct strtab *seen;    /* device and inode of each folder, so that links cannot loop */
	struct uploads *out;
	const struct uploads_pushes *pushes; /* NULL: only uploads */
};

static void search_release(struct search *search)
{
	waiting_release(&search->waiting);
	strtab_free(search->seen);
}

static bool is_new(struct search *search, int fd)
{
	uint32_t count = strtab_count(search->seen);
	struct stat status;
	char text[64];
	int length = 0;

	if (fstat(fd, &status) != 0)
		return false;
	length = snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)status.st_dev,
			  (uintmax_t)status.st_ino);
	return strtab_add(search->seen, text, (size_t)length) == count;
}

/* The links in one folder _layers/<alg>. 0 or an errno. */
static int note_layers(const struct search *search, int layers, const char *algorithm,
		       const char *repository)
{
	CLEANUP(dir_close) DIR *folder = dir_open(layers, algorithm);
	const struct uploads_pushes *pushes = search->pushes;
	const char *hex = NULL;

	if (!folder)
		return is_gone(errno) ? 0 : errno;
	while ((hex = dir_next(folder))) {
		CLEANUP(free_p) char *link = xasprintf("%s/link", hex);
		CLEANUP(free_p) char *digest = xasprintf("%s:%s", algorithm, hex);
		struct stat status;

		if (fstatat(dirfd(folder), link, &status, AT_SYMLINK_NOFOLLOW) != 0) {
			if (!is_gone(errno))
				return errno;
		} else if (status.st_mtime >= pushes->since &&
			   !pushes->needed(pushes->ctx, repository, digest)) {
			note_time(search->out, repository, &status);
		}
	}
	return is_gone(errno) ? 0 : errno;
}

/* 0 or an errno. */
static int note_pushes(const struct search *search, int folder, const char *repository)
{
	CLEANUP(dir_close) DIR *layers = dir_open(folder, LAYERS);
	const char *algorithm = NULL;

	if (!layers)
		return is_gone(errno) ? 0 : errno;
	while ((algorithm = dir_next(layers))) {
		int error = note_layers(search, dirfd(layers), algorithm, repository);

		if (error != 0)
			return error;
	}
	return is_gone(errno) ? 0 : errno;
}

/* REPOSITORY is the path of FOLDER, "" for the folder of all repositories. 0 or an errno. */
static int search_folder(struct search *search, DIR *folder, const char *repository)
{
	const char *name = NULL;

	while ((name = dir_next(folder))) {
		int error = 0;

		if (*repository && strcmp(name, UPLOADS) == 0)
			error = add_folder(dirfd(folder), UPLOADS, repository, search->out);
		/* A name longer than the registry allows is no repository. */
		else if (*name != '_' && strlen(repository) + strlen(name) + 1 < UPLOADS_REPOSITORY)
			waiting_push(&search->waiting, repository, name);
		if (error != 0)
			return error;
	}
	return is_gone(errno) ? 0 : errno;
}

/* 0 or an errno. */
static int search_path(struct search *search, const struct layout *layout, const char *repository)
{
	CLEANUP(free_p) char *path = xasprintf("repositories/%s", repository);
	CLEANUP(dir_close) DIR *folder = dir_open(layout_fd(layout), path);
	int error = 0;

	if (!folder)
		return is_gone(errno) ? 0 : errno;
	if (!is_new(search, dirfd(folder)))
		return 0;
	if (search->pushes && *repository)
		error = note_pushes(search, dirfd(folder), repository);
	return error != 0 ? error : search_folder(search, folder, repository);
}

static int find_all(const struct layout *layout, const struct uploads_pushes *pushes,
		    struct uploads *out, struct err *err)
{
	CLEANUP(search_release)
	struct search search = { .seen = strtab_new(), .out = out, .pushes = pushes };

	waiting_push(&search.waiting, "", "");
	while (search.waiting.paths.length > 0) {
		CLEANUP(free_p) char *repository = waiting_pop(&search.waiting);
		int error = search_path(&search, layout, repository);

		if (error != 0) {
			CLEANUP(free_p) char *path = xasprintf("repositories/%s", repository);

			return fail(layout, path, error, err);
		}
		if (stop_signal_count() > 0)
			return err_set(err, ERR_STOPPED, "stopped while looking for uploads");
	}
	return 0;
}

int uploads_all(const struct layout *layout, struct uploads *out, struct err *err)
{
	return find_all(layout, NULL, out, err);
}

int uploads_and_pushes(const struct layout *layout, const struct uploads_pushes *pushes,
		       struct uploads *out, struct err *err)
{
	return find_all(layout, pushes, out, err);
}
