/* Which blobs are stored, by the names of their folders; their data is not looked at. */
#include "native/marking.h"
#include "native/names.h"
#include "util/parallel.h"
#include "util/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FAN_OUT ((size_t)256) /* folders xx */

enum { ALGORITHMS = 3 };

/* The blobs of one folder blobs/<alg>/<xx>. */
struct names {
	size_t length;  /* bytes of a hash */
	unsigned first; /* of each hash */
	uint8_t *hashes;
	size_t count, capacity;
	uint64_t foreign;
	char *foreign_name;
	int error;
};

struct listing {
	struct native_marking *marking;
	int fds[ALGORITHMS]; /* of blobs/<alg>; -1 */
	struct err err;
};

static void add_foreign(struct names *names, const char *name)
{
	names->foreign++;
	if (!names->foreign_name)
		names->foreign_name = xstrdup(name);
}

static bool add_name(void *ctx, const char *name, unsigned char type)
{
	struct names *names = ctx;
	uint8_t *hash = NULL;

	if (names->count == names->capacity) {
		names->capacity = names->capacity ? names->capacity * 2 : 64;
		names->hashes = xreallocarray(names->hashes, names->capacity, names->length);
	}
	hash = names->hashes + names->count * names->length;
	if (type == DT_DIR && native_digest_parse_hex(name, strlen(name), names->length, hash) &&
	    hash[0] == names->first)
		names->count++;
	else
		add_foreign(names, name);
	return true;
}

static void name_folder(size_t item, char path[3])
{
	snprintf(path, 3, "%02x", (unsigned)(item % FAN_OUT));
}

static void *list_folder(void *ctx, size_t item)
{
	const struct listing *listing = ctx;
	size_t algorithm = item / FAN_OUT;
	struct names *names = xcalloc(1, sizeof *names);
	char path[3];
	int fd = -1;

	if (listing->fds[algorithm] < 0)
		return names;
	names->length = DIGEST_ALGORITHMS[algorithm].hex / 2;
	names->first = (unsigned)(item % FAN_OUT);
	name_folder(item, path);
	fd = native_store_openat(listing->fds[algorithm], path, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || native_names(fd, add_name, names) < 0)
		names->error = errno;
	if (fd >= 0)
		close(fd);
	return names;
}

/* What is behind a symbolic link is not ours: it is passed over like any foreign name, so that it
 * stays; and manifests in it are unreadable. */
static void note_error(struct listing *listing, const char *where, const char *folder, int error)
{
	if (error == ELOOP || error == ENOTDIR || error == EXDEV)
		native_marking_foreign(listing->marking, 1, where, folder);
	else if (error != 0 && error != ENOENT && listing->err.kind == ERR_NONE)
		err_set(&listing->err, ERR_COLLECTOR, "%s/%s: %s", where, folder, strerror(error));
}

static void take_folder(void *ctx, size_t item, void *result)
{
	struct listing *listing = ctx;
	struct native_marking *marking = listing->marking;
	struct names *names = result;
	char where[32], folder[3], path[48];

	snprintf(where, sizeof where, NATIVE_BLOBS "/%s", DIGEST_ALGORITHMS[item / FAN_OUT].name);
	name_folder(item, folder);
	snprintf(path, sizeof path, "%s/%s", where, folder);
	note_error(listing, where, folder, names->error);
	native_marking_foreign(marking, names->foreign, path, names->foreign_name);
	for (size_t i = 0; i < names->count; i++) {
		uint32_t number = native_marking_number(marking, names->hashes + i * names->length,
							names->length);

		marking->marks->blobs_stored +=
			!(marking->own->nodes[number].flags & NATIVE_STORED);
		marking->own->nodes[number].flags |= NATIVE_STORED;
	}
	free(names->hashes);
	free(names->foreign_name);
	free(names);
}

static bool is_fan_out(const char *name)
{
	uint8_t byte;

	return native_digest_parse_hex(name, strlen(name), 1, &byte);
}

/* Names where folders <alg> or <xx> should be. */
struct level {
	struct native_marking *marking;
	const char *path;
	bool (*known)(const char *name);
};

static bool look_at_name(void *ctx, const char *name, unsigned char type)
{
	const struct level *level = ctx;

	if (!level->known(name) || (type != DT_DIR && type != DT_LNK))
		native_marking_foreign(level->marking, 1, level->path, name);
	return true;
}

static int open_level(struct listing *listing, const char *path, bool (*known)(const char *name))
{
	struct level level = { listing->marking, path, known };
	int fd = native_store_openat(native_store_fd(listing->marking->store), path,
				     O_RDONLY | O_DIRECTORY);

	if (fd >= 0 && native_names(fd, look_at_name, &level) == 0)
		return fd;
	if ((fd >= 0 || errno != ENOENT) && listing->err.kind == ERR_NONE)
		err_set(&listing->err, ERR_COLLECTOR, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void open_algorithms(struct listing *listing)
{
	int top = open_level(listing, NATIVE_BLOBS, digest_is_algorithm);

	if (top >= 0)
		close(top);
	for (size_t i = 0; i < ALGORITHMS; i++) {
		CLEANUP(free_p)
		char *path = xasprintf(NATIVE_BLOBS "/%s", DIGEST_ALGORITHMS[i].name);

		listing->fds[i] = open_level(listing, path, is_fan_out);
	}
}

int native_blobs_list(struct native_marking *marking, struct err *err)
{
	struct listing listing = { .marking = marking };
	struct parallel job = { ALGORITHMS * FAN_OUT, list_folder, take_folder, &listing };
	int result = 0;

	open_algorithms(&listing);
	result = parallel_run(&job, err);
	for (size_t i = 0; i < ALGORITHMS; i++) {
		if (listing.fds[i] >= 0)
			close(listing.fds[i]);
	}
	if (result == 0 && listing.err.kind != ERR_NONE) {
		*err = listing.err;
		return err_wrap(err, "%s", native_store_path(marking->store));
	}
	return result;
}
