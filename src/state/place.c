/* Opens what state_open would, and nothing in it. */
#include "state/place.h"

#include "state/folder.h"
#include "state/state.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

bool state_place_same(const struct state_options *one, const struct state_options *other)
{
	CLEANUP(free_p) char *first = state_folder_path(one);
	CLEANUP(free_p) char *second = state_folder_path(other);

	return strcmp(first, second) == 0;
}

int state_place_open(const struct state_options *options, char **path, struct err *err)
{
	int folder, number;

	*path = state_folder_path(options);
	folder = open(*path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0) {
		number = errno;
		err_set(err, ERR_USAGE, "%s: %s (paths.state)", *path, strerror(number));
		errno = number;
		return -1;
	}
	if (state_folder_check(folder, *path, err) == 0)
		return folder;
	file_close(&folder);
	errno = EACCES;
	return -1;
}
