/* Which stored blobs may go: chosen before anything is changed, from what was marked, what the
 * journal knows, and the times of the files. Reads alone. */
#ifndef NATIVE_CANDIDATES_H
#define NATIVE_CANDIDATES_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct native_journal; /* native/journal.h */
struct native_marks;   /* native/marks.h */
struct native_store;   /* native/store.h */

/* A blob that is stored and not marked. */
struct native_candidate {
	uint32_t digest;    /* its number in the marks */
	bool unreadable;    /* something of it could not be looked at */
	uint64_t size;      /* of its data file, bytes */
	uint64_t allocated; /* the same on the disk */
	ino_t inode;
	nlink_t names; /* hard links of the data file */
	struct timespec mtime;
	/* The newest of mtime and ctime of its data, its folder, and all its layer links in any
	 * repository (notes, section 6, S8). */
	struct timespec newest;
	struct timespec changed; /* ctime of the data */
};

/* An entry of the journal that is due. */
struct native_due {
	uint32_t entry;  /* its number in the journal */
	uint32_t digest; /* its number in the marks */
	uint64_t size;
	uint64_t allocated; /* 0 where the data file has other names: it frees nothing */
};

struct native_choice {
	struct native_candidate *detach; /* for phase 1 */
	size_t detach_count;
	uint64_t detach_bytes;
	struct native_due *due; /* for phase 2 */
	size_t due_count;
	uint64_t due_bytes;
	size_t young; /* unmarked, but changed within the grace */
	uint64_t young_bytes;
	int64_t young_until; /* when the first of them is old enough, seconds since 1970; 0: none */
	size_t waiting;      /* detached less than a grace ago */
	uint64_t waiting_bytes;
	int64_t waiting_until; /* when the first of them is due; 0: none */
	size_t unreadable;
	char first_unreadable[512]; /* why, of the first */
	/* More than half of what is unmarked changed within one hour, and is young: restored or
	 * chowned. Seconds since 1970 when the last of these is old enough; 0: not so. */
	int64_t renewed_until;
	size_t renewed;
};

/* -1 (ERR_COLLECTOR): nothing can be said. Strikes off JOURNAL, in memory, what is marked, linked,
 * changed or gone; it is written by native_conclude. NOW is the store's clock. */
int native_choose(const struct native_store *store, const struct native_marks *marks,
		  struct native_journal *journal, const struct timespec *now, int64_t grace_seconds,
		  struct native_choice *out, struct err *err) __attribute__((warn_unused_result));
void native_choice_free(struct native_choice *choice);

/* Pure: whether a candidate is too young to go. What lies in the future, or could not be read, is
 * young. A grace of 0 is for a registry that cannot write: nothing readable is young then. */
bool native_candidate_is_young(const struct native_candidate *candidate, const struct timespec *now,
			       int64_t grace_seconds);
/* Pure: whether what was detached at SINCE is due. Never where the clock was set back. */
bool native_is_due(int64_t since, const struct timespec *now, int64_t grace_seconds);
/* Pure: how many of COUNT moments (seconds; they get sorted) lie within one hour, if those are more
 * than half of them and at least NATIVE_RENEWED_LEAST, and the LAST of them; else 0. */
#define NATIVE_RENEWED_LEAST 16
size_t native_renewed(int64_t *moments, size_t count, int64_t *last);

#endif
