/* Reads link files, many of one folder: each is opened, read and closed, and nothing else. */
#include "native/links.h"

#include "native/store.h"
#include "storage/dir.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINK    "/link"
#define CURRENT "/current/link"
#define PATH    ((size_t)NAME_LENGTH + sizeof CURRENT)

enum { NAME_LENGTH = 256 };

/* A push to distribution before 3.1 empties a link before it writes it. */
#define MOMENT_NS 20000000
#define LATELY    600 /* seconds; clocks of file servers differ */
#define WAITS     16  /* times that one reading waits such a moment */

/* A link's bytes, one more than fit in any. */
struct content {
	char text[DIGEST_TEXT];
	size_t length;
};

void native_folder_clear(struct native_folder *folder)
{
	free(folder->hashes);
	free(folder->names);
	free(folder->at);
	*folder = (struct native_folder){ 0 };
}

const char *native_folder_tag(const struct native_folder *folder, size_t item)
{
	return folder->names + folder->at[item];
}

/* Where the link of ITEM is in its folder. */
static void write_path(const struct native_folder *folder, size_t item, char path[PATH])
{
	if (folder->length == 0)
		snprintf(path, PATH, "%s" CURRENT, native_folder_tag(folder, item));
	else
		memcpy(native_digest_hex(folder->hashes + item * folder->length, folder->length,
					 path),
		       LINK, sizeof LINK);
}

char *native_folder_link(const struct native_folder *folder, size_t item)
{
	char path[PATH];

	write_path(folder, item, path);
	return xasprintf("%s/%s", folder->path, path);
}

static int read_open(int fd, struct content *content)
{
	ssize_t length = 0;

	do {
		length = read(fd, content->text, sizeof content->text);
	} while (length < 0 && errno == EINTR);
	content->length = length > 0 ? (size_t)length : 0;
	return length < 0 ? -1 : 0;
}

static bool is_digest(const struct content *content)
{
	struct native_digest digest;

	return native_digest_parse(content->text, content->length, &digest);
}

static bool written_lately(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_mtim.tv_sec >= time(NULL) - LATELY;
}

/* -1 with errno set. What is no digest and may be written right now is read again, WAITS times in
 * all. */
static int read_link(int folder, const char *path, unsigned *waits, struct content *content)
{
	int fd = native_store_openat(folder, path, O_RDONLY), result = 0, error = 0;

	if (fd < 0 && errno == ESTALE)
		fd = native_store_openat(folder, path, O_RDONLY);
	if (fd < 0)
		return -1;
	result = read_open(fd, content);
	error = errno;
	if (result == 0 && *waits > 0 && !is_digest(content) && written_lately(fd)) {
		close(fd);
		--*waits;
		nanosleep(&(struct timespec){ .tv_nsec = MOMENT_NS }, NULL);
		return read_link(folder, path, waits, content);
	}
	close(fd);
	errno = error;
	return result;
}

static void add_fault(struct native_reading *reading, const struct native_folder *folder,
		      size_t item, const char *fault)
{
	CLEANUP(free_p) char *path = NULL;

	reading->states[item - reading->from] = NATIVE_LINK_BAD;
	if (reading->fault)
		return;
	path = native_folder_link(folder, item);
	reading->fault = xasprintf("%s %s", path, fault);
}

static void add_error(struct native_reading *reading, const struct native_folder *folder,
		      size_t item, int error)
{
	if (error == ESTALE)
		reading->stale = true;
	if (dir_vanished(error) || error == ESTALE || error == ENOTDIR)
		return;
	/* The blob of an alias is named nowhere else. */
	reading->unknown = reading->unknown || folder->length > 32;
	add_fault(reading, folder, item,
		  error == ELOOP ? "is behind a symbolic link, which is not followed"
				 : strerror(error));
}

static void add_other(struct native_reading *reading, size_t item,
		      const struct native_digest *digest)
{
	reading->states[item - reading->from] = NATIVE_LINK_OTHER;
	GROW(reading->others, reading->other_count, reading->other_capacity);
	reading->others[reading->other_count++] =
		(struct native_other){ .item = item, .digest = *digest };
}

/* Holds the link at PATH in the folder its own digest, as nearly all do? Its digits are in PATH. */
static bool holds_own(const struct native_folder *folder, const struct content *content,
		      const char *path)
{
	static const char prefixes[][8] = { "sha256:", "sha384:", "sha512:" };
	const char *prefix = prefixes[folder->length > 0 ? folder->length / 16 - 2 : 0];
	size_t before = strlen(prefix), digits = 2 * folder->length;

	return folder->length > 0 && content->length == before + digits &&
	       memcmp(content->text, prefix, before) == 0 &&
	       memcmp(content->text + before, path, digits) == 0;
}

static void read_item(struct native_reading *reading, int fd, const struct native_folder *folder,
		      size_t item, unsigned *waits)
{
	struct native_digest digest;
	struct content content;
	char path[PATH];

	write_path(folder, item, path);
	if (read_link(fd, path, waits, &content) < 0)
		add_error(reading, folder, item, errno);
	else if (holds_own(folder, &content, path))
		reading->states[item - reading->from] = NATIVE_LINK_SAME;
	else if (!native_digest_parse(content.text, content.length, &digest))
		add_fault(reading, folder, item,
			  content.length == 0 ? "is empty" : "holds no digest");
	else
		add_other(reading, item, &digest);
}

struct native_reading *native_reading_new(int fd, const struct native_folder *folder, size_t from,
					  size_t count)
{
	struct native_reading *reading = xcalloc(1, sizeof *reading);
	unsigned waits = WAITS;

	reading->from = from;
	reading->count = count;
	reading->states = xcalloc(count + 1, 1);
	for (size_t i = 0; i < count; i++)
		read_item(reading, fd, folder, from + i, &waits);
	return reading;
}

void native_reading_free(struct native_reading *reading)
{
	if (!reading)
		return;
	free(reading->states);
	free(reading->others);
	free(reading->fault);
	free(reading);
}
