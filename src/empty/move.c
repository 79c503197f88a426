/* Renames and removes. Folders go by rmdir alone, which fails where anything is in them; the only
 * files that are removed are links of layers, and one of two that are the same. */
#include "empty/move.h"

#include "storage/dir.h"
#include "storage/link_file.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* More than a registry nests: _manifests/tags/<tag>/index/<alg>/<hex>. */
#define DEEPEST 16

static void step(const struct empty_removal *removal, const char *what, const char *name)
{
	CLEANUP(free_p) char *text = removal->step ? xasprintf("%s %s", what, name) : NULL;

	if (text)
		removal->step(removal->ctx, text);
}

static int rename_to(int from, const char *name, int into, const char *target)
{
	return renameat2(from, name, into, target, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

int empty_rename(const struct empty_removal *removal, int folder, const char *from, const char *to)
{
	step(removal, "rename to", to);
	return rename_to(folder, from, folder, to);
}

static bool is_folder(int parent, const char *name)
{
	struct stat status;

	return fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static bool read_link_file(int parent, const char *name, char text[DIGEST_TEXT])
{
	struct stat status;
	size_t length = 0;

	return fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) &&
	       link_file_read(parent, name, text, &length, &status) == 0 && strlen(text) == length;
}

/* Two links that say the same are as good as one. */
static bool is_same_link(int from, const char *name, int into, const char *target)
{
	char one[DIGEST_TEXT], other[DIGEST_TEXT];

	return read_link_file(from, name, one) && read_link_file(into, target, other) &&
	       strcmp(one, other) == 0;
}

/* One move: NAME of the folder FROM, to TARGET of the folder INTO. */
struct moving {
	const struct empty_removal *removal;
	int from;
	const char *name;
	int into;
	const char *target;
	unsigned depth;
	struct buf *left;
};

static int move(const struct moving *moving);

static int leave(const struct moving *moving, int error)
{
	if (moving->left->length == 0)
		buf_text(moving->left, moving->name);
	return error;
}

/* Moves all that is in a folder to another one, and removes it. */
static int move_contents(const struct moving *moving)
{
	CLEANUP(buf_free) struct buf names = { 0 };
	CLEANUP(file_close) int from = empty_open_in(moving->from, moving->name);
	CLEANUP(file_close) int into = empty_open_in(moving->into, moving->target);
	int error = from < 0 || into < 0 ? errno : dir_names(from, &names);
	const char *name = NULL;

	if (error != 0)
		return leave(moving, error);
	while ((name = dir_names_next(&names, name))) {
		struct moving part = *moving;
		int failed = 0;

		part.from = from;
		part.into = into;
		part.name = part.target = name;
		part.depth++;
		failed = move(&part);
		error = error ? error : failed;
	}
	if (error != 0)
		return error;
	step(moving->removal, "remove", moving->name);
	return unlinkat(moving->from, moving->name, AT_REMOVEDIR) == 0 ? 0 : leave(moving, errno);
}

static int move(const struct moving *moving)
{
	int error = 0;

	step(moving->removal, "put back", moving->target);
	error = rename_to(moving->from, moving->name, moving->into, moving->target);
	if (error == 0 || error == ENOENT)
		return 0;
	if (error == EEXIST && is_folder(moving->from, moving->name) && moving->depth < DEEPEST)
		return move_contents(moving);
	if (error == EEXIST &&
	    is_same_link(moving->from, moving->name, moving->into, moving->target)) {
		step(moving->removal, "remove the second", moving->name);
		return unlinkat(moving->from, moving->name, 0) == 0 ? 0 : leave(moving, errno);
	}
	return leave(moving, error);
}

int empty_join(const struct empty_removal *removal, int folder, const char *from, const char *to,
	       struct buf *left)
{
	return move(&(struct moving){ .removal = removal,
				      .from = folder,
				      .name = from,
				      .into = folder,
				      .target = to,
				      .left = left });
}

/* FOLDERS: how many levels of folders may be in it; LINKS: whether those of the last may have a
 * link. */
static int erase(const struct empty_removal *removal, int parent, const char *name,
		 unsigned folders, bool links)
{
	CLEANUP(buf_free) struct buf names = { 0 };
	CLEANUP(file_close) int folder = empty_open_in(parent, name);
	int error = folder < 0 ? errno : dir_names(folder, &names);
	const char *entry = NULL;

	while (error == 0 && (entry = dir_names_next(&names, entry))) {
		char text[DIGEST_TEXT];

		if (folders > 0 && is_folder(folder, entry)) {
			error = erase(removal, folder, entry, folders - 1, links);
		} else if (folders == 0 && links && strcmp(entry, "link") == 0 &&
			   read_link_file(folder, entry, text)) {
			step(removal, "remove", entry);
			error = unlinkat(folder, entry, 0) == 0 ? 0 : errno;
		} else {
			error = ENOTEMPTY;
		}
	}
	if (error != 0)
		return error;
	step(removal, "remove", name);
	return unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

int empty_erase(const struct empty_removal *removal, int folder, enum empty_part part,
		const char *name)
{
	static const unsigned FOLDERS[EMPTY_PARTS] = {
		[EMPTY_MANIFESTS] = 3, /* revisions/<alg>/<hex> */
		[EMPTY_LAYERS] = 2,    /* <alg>/<hex> */
		[EMPTY_UPLOADS] = 0,
	};
	int error = erase(removal, folder, name, FOLDERS[part], part == EMPTY_LAYERS);

	return error == ENOENT ? 0 : error;
}

void empty_erase_folders(const struct empty_removal *removal, const char *repository)
{
	CLEANUP(free_p) char *path = xstrdup(repository);
	bool erased = true;

	while (erased && *path) {
		char *slash = strrchr(path, '/');
		const char *name = slash ? slash + 1 : path;
		CLEANUP(file_close)
		int parent = empty_open(removal->layout, path, slash ? (size_t)(slash - path) : 0);

		step(removal, "remove", name);
		erased = parent >= 0 && unlinkat(parent, name, AT_REMOVEDIR) == 0;
		*(slash ? slash : path) = '\0';
	}
}
