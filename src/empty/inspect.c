/* Looks at what a repository has in its three folders. Whatever is not exactly as the registry
 * leaves it there speaks against its removal. */
#include "empty/inspect.h"

#include "oci/digest.h"
#include "storage/dir.h"
#include "storage/layout.h"
#include "storage/link_file.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MANIFESTS "_manifests"
#define LAYERS    "_layers"
#define UPLOADS   "_uploads"

const char *const EMPTY_NAMES[EMPTY_PARTS] = { MANIFESTS, LAYERS, UPLOADS };
const char *const EMPTY_NAMES_HIDDEN[EMPTY_PARTS] = { LAYOUT_HIDDEN MANIFESTS, LAYOUT_HIDDEN LAYERS,
						      LAYOUT_HIDDEN UPLOADS };
const char *const EMPTY_NAMES_GONE[EMPTY_PARTS] = { LAYOUT_GONE MANIFESTS, LAYOUT_GONE LAYERS,
						    LAYOUT_GONE UPLOADS };

/* A folder that is looked into. */
struct place {
	DIR *folder;
	const char *part; /* the one of the three that it lies in, for messages */
	struct empty_verdict *verdict;
};

__attribute__((format(printf, 3, 4))) static void object(struct empty_verdict *verdict,
							 enum empty_state state, const char *format,
							 ...)
{
	va_list arguments;

	if (verdict->state <= state)
		return;
	verdict->state = state;
	va_start(arguments, format);
	vsnprintf(verdict->reason, sizeof verdict->reason, format, arguments);
	va_end(arguments);
}

/* That it vanished is no better: somebody else is at work there. */
static void object_unread(const struct place *place, const char *name, int error)
{
	if (error == EXDEV)
		object(place->verdict, EMPTY_STRANGE, "%s in its %s is on another device", name,
		       place->part);
	else
		object(place->verdict, EMPTY_STRANGE, "%s in its %s cannot be read: %s", name,
		       place->part, strerror(error));
}

static void object_unknown(const struct place *place, const char *name)
{
	object(place->verdict, EMPTY_STRANGE, "%s in its %s is not known to a registry", name,
	       place->part);
}

static void note_time(struct empty_verdict *verdict, const struct timespec *time)
{
	int64_t moment = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;

	if (moment > verdict->youngest)
		verdict->youngest = moment;
}

static int same_device(int folder, int other)
{
	struct stat one, two;

	if (fstat(folder, &one) != 0 || fstat(other, &two) != 0)
		return -1;
	if (one.st_dev == two.st_dev)
		return 0;
	errno = EXDEV;
	return -1;
}

