/* Lists _layers, _manifests/revisions and _manifests/tags of a repository. */
#include "native/listing.h"

#include "native/names.h"
#include "native/store.h"
#include "registry/api.h"
#include "storage/dir.h"
#include "util/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *path;
	size_t length;
	enum native_kind kind;
} PLACES[NATIVE_FOLDERS] = {
	{ "_layers/sha256", 32, NATIVE_LAYERS },
	{ "_layers/sha384", 48, NATIVE_LAYERS },
	{ "_layers/sha512", 64, NATIVE_LAYERS },
	{ "_manifests/revisions/sha256", 32, NATIVE_REVISIONS },
	{ "_manifests/revisions/sha384", 48, NATIVE_REVISIONS },
	{ "_manifests/revisions/sha512", 64, NATIVE_REVISIONS },
	{ "_manifests/tags", 0, NATIVE_TAGS },
};

enum native_kind native_folder_kind(size_t i)
{
	return PLACES[i].kind;
}

/* Where names of one folder go. */
struct names {
	struct native_listing *listing;
	struct native_folder *folder;
};

static void add_foreign(struct native_listing *listing, const char *path, const char *name)
{
	listing->foreign_names++;
	if (!listing->foreign_name)
		listing->foreign_name = xasprintf("%s/%s", path, name);
}

static void add_tag(struct native_folder *folder, const char *name)
{
	size_t length = strlen(name) + 1, capacity = folder->capacity;

	GROW(folder->at, folder->count, capacity);
	folder->capacity = capacity;
	while (folder->name_bytes + length > folder->name_capacity) {
		folder->name_capacity = folder->name_capacity ? folder->name_capacity * 2 : 4096;
		folder->names = xreallocarray(folder->names, folder->name_capacity, 1);
	}
	memcpy(folder->names + folder->name_bytes, name, length);
	folder->at[folder->count++] = (uint32_t)folder->name_bytes;
	folder->name_bytes += length;
}

/* False when NAME is no hash of the folder's algorithm. */
static bool add_hash(struct native_folder *folder, const char *name)
{
	if (folder->count == folder->capacity) {
		folder->capacity = folder->capacity ? folder->capacity * 2 : 64;
		folder->hashes = xreallocarray(folder->hashes, folder->capacity, folder->length);
	}
	if (!native_digest_parse_hex(name, strlen(name), folder->length,
				     folder->hashes + folder->count * folder->length))
		return false;
	folder->count++;
	return true;
}

/* A symbolic link is added, too: it has the name of something that is needed, and its link file
 * will be found unreadable. */
static bool add_name(void *ctx, const char *name, unsigned char type)
{
	struct names *names = ctx;
	struct native_folder *folder = names->folder;
	bool known = type == DT_DIR || type == DT_LNK || type == DT_UNKNOWN;

	if (known && folder->length == 0 && (known = api_tag_valid(name)))
		add_tag(folder, name);
	else if (known)
		known = add_hash(folder, name);
	if (!known)
		add_foreign(names->listing, folder->path, name);
	return true;
}

static void fail(struct native_listing *listing, const char *path, int error)
{
	static const char *const advice = "; nothing may be collected while it cannot be read";

	if (dir_vanished(error) || error == ESTALE) {
		listing->stale = true;
		return;
	}
	if (listing->err.kind != ERR_NONE)
		return;
	if (error == ELOOP)
		err_set(&listing->err, ERR_COLLECTOR,
			"%s: a symbolic link, which the native collector does not follow", path);
	else if (error == EXDEV)
		err_set(&listing->err, ERR_COLLECTOR,
			"%s: on another file system, where the native collector does not go", path);
	else
		err_set(&listing->err, ERR_COLLECTOR, "%s: %s%s", path, strerror(error), advice);
}

/* Opens PATH below PARENT. -1: it is not there, or LISTING says why not. */
static int open_folder(struct native_listing *listing, int parent, const char *path)
{
	int fd = native_store_openat(parent, path, O_RDONLY | O_DIRECTORY);

	/* A folder that is not there yet is none that vanished. */
	if (fd < 0 && errno != ENOENT)
		fail(listing, path, errno);
	return fd;
}

static void read_links(struct native_listing *listing, size_t i, int fd)
{
	const struct native_folder *folder = &listing->folders[i];

	if (folder->count > NATIVE_PIECE)
		return;
	listing->readings[i] = native_reading_new(fd, folder, 0, folder->count);
}

static void list_folder(struct native_listing *listing, int repository, size_t i)
{
	struct native_folder *folder = &listing->folders[i];
	struct names names = { listing, folder };
	int fd = open_folder(listing, repository, PLACES[i].path);

	folder->path = PLACES[i].path;
	folder->length = PLACES[i].length;
	if (fd < 0)
		return;
	if (native_names(fd, add_name, &names) < 0)
		fail(listing, folder->path, errno);
	else
		read_links(listing, i, fd);
	close(fd);
}

/* Names beside those of the algorithms are foreign. */
static bool look_at_algorithm(void *ctx, const char *name, unsigned char type)
{
	struct names *names = ctx;

	if (!digest_is_algorithm(name) || (type != DT_DIR && type != DT_LNK && type != DT_UNKNOWN))
		add_foreign(names->listing, names->folder->path, name);
	return true;
}

static void look_for_foreign(struct native_listing *listing, int repository, const char *path)
{
	struct native_folder folder = { .path = path };
	struct names names = { listing, &folder };
	int fd = open_folder(listing, repository, path);

	if (fd < 0)
		return;
	if (native_names(fd, look_at_algorithm, &names) < 0)
		fail(listing, path, errno);
	close(fd);
}

static void name_repository(struct native_listing *listing, const char *name)
{
	if (listing->err.kind != ERR_NONE)
		(void)err_wrap(&listing->err, NATIVE_REPOSITORIES "/%s", name);
}

struct native_listing *native_listing_new(int repositories, const char *name)
{
	struct native_listing *listing = xcalloc(1, sizeof *listing);
	int fd = native_store_openat(repositories, name, O_RDONLY | O_DIRECTORY);

	if (fd < 0) {
		listing->gone = errno == ENOENT;
		fail(listing, ".", errno);
		name_repository(listing, name);
		return listing;
	}
	look_for_foreign(listing, fd, "_layers");
	look_for_foreign(listing, fd, "_manifests/revisions");
	for (size_t i = 0; i < NATIVE_FOLDERS; i++)
		list_folder(listing, fd, i);
	close(fd);
	name_repository(listing, name);
	return listing;
}

void native_listing_free(struct native_listing *listing)
{
	if (!listing)
		return;
	for (size_t i = 0; i < NATIVE_FOLDERS; i++) {
		native_folder_clear(&listing->folders[i]);
		native_reading_free(listing->readings[i]);
	}
	free(listing->foreign_name);
	free(listing);
}
