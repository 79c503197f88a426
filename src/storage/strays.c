/* Names alone are looked at, and in blobs/ only as deep as the folders that hold blobs. */
#include "storage/strays.h"

#include "oci/digest.h"
#include "storage/dir.h"
#include "storage/layout.h"
#include "storage/walk.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define DATA "data"

static bool is_known(const char *name, size_t length)
{
	static const char *const KNOWN[] = { /* NAS: Synology, QNAP, and their bins and snapshots */
					     "@eaDir", "@tmp", "@Recycle", "@Recently-Snapshot",
					     "#recycle", "#snapshot", ".snapshot", ".stfolder",
					     /* macOS */
					     ".DS_Store", ".AppleDouble", ".Spotlight-V100",
					     ".Trashes", ".fseventsd", ".TemporaryItems", ".apdisk",
					     /* Windows */
					     "Thumbs.db", "desktop.ini", "$RECYCLE.BIN",
					     "System Volume Information",
					     /* ext4's fsck */
					     "lost+found"
	};

	for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
		if (strlen(KNOWN[i]) == length && memcmp(KNOWN[i], name, length) == 0)
			return true;
	/* macOS keeps the attributes of NAME in ._NAME. */
	return length > 2 && memcmp(name, "._", 2) == 0;
}

static size_t part_length(const char *path)
{
	return strcspn(path, "/");
}

bool strays_is_known(const char *path)
{
	const char *last = strrchr(path, '/');

	last = last ? last + 1 : path;
	if (!is_known(last, strlen(last)))
		return false;
	for (const char *at = path; at < last; at += part_length(at) + 1)
		if (is_known(at, part_length(at)))
			return false;
	return true;
}

/* The part before the first slash may be a host, with capitals. */
bool strays_is_repository(const char *name, size_t length)
{
	const char *slash = memchr(name, '/', length);

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)name[i];
		bool begins = i == 0 || name[i - 1] == '/';
		bool in_host = slash && name + i < slash;

		if (isupper(c) ? !in_host : !isalnum(c) && (begins || !strchr("._-/", c)))
			return true;
	}
	return false;
}

bool strays_is_unreadable(const char *path)
{
	for (; *path; path++)
		if (!isalnum((unsigned char)*path) && !strchr("._-/", *path))
			return true;
	return false;
}

struct search {
	const struct layout *layout;
	void (*each)(void *ctx, const char *path, bool stops);
	void *ctx;
	const char *below; /* what is walked through */
};

/* The part of PATH before END, which is moved to where that begins; END is behind it. */
static const char *part_before(const char *path, const char **end)
{
	const char *begin = *end;

	while (begin > path && begin[-1] != '/')
		begin--;
	*end = begin > path ? begin - 1 : path;
	return begin;
}

/* PATH, "…/data", is where the collector finds a digest: …/<alg>/<hex>, or with the first two
 * digits between these. */
static bool is_of_blob(const char *path)
{
	const char *end = path + strlen(path) - sizeof DATA;
	const char *hex, *algorithm, *hex_end = end, *part_end;
	CLEANUP(free_p) char *digest = NULL;

	if (end <= path)
		return false;
	hex = part_before(path, &end);
	part_end = end;
	algorithm = part_before(path, &end);
	if (part_end - algorithm == 2 && hex_end - hex > 2 && memcmp(algorithm, hex, 2) == 0) {
		part_end = end;
		algorithm = part_before(path, &end);
	}
	digest = xasprintf("%.*s:%.*s", (int)(part_end - algorithm), algorithm,
			   (int)(hex_end - hex), hex);
	return digest_valid(digest, strlen(digest));
}

static bool is_data(const char *path)
{
	const char *last = strrchr(path, '/');

	return strcmp(last ? last + 1 : path, DATA) == 0;
}

static bool look_for_data(void *ctx, const char *path, const struct stat *status)
{
	const struct search *search = ctx;
	CLEANUP(free_p) char *whole = xasprintf("%s/%s", search->below, path);

	if (S_ISREG(status->st_mode) && is_data(whole) && !is_of_blob(whole))
		search->each(search->ctx, whole, true);
	return true;
}

static void pass_over(void *ctx, const char *path, int error)
{
	(void)ctx;
	(void)path;
	(void)error;
}

/* PATH is no part of the storage. */
static int look_at_odd(struct search *search, const char *path, struct err *err)
{
	CLEANUP(free_p) char *whole = xasprintf("%s/%s", layout_path(search->layout), path);
	struct err why = { 0 };
	struct stat status;

	if (strays_is_known(path))
		search->each(search->ctx, path, false);
	if (fstatat(layout_fd(search->layout), path, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	if (S_ISREG(status.st_mode) && is_data(path))
		search->each(search->ctx, path, true);
	search->below = path;
	if (S_ISDIR(status.st_mode) &&
	    walk_tree(whole, look_for_data, pass_over, search, &why) < 0 &&
	    why.kind == ERR_STOPPED) {
		*err = why;
		return -1;
	}
	return 0;
}

static bool is_hex(const char *name, size_t length)
{
	return strlen(name) == length && strspn(name, "0123456789abcdef") == length;
}

/* The folder of a blob in blobs/<alg>/<xx>, which is PATH. */
static bool is_blob_folder(const char *path, const char *name)
{
	for (const struct digest_algorithm *a = DIGEST_ALGORITHMS; a->name; a++)
		if (is_hex(name, a->hex))
			return memcmp(path + strlen(path) - 2, name, 2) == 0;
	return false;
}

/* Whether NAME may be in PATH: blobs (DEPTH 0), blobs/<alg> or blobs/<alg>/<xx>. */
static bool fits(const char *path, unsigned depth, const char *name)
{
	if (depth == 0)
		return digest_is_algorithm(name);
	return depth == 1 ? is_hex(name, 2) : is_blob_folder(path, name);
}

static int look_into(struct search *search, const char *path, unsigned depth, struct err *err)
{
	CLEANUP(dir_close) DIR *folder = dir_open(layout_fd(search->layout), path);
	const char *name = NULL;

	while (folder && (name = dir_next(folder))) {
		bool ours = fits(path, depth, name);
		CLEANUP(free_p)
		char *below = ours && depth == 2 ? NULL : xasprintf("%s/%s", path, name);

		if (!ours && look_at_odd(search, below, err) < 0)
			return -1;
		if (ours && below && look_into(search, below, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

int strays_in_blobs(const struct layout *layout,
		    void (*each)(void *ctx, const char *path, bool stops), void *ctx,
		    struct err *err)
{
	struct search search = { .layout = layout, .each = each, .ctx = ctx };

	return look_into(&search, "blobs", 0, err);
}
