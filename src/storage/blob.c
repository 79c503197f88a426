/* Looks at blob files, and reads those that are too long to be held. Symbolic links are followed,
 * as the registry follows them. */
#include "storage/blob.h"

#include "storage/at.h"
#include "storage/layout.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE ((size_t)256 * 1024)

/* 0 or -1, by an errno. */
static int fail(const struct layout *layout, const char *path, int error, struct err *err)
{
	if (error == ENOENT || error == ENOTDIR)
		return 0;
	return err_set(err, ERR_IO, "%s/%s: %s", layout_path(layout), path, strerror(error));
}

static int check_type(const struct stat *status)
{
	if (S_ISREG(status->st_mode))
		return 0;
	return S_ISDIR(status->st_mode) ? EISDIR : EINVAL;
}

/* ERROR: an errno of the stat that filled STATUS, or 0. */
static int take_size(const struct layout *layout, const char *digest, const struct stat *status,
		     int error, uint64_t *size, struct err *err)
{
	char path[LAYOUT_BLOB_PATH];

	if (error == 0)
		error = check_type(status);
	if (error) {
		layout_blob_path(digest, path);
		return fail(layout, path, error, err);
	}
	*size = (uint64_t)status->st_size;
	return 1;
}

int blob_size(const struct layout *layout, const char *digest, uint64_t *size, struct err *err)
{
	char path[LAYOUT_BLOB_PATH];
	struct stat status;
	int error = 0;

	layout_blob_path(digest, path);
	if (fstatat(layout_fd(layout), path, &status, 0) != 0)
		error = errno;
	return take_size(layout, digest, &status, error, size, err);
}

/* 0 or an errno. */
static int read_all(int fd, bool (*piece)(void *ctx, const char *bytes, size_t length), void *ctx)
{
	CLEANUP(free_p) char *buffer = xmalloc(PIECE_SIZE);
	ssize_t length = 0;

	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	do {
		length = read(fd, buffer, PIECE_SIZE);
	} while (length > 0 ? piece(ctx, buffer, (size_t)length) : length < 0 && errno == EINTR);
	return length < 0 ? errno : 0;
}

int blob_read(const struct layout *layout, const char *digest,
	      bool (*piece)(void *ctx, const char *bytes, size_t length), void *ctx,
	      struct err *err)
{
	char path[LAYOUT_BLOB_PATH];
	struct stat status;
	int error = 0, fd = -1;

	layout_blob_path(digest, path);
	/* A pipe in its place would otherwise make us wait for ever. */
	fd = openat(layout_fd(layout), path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail(layout, path, errno, err);
	error = fstat(fd, &status) == 0 ? check_type(&status) : errno;
	if (error == 0)
		error = read_all(fd, piece, ctx);
	close(fd);
	return error ? fail(layout, path, error, err) : 1;
}

void blob_folder_open(struct blob_folder *blobs, const struct layout *layout)
{
	*blobs = (struct blob_folder){ .layout = layout, .algorithm = -1 };
}

void blob_folder_close(struct blob_folder *blobs)
{
	file_close(&blobs->algorithm);
}

int blob_folder_path(struct blob_folder *blobs, const char *digest, char path[LAYOUT_BLOB_PATH])
{
	static const char file[] = "/data";
	size_t prefix = strcspn(digest, ":") + 1;
	const char *hex = digest + prefix;

	if (strncmp(blobs->prefix, digest, prefix) != 0) {
		file_close(&blobs->algorithm);
		snprintf(path, LAYOUT_BLOB_PATH, "blobs/%.*s", (int)prefix - 1, digest);
		blobs->algorithm = at_base(layout_fd(blobs->layout), path);
		blobs->error = errno;
		snprintf(blobs->prefix, sizeof blobs->prefix, "%.*s", (int)prefix, digest);
	}
	path = mempcpy(path, hex, 2);
	*path++ = '/';
	path = mempcpy(path, hex, strlen(hex));
	memcpy(path, file, sizeof file);
	errno = blobs->error;
	return blobs->algorithm;
}

int blob_folder_size(struct blob_folder *blobs, const char *digest, uint64_t *size, struct err *err)
{
	char path[LAYOUT_BLOB_PATH];
	struct stat status = { 0 };
	int folder = blob_folder_path(blobs, digest, path);
	int error = folder >= 0 && fstatat(folder, path, &status, 0) == 0 ? 0 : errno;

	return take_size(blobs->layout, digest, &status, error, size, err);
}
