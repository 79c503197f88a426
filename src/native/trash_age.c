/* How long the trash of a run is kept. */
#include "native/trash_age.h"

#include "native/store.h"
#include "native/trash_folder.h"
#include "storage/layout.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>

#define DAY 86400

int native_trash_due(const struct native_store *store, const char *run, unsigned trash_days,
		     const struct timespec *now, int64_t *due_at, struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf(LAYOUT_TRASH "/%s", run);
	CLEANUP(file_close) int fd = native_trash_open(store, path, err);
	struct stat status;
	int64_t newest = 0;

	*due_at = -1;
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &status) != 0)
		return native_trash_fail(store, path, errno, err);
	if (native_trash_is_moving(run))
		return 0;
	/* Renaming the folder of a run is its last change. */
	newest = status.st_ctim.tv_sec > status.st_mtim.tv_sec ? status.st_ctim.tv_sec
							       : status.st_mtim.tv_sec;
	*due_at = trash_days == 0 ? 0 : newest + (int64_t)trash_days * DAY + 1;
	if (*due_at <= now->tv_sec)
		*due_at = 0;
	return 0;
}
