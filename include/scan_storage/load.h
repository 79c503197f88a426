/* Fills an inventory from the registry's own folder on this host, by as many threads as there are
 * cores, without a request. It reads what the registry's API would answer, and beyond that what no
 * tag leads to. Whether the folder is the registry's is another question (storage_proof.h). */
#ifndef SCAN_STORAGE_LOAD_H
#define SCAN_STORAGE_LOAD_H

#include "util/err.h"

#include <stdbool.h>

struct file_cache; /* scan_storage/file_cache.h */
struct inventory;
struct layout;
struct string_list; /* util/string_list.h */

/* Reads everything: the repositories that the registry would list (its version is in INVENTORY's
 * facts) and those that INVENTORY names already, their tags, all manifests that they link, configs,
 * and the sizes of all blobs; where INVENTORY wants it, since when manifests are untagged. What
 * could not be read is a trouble of its repository, counted in INVENTORY's failures and named in
 * the log. -1: ERR_IO when the folder cannot serve as a source (permission denied, symbolic links
 * among its repositories), ERR_STOPPED. */
int scan_storage_load(struct inventory *inventory, const struct layout *layout, struct err *err)
	__attribute__((warn_unused_result));

/* The same with the help of CACHE: what an earlier scan read of files that are as they were is not
 * read again, and marked as remembered. What this one read is in CACHE then (file_cache_write). */
int scan_storage_load_cached(struct inventory *inventory, const struct layout *layout,
			     struct file_cache *cache, struct err *err)
	__attribute__((warn_unused_result));
/* The same for who only asks what refers to what: no config is read, so that the date of an image
 * is what its manifest says. CACHE is filled where it knew nothing, and else stays as it is. */
int scan_storage_load_undated(struct inventory *inventory, const struct layout *layout,
			      struct file_cache *cache, struct err *err)
	__attribute__((warn_unused_result));

struct storage_look {
	struct inventory *fresh; /* as in struct inventory_look */
	const struct inventory *known;
	const bool *reread; /* likewise */
	const struct string_list *protected_tags;
};

/* Reads one repository again (S6), without blobs. Nothing is logged. -1 as above. */
int scan_storage_look(const struct storage_look *look, const struct layout *layout, struct err *err)
	__attribute__((warn_unused_result));

#endif
