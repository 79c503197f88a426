/* Looks before it replaces. */
#include "command/target.h"

#include "util/file.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

int target_open(struct file_new *file, const char *path, struct err *err)
{
	CLEANUP(free_p) char *target = realpath(path, NULL);
	struct stat status;
	bool fits = target ? stat(target, &status) == 0 && S_ISREG(status.st_mode)
			   : lstat(path, &status) != 0;

	if (!fits)
		return err_set(err, ERR_USAGE, "%s: not a regular file", path);
	return file_new_open(file, target ? target : path, 0640, err);
}
