/* Names with their types, which some file systems do not tell. */
#include "native/names.h"

#include "storage/at.h"
#include "util/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static unsigned char ask_type(int fd, const char *name)
{
	struct stat status;

	return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0
		       ? (unsigned char)IFTODT(status.st_mode)
		       : DT_UNKNOWN;
}

int native_names(int fd, bool (*each)(void *ctx, const char *name, unsigned char type), void *ctx)
{
	CLEANUP(free_p) struct at_names *names = xmalloc(sizeof *names);
	const char *name = NULL;
	unsigned char type = DT_UNKNOWN;

	at_names(names, fd);
	while ((name = at_next(names, &type)))
		if (!each(ctx, name, type == DT_UNKNOWN ? ask_type(fd, name) : type))
			return 0;
	errno = names->error;
	return names->error ? -1 : 0;
}
