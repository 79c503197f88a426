/* What in the storage the registry's collector would stumble over: found and named before it is
 * started. What it does about each was tried with 2.8, and read in the source of 3.x. */
#ifndef STORAGE_BROKEN_LINKS_H
#define STORAGE_BROKEN_LINKS_H

#include "util/buf.h"
#include "util/err.h"

#include <stddef.h>

struct layout; /* storage/layout.h */

#define OBSTACLES_NAMED 5

enum broken_link {
	/* No folder `repositories` or `blobs`: it aborts. */
	BROKEN_FOLDER,
	/* A broken link file below _manifests/revisions (empty, or no digest): it aborts. */
	BROKEN_REVISION,
	/* A link file there that holds another digest than its folder's, of the same algorithm (of
	 * another one it is an alias): it goes on, and removes the manifest that it should have
	 * kept. */
	BROKEN_OTHER_REVISION,
	/* A broken link file below _layers: 3.x aborts, 2.x does not look at it. */
	BROKEN_LAYER,
	/* A repository with _manifests and without _layers: 3.x aborts; 2.x does not see it, and
	 * removes what only that repository refers to. */
	BROKEN_NO_LAYERS,
	/* In the place of a link file that it reads, or of a manifest's data, is a FIFO, a socket
	 * or a device: it waits for ever. */
	BROKEN_NO_FILE,
	/* What is none of the registry's, and is at a place where it aborts: a file `data` in blobs
	 * that no blob can be, a repository's folders below a name that no repository can have, a
	 * manifest's link below a name that it opens nothing by. */
	BROKEN_FOREIGN,
	/* What is known to be none of the registry's, by its name: nothing happens. */
	BROKEN_STRAY,
	/* A tag's broken link file, _manifests/tags/<tag>/current/link: nothing happens. */
	BROKEN_TAG,
	BROKEN_KINDS
};

/* Zero-initialised is none. */
struct broken_links {
	size_t counts[BROKEN_KINDS];
	/* The paths of the first few, relative to the root and separated by ", ", "" when there are
	 * none. */
	struct buf names[BROKEN_KINDS];
};
void broken_links_clear(struct broken_links *links);

/* Adds what is found to OUT. What cannot be read, what vanishes meanwhile, temporary files
 * (link.*.tmp) and the history of tags, which no collector reads, are passed over. -1: ERR_STOPPED,
 * or ERR_IO when there is no such folder any more. */
int broken_links_find(const struct layout *layout, struct broken_links *out, struct err *err)
	__attribute__((warn_unused_result));

#endif
