/* What the registry keeps on this host: its link files and blobs. Symbolic links are followed here
 * as the registry itself follows them: what it would see is what must be protected. */
#include "storage/layout.h"

#include "oci/digest.h"
#include "storage/dir.h"
#include "storage/link_file.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct layout {
	char *root;
	char *path; /* ROOT/docker/registry/v2 */
	int fd;     /* of it */
};

/* The state of layout_revisions between folders. */
struct revisions {
	bool (*each)(void *ctx, const char *digest, const char *stored);
	void *ctx;
	const char *path; /* of the folder revisions, for messages */
	bool ended;
};

struct layout *layout_open(const char *root, struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf("%s/" LAYOUT_FOLDER, root);
	struct layout *layout = NULL;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		err_set(err, ERR_IO, "%s: %s%s", path, strerror(errno),
			errno == EACCES ? "; run as root" : "");
		return NULL;
	}
	layout = xmalloc(sizeof *layout);
	*layout = (struct layout){ .root = xstrdup(root), .path = steal(&path), .fd = fd };
	return layout;
}

void layout_close(struct layout *layout)
{
	if (!layout)
		return;
	close(layout->fd);
	free(layout->root);
	free(layout->path);
	free(layout);
}

int layout_fd(const struct layout *layout)
{
	return layout->fd;
}

const char *layout_path(const struct layout *layout)
{
	return layout->path;
}

bool layout_is_repository(const char *name)
{
	for (;;) {
		if (*name == '\0' || *name == '/' || *name == '.' || *name == '_')
			return false;
		name = strchr(name, '/');
		if (!name)
			return true;
		name++;
	}
}

/* The fault of DIGEST's link, which holds TEXT, or NULL. */
static const char *link_fault(const char *text, size_t length, const char *digest)
{
	if (length == 0)
		return "is empty";
	if (!digest_valid(text, length))
		return "is not a digest";
	if (strcmp(text, digest) != 0 && !digest_is_alias(digest, text))
		return "names another digest than its folder";
	return NULL;
}

/* Hands out the revision ALGORITHM:HEX, if there is a link in its folder. */
static int read_revision(struct revisions *revisions, int folder, const char *algorithm,
			 const char *hex, struct err *err)
{
	CLEANUP(free_p) char *name = xasprintf("%s/link", hex);
	CLEANUP(free_p) char *digest = xasprintf("%s:%s", algorithm, hex);
	const char *fault = NULL;
	char text[DIGEST_TEXT];
	struct stat status;
	size_t length = 0;
	int error = link_file_read(folder, name, text, &length, &status) == 0 ? 0 : errno;

	/* A file that somebody left there is no revision, unless it has a revision's name. */
	if (dir_vanished(error) || (error == ENOTDIR && !digest_valid(digest, strlen(digest))))
		return 0;
	if (error != 0 && error != EFBIG)
		return err_set(err, ERR_IO, "%s/%s/%s: %s", revisions->path, algorithm, name,
			       strerror(error));
	fault = error ? "is not a digest" : link_fault(text, length, digest);
	if (fault)
		return err_set(err, ERR_IO, "%s/%s/%s: broken link: it %s", revisions->path,
			       algorithm, name, fault);
	revisions->ended = !revisions->each(revisions->ctx, digest, text);
	return 0;
}

static int read_algorithm(struct revisions *revisions, int parent, const char *algorithm,
			  struct err *err)
{
	CLEANUP(dir_close) DIR *stream = dir_open(parent, algorithm);
	const char *hex = NULL;

	if (!stream &&
	    (dir_vanished(errno) || (errno == ENOTDIR && !digest_is_algorithm(algorithm))))
		return 0;
	while (stream && !revisions->ended && (hex = dir_next(stream)))
		if (read_revision(revisions, dirfd(stream), algorithm, hex, err) != 0)
			return -1;
	if (revisions->ended || (stream && (errno == 0 || dir_vanished(errno))))
		return 0;
	return err_set(err, ERR_IO, "%s/%s: %s", revisions->path, algorithm, strerror(errno));
}

int layout_revisions(struct layout *layout, const char *repository,
		     bool (*each)(void *ctx, const char *digest, const char *stored), void *ctx,
		     struct err *err)
{
	CLEANUP(free_p)
	char *path = xasprintf("repositories/%s/_manifests/revisions", repository);
	CLEANUP(free_p) char *shown = xasprintf("%s/" LAYOUT_FOLDER "/%s", layout->root, path);
	CLEANUP(dir_close) DIR *stream = NULL;
	struct revisions revisions = { .each = each, .ctx = ctx, .path = shown };
	const char *algorithm = NULL;

	if (!layout_is_repository(repository))
		return err_set(err, ERR_IO, "\"%s\" is no name of a repository", repository);
	stream = dir_open(layout->fd, path);
	if (!stream && dir_vanished(errno))
		return 0;
	while (stream && !revisions.ended && (algorithm = dir_next(stream)))
		if (read_algorithm(&revisions, dirfd(stream), algorithm, err) != 0)
			return -1;
	if (revisions.ended || (stream && (errno == 0 || dir_vanished(errno))))
		return 0;
	return err_set(err, ERR_IO, "%s: %s", shown, strerror(errno));
}

void layout_blob_path(const char *digest, char path[LAYOUT_BLOB_PATH])
{
	int algorithm = (int)strcspn(digest, ":");
	const char *hex = digest + algorithm + 1;

	snprintf(path, LAYOUT_BLOB_PATH, "blobs/%.*s/%.2s/%s/data", algorithm, digest, hex, hex);
}

int layout_read_blob(const struct layout *layout, const char *digest, size_t limit, struct buf *out,
		     struct err *err)
{
	char path[LAYOUT_BLOB_PATH];
	int error = 0;

	if (!digest_valid(digest, strlen(digest)))
		return err_set(err, ERR_IO, "\"%s\" is not a digest", digest);
	layout_blob_path(digest, path);
	error = file_read_regular(layout->fd, path, limit, out) == 0 ? 0 : errno;
	if (error == 0)
		return 1;
	if (dir_vanished(error))
		return 0;
	return err_set(err, ERR_IO, "%s/" LAYOUT_FOLDER "/%s: %s", layout->root, path,
		       strerror(error));
}
