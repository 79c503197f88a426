/* Lists folders. Nothing here looks into a file. */
#include "storage/tree.h"

#include "oci/digest.h"
#include "storage/dir.h"
#include "storage/layout.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_LIMIT \
	255 /* of a repository; what is nested deeper has no name that could be asked for */
#define PATH_ROOM 1024

void tree_names_clear(struct tree_names *names)
{
	buf_free(&names->text);
	names->count = 0;
}

static void add_name(struct tree_names *names, const char *name)
{
	buf_add(&names->text, name, strlen(name) + 1);
	names->count++;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void sort_names(struct tree_names *names)
{
	CLEANUP(free_p) const char **list = xcalloc(names->count + 1, sizeof *list);
	struct buf sorted = { 0 };
	const char *at = names->text.data;

	for (size_t i = 0; i < names->count; i++, at += strlen(at) + 1)
		list[i] = at;
	if (names->count > 0)
		qsort(list, names->count, sizeof *list, compare_names);
	for (size_t i = 0; i < names->count; i++)
		buf_add(&sorted, list[i], strlen(list[i]) + 1);
	buf_free(&names->text);
	names->text = sorted;
}

static bool has_vanished(int error)
{
	return dir_vanished(error) || error == ENOTDIR;
}

static int fail(struct err *err, const struct layout *layout, const char *path, int error)
{
	err_set(err, ERR_IO, "%s/%s: %s%s", layout_path(layout), path, strerror(error),
		error == EACCES ? "; run as root" : "");
	errno = error;
	return -1;
}

/* Calls EACH for what is in PATH; it returns 0 or an errno. 1: read; 0: there is no such folder. */
static int read_folder(const struct layout *layout, const char *path,
		       int (*each)(void *ctx, int folder, const struct dirent *entry), void *ctx,
		       struct err *err)
{
	CLEANUP(dir_close) DIR *stream = dir_open(layout_fd(layout), path);
	const struct dirent *entry = NULL;
	int error = 0;

	if (!stream)
		return dir_vanished(errno) ? 0 : fail(err, layout, path, errno);
	while (error == 0 && (entry = dir_entry(stream)))
		error = each(ctx, dirfd(stream), entry);
	if (error == 0)
		error = errno;
	return error != 0 && !has_vanished(error) ? fail(err, layout, path, error) : 1;
}

/* The entries of a folder that may be a repository. */
struct look {
	struct buf *parents; /* folders that are still to be looked into, each with a NUL */
	const char *name;    /* of this one, "" for that of all */
	bool layers, manifests, remains;
};

static int look_at(void *ctx, int folder, const struct dirent *entry)
{
	struct look *look = ctx;
	unsigned char type = entry->d_type;
	struct stat status;

	if (type == DT_UNKNOWN) {
		if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			return has_vanished(errno) ? 0 : errno;
		type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISLNK(status.st_mode) ? DT_LNK : DT_REG;
	}
	/* It could lead to the same repository by another name, or round in a circle. */
	if (type == DT_LNK)
		return ELOOP;
	if (type != DT_DIR)
		return 0;
	look->layers |= strcmp(entry->d_name, "_layers") == 0;
	look->manifests |= strcmp(entry->d_name, "_manifests") == 0;
	look->remains |= text_begins(entry->d_name, LAYOUT_HIDDEN) ||
			 text_begins(entry->d_name, LAYOUT_GONE);
	if (entry->d_name[0] != '_' &&
	    strlen(look->name) + (*look->name != '\0') + strlen(entry->d_name) <= NAME_LIMIT) {
		if (*look->name)
			buf_format(look->parents, "%s/", look->name);
		buf_add(look->parents, entry->d_name, strlen(entry->d_name) + 1);
	}
	return 0;
}

static bool is_marked(const struct look *look, enum tree_marker marker)
{
	switch (marker) {
	case TREE_LAYERS:
		return look->layers;
	case TREE_MANIFESTS:
		return look->manifests;
	case TREE_REMAINS:
		return look->remains;
	case TREE_ANY:
		break;
	}
	return look->layers || look->manifests;
}

int tree_repositories(const struct layout *layout, enum tree_marker marker, struct tree_names *out,
		      struct err *err)
{
	CLEANUP(buf_free) struct buf parents = { 0 };
	char path[PATH_ROOM];
	size_t at = 0;

	buf_add(&parents, "", 1);
	while (at < parents.length) {
		CLEANUP(free_p) char *name = xstrdup(parents.data + at);
		struct look look = { .parents = &parents, .name = name };

		snprintf(path, sizeof path, "repositories%s%s", *name ? "/" : "", name);
		if (read_folder(layout, path, look_at, &look, err) < 0)
			return -1;
		if (*name && is_marked(&look, marker))
			add_name(out, name);
		at += strlen(name) + 1;
	}
	sort_names(out);
	return 0;
}

static int take_name(void *ctx, int folder, const struct dirent *entry)
{
	(void)folder;
	add_name(ctx, entry->d_name);
	return 0;
}

int tree_tags(const struct layout *layout, const char *repository, struct tree_names *out,
	      struct err *err)
{
	char path[PATH_ROOM];
	int found = 0;

	snprintf(path, sizeof path, "repositories/%s/_manifests/tags", repository);
	found = read_folder(layout, path, take_name, out, err);
	sort_names(out);
	return found;
}

int tree_tags_changed(const struct layout *layout, const char *repository, int64_t *seconds,
		      struct err *err)
{
	char path[PATH_ROOM];
	struct stat status;

	snprintf(path, sizeof path, "repositories/%s/_manifests/tags", repository);
	if (fstatat(layout_fd(layout), path, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return fail(err, layout, path, errno);
	if (!S_ISDIR(status.st_mode))
		return fail(err, layout, path, ENOTDIR);
	*seconds = status.st_mtim.tv_sec;
	return 0;
}

struct digests {
	const char *algorithm;
	struct tree_names *out;
	struct buf *sizes; /* NULL: not wanted */
};

static int take_digest(void *ctx, int folder, const struct dirent *entry)
{
	struct digests *digests = ctx;
	char text[DIGEST_TEXT], path[NAME_MAX + sizeof "/data"];
	struct stat status;
	size_t prefix = strlen(digests->algorithm), hex = strlen(entry->d_name);

	if (prefix + 1 + hex >= sizeof text)
		return 0;
	memcpy(text, digests->algorithm, prefix);
	text[prefix] = ':';
	memcpy(text + prefix + 1, entry->d_name, hex + 1);
	if (!digest_valid(text, prefix + 1 + hex))
		return 0;
	if (digests->sizes) {
		uint64_t size = 0;

		snprintf(path, sizeof path, "%s/data", entry->d_name);
		if (fstatat(folder, path, &status, 0) != 0)
			return has_vanished(errno) ? 0 : errno;
		if (!S_ISREG(status.st_mode))
			return 0;
		size = (uint64_t)status.st_size;
		buf_add(digests->sizes, &size, sizeof size);
	}
	add_name(digests->out, text);
	return 0;
}

/* The digests below FOLDER of REPOSITORY's manifests. */
static int read_digests(const struct layout *layout, const char *repository, const char *folder,
			struct tree_names *out, struct err *err)
{
	char path[PATH_ROOM];

	for (const struct digest_algorithm *a = DIGEST_ALGORITHMS; a->name; a++) {
		struct digests digests = { a->name, out, NULL };

		snprintf(path, sizeof path, "repositories/%s/_manifests/%s/%s", repository, folder,
			 a->name);
		if (read_folder(layout, path, take_digest, &digests, err) < 0)
			return -1;
	}
	return 0;
}

int tree_revisions(const struct layout *layout, const char *repository, struct tree_names *out,
		   struct err *err)
{
	return read_digests(layout, repository, "revisions", out, err);
}

int tree_history(const struct layout *layout, const char *repository, const char *tag,
		 struct tree_names *out, struct err *err)
{
	char folder[PATH_ROOM];

	snprintf(folder, sizeof folder, "tags/%s/index", tag);
	return read_digests(layout, repository, folder, out, err);
}

struct folders {
	const char *algorithm;
	struct tree_names *out;
};

static int take_folder(void *ctx, int folder, const struct dirent *entry)
{
	struct folders *folders = ctx;
	char path[sizeof "sha256/xx"];

	(void)folder;
	if (strlen(entry->d_name) == 2) {
		snprintf(path, sizeof path, "%s/%.2s", folders->algorithm, entry->d_name);
		add_name(folders->out, path);
	}
	return 0;
}

int tree_blob_folders(const struct layout *layout, struct tree_names *out, struct err *err)
{
	char path[PATH_ROOM];

	for (const struct digest_algorithm *a = DIGEST_ALGORITHMS; a->name; a++) {
		struct folders folders = { a->name, out };

		snprintf(path, sizeof path, "blobs/%s", a->name);
		if (read_folder(layout, path, take_folder, &folders, err) < 0)
			return -1;
	}
	return 0;
}

int tree_blobs(const struct layout *layout, const char *folder, struct tree_names *out,
	       struct buf *sizes, struct err *err)
{
	char path[PATH_ROOM], algorithm[sizeof "sha256"];
	struct digests digests = { algorithm, out, sizes };

	snprintf(algorithm, sizeof algorithm, "%s", folder);
	snprintf(path, sizeof path, "blobs/%s", folder);
	return read_folder(layout, path, take_digest, &digests, err) < 0 ? -1 : 0;
}
