/* Reads link files. Each is read whole or not at all: what is in one is believed only if it is
 * exactly a digest. */
#include "storage/links.h"

#include "storage/layout.h"
#include "storage/link_file.h"

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
static struct link read_link(const struct layout *layout, const char *path, const char *digest)
{
	struct link link = { .state = LINK_UNREADABLE };
	struct stat status;
	size_t length = 0;

	if (link_file_read(layout_fd(layout), path, link.digest, &length, &status) < 0) {
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
	return read_link(layout, path, NULL);
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
	return read_link(layout, path, digest);
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
