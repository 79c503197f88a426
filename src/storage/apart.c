/* A short list of places, and one question. */
#include "storage/apart.h"

#include "storage/layout.h"
#include "util/xalloc.h"

#include <string.h>
#include <sys/stat.h>

const char *apart_place(size_t i)
{
	static const char *const PLACES[APART_PLACES] = {
		"docker",
		"docker/registry",
		LAYOUT_FOLDER,
		LAYOUT_FOLDER "/repositories",
		LAYOUT_FOLDER "/blobs",
		LAYOUT_FOLDER "/blobs/sha256",
	};

	return PLACES[i];
}

static char *parent_of(const char *path)
{
	return xasprintf("%.*s", (int)(strrchr(path, '/') - path), path);
}

bool apart_is(const char *path)
{
	CLEANUP(free_p) char *parent = parent_of(path);
	struct stat own, folder, above;

	if (lstat(path, &own) != 0 || stat(path, &folder) != 0 || !S_ISDIR(folder.st_mode))
		return false;
	return S_ISLNK(own.st_mode) || (stat(parent, &above) == 0 && above.st_dev != folder.st_dev);
}
