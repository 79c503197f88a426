/* Writes a layer link where there is none. */
#include "native/link.h"

#include "native/change.h"
#include "native/folder.h"
#include "native/store.h"
#include "native/trash.h"
#include "oci/digest.h"
#include "storage/layout.h"
#include "storage/link_file.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LAYERS "_layers"

/* Opens NAME in PARENT, which is made where it is missing, if MAKE; closes PARENT. */
static int enter(const struct native_collection *collection, int parent, const char *name,
		 bool make)
{
	int fd = native_folder_open(parent, name);
	int error = fd < 0 ? errno : 0;

	if (error == ENOENT && make) {
		error = native_change_mkdir(collection, parent, name, 0);
		fd = error == 0 ? native_folder_open(parent, name) : -1;
		error = fd < 0 && error == 0 ? errno : error;
	}
	close(parent);
	errno = error;
	return fd;
}

/* The folder of the link; -1 with errno set. */
static int open_folder(const struct native_collection *collection, const struct native_store *store,
		       const char *repository, const char *named, bool make)
{
	CLEANUP(free_p) char *path = xasprintf(NATIVE_REPOSITORIES "/%s", repository);
	struct native_parts parts = native_parts(named);
	int fd = -1;

	if (!layout_is_repository(repository)) {
		errno = ENOENT;
		return -1;
	}
	fd = native_folder_open(native_store_fd(store), path);
	if (fd >= 0)
		fd = enter(collection, fd, LAYERS, make);
	if (fd >= 0)
		fd = enter(collection, fd, parts.algorithm, true);
	return fd >= 0 ? enter(collection, fd, parts.hex, true) : -1;
}

/* 0: there is one that holds STORED. ENOENT: none. ESTALE: one that says nothing. */
static int look_at_link(int folder, const char *stored)
{
	char text[DIGEST_TEXT];
	struct stat status;
	size_t length = 0;
	int error = native_folder_stat_file(folder, "link", &status);

	if (error != 0)
		return error;
	if (link_file_read(folder, "link", text, &length, &status) != 0)
		return errno == EFBIG ? ESTALE : errno;
	if (!digest_valid(text, length))
		return ESTALE;
	return strcmp(text, stored) == 0 ? 0 : EEXIST;
}

int native_link_write(const struct native_collection *collection, const struct native_store *store,
		      const char *repository, const char *named, const char *stored, unsigned how,
		      bool *written)
{
	CLEANUP(file_close)
	int folder = open_folder(collection, store, repository, named, how & NATIVE_LINK_MAKE);
	unsigned writing = how & NATIVE_LINK_NOW ? NATIVE_LINK_DURABLE : 0;
	int error = folder < 0 ? errno : look_at_link(folder, stored);

	*written = false;
	if (folder < 0 || (error != ENOENT && error != ESTALE))
		return error;
	error = native_change_write_link(collection, folder, stored,
					 writing | (error == ESTALE ? NATIVE_LINK_REPLACE : 0));
	*written = error == 0;
	/* A push was faster. */
	return error == EEXIST ? look_at_link(folder, stored) : error;
}

int native_link_put_back(const struct native_store *store, const char *repository,
			 const char *digest, struct err *err)
{
	bool written = false;
	int error = native_link_write(NULL, store, repository, digest, digest,
				      NATIVE_LINK_NOW | NATIVE_LINK_MAKE, &written);

	if (error != 0)
		return err_set(err, ERR_COLLECTOR,
			       "%s/" NATIVE_REPOSITORIES "/%s: the link of layer %s cannot be put "
			       "back: %s",
			       native_store_path(store), repository, digest, strerror(error));
	return written;
}
