/* Reads link files. Each is read whole or not at all: what is in one is believed only if it is
 * exactly a digest. */
#include "storage/links.h"

#include "storage/at.h"
#include "storage/layout.h"
#include "storage/link_file.h"
#include "util/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Longer than the longest path: names have 255 characters, tags 128, digests 135. */
#define PATH_ROOM 1024

/* DIGEST: that of its folder, or NULL where any may be in it. A link whose folder names another
 * algorithm than its content is an alias of that: distribution's linkBlob writes one for every
 * digest that a blob was pushed by, each with the canonical digest in it (2.8.2, 3.0.0 and 3.1.1,
 * registry/storage/linkedblobstore.go). Only what is not there at all is absent: where a file
 * stands in the place of a folder, the registry answers 500. */
static struct link read_link(int folder, const char *path, const char *digest)
{
	struct link link = { .state = LINK_UNREADABLE };
	struct stat status;
	size_t length = 0;

	if (link_file_read(folder, path, link.digest, &length, &status) < 0) {
		link.error = errno;
		if (errno == ENOENT)
			link.state = LINK_ABSENT;
		else if (errno == EFBIG)
			link.state = LINK_NO_DIGEST;
		return link;
	}
	link.written = status.st_mtim.tv_sec;
	link.written_ns = status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
	if (length == 0)
		link.state = LINK_EMPTY;
	else if (!digest_valid(link.digest, length))
		link.state = LINK_NO_DIGEST;
	else if (digest && strcmp(digest, link.digest) != 0 &&
		 !digest_is_alias(digest, link.digest))
		link.state = LINK_OTHER_DIGEST;
	else
		link.state = LINK_READ;
	return link;
}

struct link links_tag(const struct layout *layout, const char *repository, const char *tag)
{
	char path[PATH_ROOM];
	int length = snprintf(path, sizeof path, "repositories/%s/_manifests/tags/%s/current/link",
			      repository, tag);

	if (length >= PATH_ROOM)
		return (struct link){ .state = LINK_UNREADABLE, .error = ENAMETOOLONG };
	return read_link(layout_fd(layout), path, NULL);
}

static struct link read_digest_link(const struct layout *layout, const char *repository,
				    const char *kind, const char *digest)
{
	int algorithm = (int)strcspn(digest, ":");
	char path[PATH_ROOM];
	int length = snprintf(path, sizeof path, "repositories/%s/%s/%.*s/%s/link", repository,
			      kind, algorithm, digest, digest + algorithm + 1);

	if (length >= PATH_ROOM)
		return (struct link){ .state = LINK_UNREADABLE, .error = ENAMETOOLONG };
	return read_link(layout_fd(layout), path, digest);
}

struct link links_revision(const struct layout *layout, const char *repository, const char *digest)
{
	return read_digest_link(layout, repository, "_manifests/revisions", digest);
}

struct link links_history(const struct layout *layout, const char *repository, const char *tag,
			  const char *digest)
{
	char kind[PATH_ROOM];

	snprintf(kind, sizeof kind, "_manifests/tags/%s/index", tag);
	return read_digest_link(layout, repository, kind, digest);
}

struct link links_layer(const struct layout *layout, const char *repository, const char *digest)
{
	return read_digest_link(layout, repository, "_layers", digest);
}

static const char *const KINDS[] = {
	[LINKS_TAGS] = "_manifests/tags",
	[LINKS_REVISIONS] = "_manifests/revisions",
	[LINKS_LAYERS] = "_layers",
};

void links_open(struct links_folder *links, const struct layout *layout, const char *repository,
		enum links_kind kind)
{
	char path[PATH_ROOM];
	int length = snprintf(path, sizeof path, "repositories/%s/%s", repository, KINDS[kind]);

	*links = (struct links_folder){ .folder = -1, .algorithm = -1, .error = ENAMETOOLONG };
	if (length >= PATH_ROOM)
		return;
	links->folder = at_base(layout_fd(layout), path);
	links->error = errno;
}

void links_close(struct links_folder *links)
{
	file_close(&links->algorithm);
	file_close(&links->folder);
}

/* What all links in a folder say that cannot be opened. */
static struct link no_folder(int error)
{
	return (struct link){ .state = error == ENOENT ? LINK_ABSENT : LINK_UNREADABLE,
			      .error = error };
}

struct link links_tag_in(const struct links_folder *links, const char *tag)
{
	static const char file[] = "/current/link";
	char path[PATH_ROOM];
	size_t length = strlen(tag);

	if (links->folder < 0)
		return no_folder(links->error);
	if (length + sizeof file > sizeof path)
		return no_folder(ENAMETOOLONG);
	memcpy(mempcpy(path, tag, length), file, sizeof file);
	return read_link(links->folder, path, NULL);
}

/* Opens the folder of DIGEST's algorithm, unless it is open. */
static void open_algorithm(struct links_folder *links, const char *digest)
{
	size_t length = strcspn(digest, ":");

	if (strncmp(links->prefix, digest, length + 1) == 0)
		return;
	file_close(&links->algorithm);
	snprintf(links->prefix, sizeof links->prefix, "%.*s", (int)length, digest);
	links->algorithm = at_base(links->folder, links->prefix);
	links->algorithm_error = errno;
	snprintf(links->prefix, sizeof links->prefix, "%.*s:", (int)length, digest);
}

struct link links_digest_in(struct links_folder *links, const char *digest)
{
	static const char file[] = "/link";
	char path[DIGEST_TEXT + sizeof file];
	size_t length = strlen(digest);
	const char *hex;

	/* No registry makes a link of what is none. */
	if (links->folder < 0 || !digest_valid(digest, length))
		return no_folder(links->folder < 0 ? links->error : ENOENT);
	open_algorithm(links, digest);
	hex = strchr(digest, ':') + 1;
	length -= (size_t)(hex - digest);
	if (links->algorithm < 0)
		return no_folder(links->algorithm_error);
	memcpy(mempcpy(path, hex, length), file, sizeof file);
	return read_link(links->algorithm, path, digest);
}

const char *links_fault(const struct link *link, char *text, size_t size)
{
	const char *fault = "it holds no digest";

	if (link->state == LINK_UNREADABLE) {
		snprintf(text, size, "its link cannot be read: %s", strerror(link->error));
		return text;
	}
	if (link->state == LINK_EMPTY)
		fault = "it is empty";
	else if (link->state == LINK_OTHER_DIGEST)
		fault = "it names another digest than its folder";
	snprintf(text, size, "broken link: %s", fault);
	return text;
}