int empty_open_in(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int error = 0;

	if (fd < 0 || same_device(fd, parent) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int empty_open(const struct layout *layout, const char *repository, size_t length)
{
	CLEANUP(free_p) char *path = xstrndup(repository, length);
	int fd = empty_open_in(layout_fd(layout), "repositories");
	char *rest = path, *name = NULL;

	while (fd >= 0 && (name = strsep(&rest, "/")) && *name) {
		int parent = fd, error;

		fd = empty_open_in(parent, name);
		error = errno;
		close(parent);
		errno = error;
	}
	return fd;
}

/* Enters the folder NAME of FROM; a NULL folder in TO when that cannot be done. */
static void enter(const struct place *from, const char *name, struct place *to)
{
	struct stat status;
	int fd = empty_open_in(dirfd(from->folder), name);

	*to = (struct place){ .part = from->part, .verdict = from->verdict };
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		object_unknown(from, name);
		return;
	}
	if (fd < 0 || fstat(fd, &status) != 0 || !(to->folder = fdopendir(fd))) {
		object_unread(from, name, errno);
		if (fd >= 0)
			close(fd);
		return;
	}
	note_time(to->verdict, &status.st_mtim);
	note_time(to->verdict, &status.st_ctim);
}

/* The next name, or NULL at the end or where it cannot be read further. */
static const char *next(const struct place *place)
{
	const char *name = dir_next(place->folder);

	if (!name && errno != 0)
		object_unread(place, "something", errno);
	return name;
}

static void leave(struct place *place)
{
	dir_close(&place->folder);
}

/* The link of DIGEST in the folder PLACE; only links of layers may be there. */
static void look_at_link(const struct place *place, const char *digest, bool may_be)
{
	int folder = dirfd(place->folder);
	char text[DIGEST_TEXT];
	struct stat status;
	size_t length = 0;

	if (fstatat(folder, "link", &status, AT_SYMLINK_NOFOLLOW) != 0) {
		object_unread(place, "a link", errno);
		return;
	}
	if (!S_ISREG(status.st_mode)) {
		object_unknown(place, "a link that is no file");
		return;
	}
	if (!may_be) {
		object(place->verdict, EMPTY_HELD, "it has the manifest %s", digest);
		return;
	}
	if (link_file_read(folder, "link", text, &length, &status) != 0)
		object_unread(place, "a link", errno);
	else if (strcmp(text, digest) != 0 && !digest_is_alias(digest, text))
		object(place->verdict, EMPTY_STRANGE, "the link of %s in its %s is broken", digest,
		       place->part);
	note_time(place->verdict, &status.st_mtim);
	note_time(place->verdict, &status.st_ctim);
}

/* <hex>, with a link in it or without. */
static void look_at_digest(const struct place *algorithm, const char *name, const char *hex,
			   bool may_be)
{
	CLEANUP(free_p) char *digest = xasprintf("%s:%s", name, hex);
	CLEANUP(leave) struct place place;
	const char *entry = NULL;

	enter(algorithm, hex, &place);
	if (!digest_valid(digest, strlen(digest)))
		object_unknown(algorithm, digest);
	while (place.folder && (entry = next(&place))) {
		if (strcmp(entry, "link") == 0)
			look_at_link(&place, digest, may_be);
		else
			object_unknown(&place, entry);
	}
}

/* <alg>/<hex>/link */
static void look_at_digests(const struct place *parent, bool may_be)
{
	const char *name = NULL, *hex = NULL;

	while ((name = next(parent))) {
		CLEANUP(leave) struct place algorithm;

		enter(parent, name, &algorithm);
		if (!digest_is_algorithm(name))
			object_unknown(parent, name);
		while (algorithm.folder && (hex = next(&algorithm)))
			look_at_digest(&algorithm, name, hex, may_be);
	}
}

/* A folder of a tag is a tag to catalogs, whatever is in it. */
static void look_at_tags(const struct place *tags)
{
	const char *tag = tags->folder ? next(tags) : NULL;

	if (tag)
		object(tags->verdict, EMPTY_HELD, "it has the tag %s", tag);
}

static void look_at_manifests(const struct place *parent)
{
	const char *name = NULL;

	while ((name = next(parent))) {
		CLEANUP(leave) struct place place;

		enter(parent, name, &place);
		if (strcmp(name, "tags") == 0)
			look_at_tags(&place);
		else if (strcmp(name, "revisions") != 0)
			object_unknown(parent, name);
		else if (place.folder)
			look_at_digests(&place, false);
	}
}

static void look_at_uploads(const struct place *parent)
{
	if (next(parent))
		object(parent->verdict, EMPTY_HELD, "it has an upload");
}

bool empty_look(int repository, enum empty_part part, const char *name,
		struct empty_verdict *verdict)
{
	CLEANUP(leave) struct place place = { .part = name, .verdict = verdict };
	int fd = empty_open_in(repository, name);
	struct stat status;

	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0 || fstat(fd, &status) != 0 || !(place.folder = fdopendir(fd))) {
		object(verdict, EMPTY_STRANGE, "its %s cannot be read: %s", name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return true;
	}
	/* Its ctime would tell of our own rename of it. */
	note_time(verdict, &status.st_mtim);
	switch (part) {
	case EMPTY_MANIFESTS:
		look_at_manifests(&place);
		break;
	case EMPTY_LAYERS:
		look_at_digests(&place, true);
		break;
	case EMPTY_UPLOADS:
		look_at_uploads(&place);
		break;
	}
	return true;
}
