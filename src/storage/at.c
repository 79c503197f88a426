/* Opens, reads and lists by name below an open folder. */
#include "storage/at.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

int at_folder(int folder, const char *name)
{
	return openat(folder, name, FOLDER_FLAGS);
}

int at_folder_no_link(int folder, const char *name)
{
	return openat(folder, name, FOLDER_FLAGS | O_NOFOLLOW);
}

int at_base(int folder, const char *name)
{
	return openat(folder, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static ssize_t read_once(int fd, void *bytes, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, bytes, size);
	} while (got < 0 && errno == EINTR);
	return got;
}

static ssize_t read_file(int folder, const char *name, void *bytes, size_t size,
			 struct stat *status)
{
	/* Not to wait for the other end of a FIFO. */
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t got = -1;
	int error;

	if (fd < 0)
		return -1;
	if (!status || fstat(fd, status) == 0)
		got = read_once(fd, bytes, size);
	error = errno;
	close(fd);
	errno = error;
	return got;
}

ssize_t at_read(int folder, const char *name, void *bytes, size_t size)
{
	return read_file(folder, name, bytes, size, NULL);
}

ssize_t at_read_status(int folder, const char *name, void *bytes, size_t size, struct stat *status)
{
	return read_file(folder, name, bytes, size, status);
}

void at_names(struct at_names *names, int folder)
{
	names->folder = folder;
	names->error = 0;
	names->at = names->length = 0;
}

static bool read_more(struct at_names *names)
{
	ssize_t got = getdents64(names->folder, names->bytes, sizeof names->bytes);

	names->error = got < 0 ? errno : 0;
	names->at = 0;
	names->length = got < 0 ? 0 : (size_t)got;
	return got > 0;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

const char *at_next(struct at_names *names, unsigned char *type)
{
	while (names->at < names->length || read_more(names)) {
		const char *record = names->bytes + names->at;
		const char *name = record + offsetof(struct dirent64, d_name);
		unsigned short length;

		memcpy(&length, record + offsetof(struct dirent64, d_reclen), sizeof length);
		names->at += length;
		if (is_dots(name))
			continue;
		if (type)
			*type = (unsigned char)record[offsetof(struct dirent64, d_type)];
		return name;
	}
	return NULL;
}
