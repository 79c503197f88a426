/* getdents64 itself: readdir reads 32 KiB at a time, and folders of a registry have many names. */
#include "native/names.h"

#include "util/xalloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define BUFFER ((size_t)128 * 1024)

/* Some file systems do not tell types. */
static unsigned char type_of(int fd, const struct dirent64 *entry)
{
	struct stat status;

	if (entry->d_type != DT_UNKNOWN ||
	    fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return entry->d_type;
	return (unsigned char)IFTODT(status.st_mode);
}

static bool tell(int fd, const char *buffer, size_t length,
		 bool (*each)(void *ctx, const char *name, unsigned char type), void *ctx)
{
	for (size_t at = 0; at < length;) {
		const struct dirent64 *entry = (const void *)(buffer + at);

		at += entry->d_reclen;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!each(ctx, entry->d_name, type_of(fd, entry)))
			return false;
	}
	return true;
}

int native_names(int fd, bool (*each)(void *ctx, const char *name, unsigned char type), void *ctx)
{
	CLEANUP(free_p) char *buffer = xmalloc(BUFFER);
	ssize_t length = 0;

	do {
		length = getdents64(fd, buffer, BUFFER);
	} while (length > 0 && tell(fd, buffer, (size_t)length, each, ctx));
	return length < 0 ? -1 : 0;
}
