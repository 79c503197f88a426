/* The names of the registry's folders on this host: repositories, tags, revisions and blobs. What
 * vanishes meanwhile is passed over. Threads may read at the same time. */
#ifndef STORAGE_TREE_H
#define STORAGE_TREE_H

#include "util/buf.h"
#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

struct layout; /* storage/layout.h */

/* Names, one after the other, each with a NUL. Zero-initialised is empty. */
struct tree_names {
	struct buf text;
	size_t count;
};
void tree_names_clear(struct tree_names *names);

/* All functions below: -1 (ERR_IO, errno set) when something could not be read. */

/* Which folder makes a name a repository (registry notes, section 1, "Catalog membership"). */
enum tree_marker {
	TREE_ANY,       /* one of the two: the version is not known */
	TREE_LAYERS,    /* _layers: distribution 2.x */
	TREE_MANIFESTS, /* _manifests: 3.x */
	TREE_REMAINS,   /* what an interrupted removal left (empty/removal.h): listed or not */
};

/* Appends the repositories that the registry lists, nested ones included, sorted; symbolic links
 * among their folders are refused (errno ELOOP). A storage without any is no error. */
int tree_repositories(const struct layout *layout, enum tree_marker marker, struct tree_names *out,
		      struct err *err) __attribute__((warn_unused_result));
/* Appends what is in _manifests/tags of REPOSITORY, sorted, whether it can be a tag or not. 1:
 * there is such a folder; 0: there is none. */
int tree_tags(const struct layout *layout, const char *repository, struct tree_names *out,
	      struct err *err) __attribute__((warn_unused_result));
/* Appends the digests that have a folder in _manifests/revisions of REPOSITORY; some may have no
 * link in it. */
int tree_revisions(const struct layout *layout, const char *repository, struct tree_names *out,
		   struct err *err) __attribute__((warn_unused_result));

/* When a name was last added to _manifests/tags of REPOSITORY or taken away from there, to the
 * second (its mtime; writing into a tag that is there does not change it). -1: also when there is
 * no such folder. */
int tree_tags_changed(const struct layout *layout, const char *repository, int64_t *seconds,
		      struct err *err) __attribute__((warn_unused_result));

/* The same for _manifests/tags/<tag>/index of REPOSITORY: what TAG ever pointed at. */
int tree_history(const struct layout *layout, const char *repository, const char *tag,
		 struct tree_names *out, struct err *err) __attribute__((warn_unused_result));

/* Appends the folders <alg>/<xx> of blobs/. */
int tree_blob_folders(const struct layout *layout, struct tree_names *out, struct err *err)
	__attribute__((warn_unused_result));
/* Appends the digests of the blobs in FOLDER (from tree_blob_folders) to OUT, and the bytes of
 * their data files (uint64_t each, as many) to SIZES. */
int tree_blobs(const struct layout *layout, const char *folder, struct tree_names *out,
	       struct buf *sizes, struct err *err) __attribute__((warn_unused_result));

#endif
