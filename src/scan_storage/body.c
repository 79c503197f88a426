/* Asks the cache first, then the disk. */
#include "scan_storage/body.h"

#include "storage/at.h"
#include "storage/blob.h"
#include "storage/layout.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

ssize_t body_read(struct blob_folder *blobs, const struct file_cache *cache, const char *digest,
		  const char *stored, bool config, char text[BODY_ROOM], struct body_source *source)
{
	char path[LAYOUT_BLOB_PATH];
	int folder = blob_folder_path(blobs, stored, path);
	struct stat status;
	ssize_t length;

	if (folder < 0)
		return -1;
	/* What is named by another algorithm has no digest of its own to be known by. */
	if (!cache || strcmp(digest, stored) != 0)
		return at_read(folder, path, text, BODY_ROOM);
	if (file_cache_find(cache, digest, config, &source->entry) &&
	    fstatat(folder, path, &status, 0) == 0 &&
	    file_cache_is_same(cache, &source->entry, &status)) {
		source->known = true;
		source->stamp = source->entry.stamp;
		return 0;
	}
	length = at_read_status(folder, path, text, BODY_ROOM, &status);
	if (length > 0 && length == status.st_size)
		source->stamp = file_cache_stamp(cache, &status);
	return length;
}
