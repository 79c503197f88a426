/* Looks at blob files, and reads those that are too long to be held. Symbolic links are followed,
 * as the registry follows them. */
#include "storage/blob.h"

#include "storage/layout.h"
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
	if (error == ENOENT || error == ESTALE || error == ENOTDIR)
		return 0;
	return err_set(err, ERR_IO, "%s/%s: %s", layout_path(layout), path, strerror(error));
}

static int check_type(const struct stat *status)
{
	if (S_ISREG(status->st_mode))
		return 0;
	return S_ISDIR(status->st_mode) ? EISDIR : EINVAL;
}

int blob_size(const struct layout *layout, const char *digest, uint64_t *size, struct err *err)
{
	char path[LAYOUT_BLOB_PATH];
	struct stat status;
	int error = 0;

	layout_blob_path(digest, path);
	if (fstatat(layout_fd(layout), path, &status, 0) != 0)
		return fail(layout, path, errno, err);
	error = check_type(&status);
	if (error)
		return fail(layout, path, error, err);
	*size = (uint64_t)status.st_size;
	return 1;
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
