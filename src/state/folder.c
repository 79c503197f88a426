/* A registry's own folder below paths.state, and whole files in it. */
#include "state/folder.h"

#include "oci/digest.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_LENGTH     100 /* of the folder's name; the hash behind it makes it unique */
#define HASH_LENGTH     16
#define HOST_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

char *state_folder_name(const char *url, const char *container)
{
	CLEANUP(free_p) char *identity = xasprintf("%s\n%s", url, container);
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	size_t length = strcspn(host, "/");
	char digest[DIGEST_TEXT];
	char *name = NULL;

	if (length > HOST_LENGTH)
		length = HOST_LENGTH;
	digest_of(identity, strlen(identity), digest);
	name = xasprintf("%.*s-%.*s", (int)length, host, HASH_LENGTH, strchr(digest, ':') + 1);
	for (size_t i = 0; i < length; i++)
		if (!strchr(HOST_CHARACTERS, name[i]))
			name[i] = '_';
	return name;
}

char *state_folder_path(const struct state_options *options)
{
	CLEANUP(free_p) char *name = state_folder_name(options->url, options->container);

	return xasprintf("%s/%s", options->folder, name);
}

/* Makes PATH and what is missing above it. 0 or an errno. */
static int make_folders(const char *path)
{
	CLEANUP(free_p) char *partial = xstrdup(path);

	for (char *at = partial; *at;) {
		char separator = '\0';

		at += strspn(at, "/");
		at += strcspn(at, "/");
		separator = *at;
		*at = '\0';
		if (mkdir(partial, 0700) != 0 && errno != EEXIST)
			return errno;
		*at = separator;
	}
	return 0;
}

int state_folder_make(const char *path, struct err *err)
{
	const char *name = strrchr(path, '/') + 1;
	CLEANUP(free_p)
	char *parent_path = xstrndup(path, (size_t)(name - 1 - path));
	struct stat status;
	int parent = -1;
	int folder = -1;
	int error = 0;

	if (stat(parent_path, &status) != 0)
		error = make_folders(parent_path);
	if (error == 0)
		parent = open(parent_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return err_set(err, ERR_USAGE, "%s: %s (paths.state)", parent_path,
			       strerror(error ? error : errno));
	if (mkdirat(parent, name, 0700) == 0)
		error = fsync(parent) != 0 && errno != EINVAL ? errno : 0;
	else if (errno != EEXIST)
		error = errno;
	if (error == 0)
		folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (error == 0 && folder < 0)
		error = errno;
	close(parent);
	if (error == 0)
		return folder;
	err_set(err, ERR_USAGE, "%s: %s", path, strerror(error));
	errno = error;
	return -1;
}

/* NAME in PATH ("" for PATH itself), of which STATUS is. */
static int check_owner(const char *path, const char *name, const struct stat *status,
		       struct err *err)
{
	CLEANUP(free_p) char *full = xasprintf("%s%s%s", path, *name ? "/" : "", name);

	if (status->st_uid != 0 && status->st_uid != geteuid())
		return err_set(err, ERR_USAGE,
			       "%s: it belongs to another user (uid %u), who could decide what is "
			       "deleted; it must belong to root or to the user who runs this "
			       "(paths.state)",
			       full, (unsigned)status->st_uid);
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_USAGE,
			       "%s: others than its owner can write it, and could decide what is "
			       "deleted; run: chmod go-w %s (paths.state)",
			       full, full);
	return 0;
}

static int check_entries(DIR *entries, const char *path, struct err *err)
{
	const struct dirent *entry;
	struct stat status;

	while ((entry = (errno = 0, readdir(entries)))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
			if (errno == ENOENT)
				continue;
			break;
		}
		/* The mode of a symbolic link says nothing; none is followed. */
		if (!S_ISLNK(status.st_mode) && check_owner(path, entry->d_name, &status, err) != 0)
			return -1;
	}
	return errno ? err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno)) : 0;
}

int state_folder_check(int folder, const char *path, struct err *err)
{
	const char *name = strrchr(path, '/');
	CLEANUP(free_p)
	char *parent = xstrndup(path, (size_t)(name - path));
	struct stat status;
	DIR *entries;
	int again, result;

	if (stat(parent, &status) != 0)
		return err_set(err, ERR_USAGE, "%s: %s", parent, strerror(errno));
	if (check_owner(parent, "", &status, err) != 0)
		return -1;
	if (fstat(folder, &status) != 0)
		return err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (check_owner(path, "", &status, err) != 0)
		return -1;
	again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	entries = again >= 0 ? fdopendir(again) : NULL;
	if (!entries) {
		result = err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
		if (again >= 0)
			close(again);
		return result;
	}
	result = check_entries(entries, path, err);
	closedir(entries);
	return result;
}

static int fail_to_read(const char *path, const char *file, int number, struct err *err)
{
	err_set(err, ERR_IO, "%s/%s: %s", path, file,
		number ? strerror(number) : "not a regular file");
	errno = number;
	return -1;
}

int state_folder_read(int folder, const char *path, const char *file, size_t limit, struct buf *out,
		      struct err *err)
{
	struct stat status;

	if (folder < 0)
		return fail_to_read(path, file, ENOENT, err);
	if (fstatat(folder, file, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return fail_to_read(path, file, errno, err);
	if (!S_ISREG(status.st_mode))
		return fail_to_read(path, file, 0, err);
	if ((uint64_t)status.st_size > limit)
		return fail_to_read(path, file, EFBIG, err);
	if (file_read(folder, file, limit, out, err) != 0)
		return fail_to_read(path, file, errno, err);
	return 0;
}

int state_folder_replace(const char *path, const struct buf *text, struct err *err)
{
	struct file_new file = { 0 };
	int number;

	if (file_new_open(&file, path, 0600, err) != 0)
		return -1;
	/* Flushed here, where the reason is still known. */
	if (fwrite(text->data, 1, text->length, file.stream) == text->length &&
	    fflush(file.stream) == 0)
		return file_new_publish(&file, err);
	number = errno;
	err_set(err, ERR_IO, "%s: %s", path, strerror(number));
	file_new_discard(&file);
	errno = number;
	return -1;
}
