/* Tags that `restore` put back, and the times that they had before they were deleted: for every
 * rule these are their times until somebody pushes them.
 *
 * The file `restored` of the state: a line "RESTORED_AT PUSHED_AT SEEN_AT PULLED_AT WRITTEN_NS
 * REPOSITORY TAG DIGEST" for each (seconds since 1970; WRITTEN_NS in nanoseconds; "-" is not
 * known), sorted by REPOSITORY:TAG, sealed (lists/checksummed.h). */
#ifndef UNDO_RESTORED_H
#define UNDO_RESTORED_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct inventory; /* inventory/inventory.h */
struct layout;    /* storage/layout.h */
struct pulls;     /* pulls/pulls.h */
struct restored;  /* opaque */
struct state;     /* state/state.h */

#define RESTORED_FILE  "restored"
#define RESTORED_LIMIT ((size_t)64 * 1024 * 1024) /* bytes of the file */
#define RESTORED_NO_NS INT64_MIN

struct restored_tag {
	const char *repository, *tag, *digest; /* each valid */
	int64_t restored_at;                   /* seconds since 1970 */
	/* As the journal has them (inventory_tag): DATE_ABSENT is not known. */
	int64_t pushed_at, seen_at, pulled_at;
	/* When the link of the tag was written, read from the registry's own folder directly after
	 * the tag was put back (struct link.written_ns); RESTORED_NO_NS: the folder was not read.
	 */
	int64_t written_ns;
};

struct restored *restored_new(void);
void restored_free(struct restored *restored); /* NULL is fine */
size_t restored_count(const struct restored *restored);

/* Takes over what TEXT says, in place of all that is there. -1 (ERR_IO): nothing changes, since it
 * is not exactly as it was written. */
int restored_parse(struct restored *restored, const char *text, size_t length, struct err *err)
	__attribute__((warn_unused_result));
/* Appends the whole file. */
void restored_print(const struct restored *restored, struct buf *out);

/* Adds a copy of TAG, in place of the one of that name. */
void restored_put(struct restored *restored, const struct restored_tag *tag);
/* Strikes the tag of that name off. */
void restored_drop(struct restored *restored, const char *repository, const char *tag);
/* The tag of that name, or NULL; borrowed until the next change. */
const struct restored_tag *restored_find(const struct restored *restored, const char *repository,
					 const char *tag);

/* Reads the file of STATE; NULL, and a state without the file, is that nothing was restored. -1
 * (ERR_IO): which tags were restored is not known; the message names the file and says what to do.
 */
int restored_file_read(const struct state *state, struct restored *restored, struct err *err)
	__attribute__((warn_unused_result));
/* Replaces the file; none where RESTORED is empty. */
int restored_file_write(const struct state *state, const struct restored *restored, struct err *err)
	__attribute__((warn_unused_result));
/* For `restore`: adds COUNT TAGS to the file, on a full disk at the cost of the reserve. -1: it is
 * as it was; a damaged one is not written over. */
int restored_file_add(const struct state *state, const struct restored_tag *tags, size_t count,
		      struct err *err) __attribute__((warn_unused_result));

/* Gives the tags of INVENTORY that are as they were restored the times of the journal:
 * inventory_tag gets restored, and its push time where FROM is the registry's own folder. NULL: it
 * is not read, and no push is known. What is not as it was restored, since its tag is gone, has
 * another digest, or a link that was written since, is struck off RESTORED. Whether it was written
 * since is not known without WRITTEN_NS: then its push time is not known either. */
void restored_apply(struct restored *restored, struct inventory *inventory,
		    const struct layout *from);
/* The same for one repository that is read again: strikes nothing off. */
void restored_apply_again(const struct restored *restored, struct inventory *inventory,
			  const struct layout *from);
/* True: something was struck off since it was read, so that the file is to be saved. */
bool restored_changed(const struct restored *restored);

#endif
