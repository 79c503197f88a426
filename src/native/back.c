/* From the trash to the place of a blob, never over anything. */
#include "native/back.h"

#include "native/change.h"
#include "native/folder.h"
#include "native/store.h"
#include "native/trash_folder.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <unistd.h>

/* blobs/<alg>/<xx>, made where it is missing; -1 with errno set. */
static int open_place(const struct native_collection *collection, const struct native_store *store,
		      const struct native_parts *parts)
{
	CLEANUP(free_p) char *path = xasprintf(NATIVE_BLOBS "/%s", parts->algorithm);
	CLEANUP(file_close) int above = native_folder_open(native_store_fd(store), path);
	int fd = above < 0 ? -1 : native_folder_open(above, parts->two);
	int error = 0;

	if (above < 0 || fd >= 0 || errno != ENOENT)
		return fd;
	error = native_change_mkdir(collection, above, parts->two, 0);
	if (error == 0)
		return native_folder_open(above, parts->two);
	errno = error;
	return -1;
}

/* The registry has a folder there with something in it: data, or a file that becomes that. */
static int join(const struct native_collection *collection, int from, int into, const char *hex,
		bool *anew)
{
	CLEANUP(file_close) int ours = native_folder_open(from, hex);
	CLEANUP(file_close) int theirs = ours < 0 ? -1 : native_folder_open(into, hex);
	int error = theirs < 0 ? errno : 0;

	if (error == 0)
		error = native_change_rename_file(collection, ours, "data", theirs, "data");
	*anew = error == EEXIST;
	/* Its data was unlinked before a power cut. */
	if (error == ENOENT && ours >= 0 && theirs >= 0)
		error = 0;
	if (error == 0)
		(void)native_change_rmdir(collection, from, hex);
	return *anew ? 0 : error;
}

/* Only what a run left there returns: the registry would follow a symbolic link among the blobs. */
static int check_ours(const struct native_store *store, int from, const char *hex)
{
	CLEANUP(free_p) char *data = xasprintf("%s/data", hex);
	struct stat status;
	int error = native_folder_stat(from, hex, &status);

	if (error == 0 && !native_trash_owner_is_known(store, &status))
		error = EPERM;
	if (error != 0)
		return error;
	error = native_folder_stat_file(from, data, &status);
	return error == ENOENT ? 0 : error;
}

int native_back(const struct native_collection *collection, const struct native_store *store,
		int from, const char *digest, bool *anew)
{
	struct native_parts parts = native_parts(digest);
	CLEANUP(file_close) int into = open_place(collection, store, &parts);
	int error = into < 0 ? errno : check_ours(store, from, parts.hex);

	*anew = false;
	if (error == 0)
		error = native_change_rename(collection, from, parts.hex, into, parts.hex);
	return error == ENOTEMPTY || error == EEXIST ? join(collection, from, into, parts.hex, anew)
						     : error;
}
