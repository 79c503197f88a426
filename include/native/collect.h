/* The collection of the program itself: what of the storage is not needed any more goes in two
 * phases (issue 14; native-collector notes, section 6).
 *
 * Phase 1 (native_detach) takes the layer links of what nobody needs. Who needs it from then on
 * must write a link, which is seen. What was taken is in the journal (native/journal.h) before.
 * Phase 2 (native_sweep), a grace later, renames what still nobody needs or links to the trash
 * (native/trash.h). Later in the same run, when the registry's cache is empty and a minute is over,
 * the storage is marked again: native_settle moves back what got a link or is needed after all,
 * native_heal puts missing links back, and native_conclude says that both were done. Only then
 * native_empty_trash unlinks anything of a blob.
 *
 * A caller does: native_recover, marks, native_choose, native_detach, native_sweep, (the cache is
 * emptied, a minute passes), marks, native_settle, marks again if that moved something back,
 * native_heal, native_conclude, native_empty_trash. Killed at any moment, native_recover of the
 * next run makes whole what was not concluded. Where one of them fails, native_recover does the
 * same at once. No two of them may work at the same time: the caller has the locks of the state. */
#ifndef NATIVE_COLLECT_H
#define NATIVE_COLLECT_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct native_choice;  /* native/candidates.h */
struct native_journal; /* native/journal.h */
struct native_marks;   /* native/marks.h */
struct native_store;   /* native/store.h */
struct state;          /* state/state.h */

struct native_collection {
	const struct native_store *store;
	struct state *state; /* with its locks */
	/* Names the folder of this run in the trash: letters, digits, "-", "_". */
	const char *run;
	int64_t grace_seconds;
	/* Called before each change of the storage, with what will be done; for tests. May be NULL.
	 */
	void (*step)(void *ctx, const char *what);
	void *ctx;
};

/* All functions: -1 (ERR_COLLECTOR unless something else is said): the storage or the journal could
 * not be changed or read, and the message says where. What was done until then stays as it is, and
 * is still in the journal or the trash: native_recover undoes it. */

struct native_recovered {
	size_t links; /* put back */
	size_t blobs; /* moved back from the trash */
};
/* Undoes what a run that ended too early has not concluded: blobs return from the trash, links are
 * put back where their blob is there. Before anything else reads the storage. Refuses the journal
 * of another storage. */
int native_recover(const struct native_collection *collection, struct native_recovered *out,
		   struct err *err) __attribute__((warn_unused_result));
/* Whether native_recover has something to do: 1 or 0; reads alone. */
int native_needs_recovery(const struct native_store *store, const struct native_journal *journal,
			  struct err *err) __attribute__((warn_unused_result));

struct native_detached {
	size_t blobs; /* written into the journal */
	size_t links; /* taken */
	size_t young; /* links that were written since they were looked at, and stay */
};
/* Phase 1: writes what CHOICE has to be detached into JOURNAL and the state, then takes the links.
 * NOW is the store's (native_store_now). -1 with ERR_USAGE: the state could not be written, and
 * nothing was changed. */
int native_detach(const struct native_collection *collection, struct native_journal *journal,
		  const struct native_choice *choice, const struct native_marks *marks,
		  const struct timespec *now, struct native_detached *out, struct err *err)
	__attribute__((warn_unused_result));

struct native_swept {
	size_t blobs;     /* moved to the trash */
	uint64_t bytes;   /* of their data files */
	size_t changed;   /* that are not any more what was in the journal, and stay */
	int64_t moved_at; /* of the last rename: milliseconds of CLOCK_MONOTONIC; 0: none */
};
/* Phase 2: moves what is due in CHOICE to the trash. -1 with ERR_USAGE: as native_detach. */
int native_sweep(const struct native_collection *collection, struct native_journal *journal,
		 const struct native_choice *choice, struct native_swept *out, struct err *err)
	__attribute__((warn_unused_result));

struct native_settled {
	size_t needed; /* of what was moved: moved back */
	size_t anew;   /* stored anew meanwhile: the copy stays in the trash */
};
/* Moves back what was swept, but is marked or linked in MARKS, which were read a minute after the
 * last rename. */
int native_settle(const struct native_collection *collection, struct native_journal *journal,
		  const struct native_marks *marks, struct native_settled *out, struct err *err)
	__attribute__((warn_unused_result));

struct native_healed {
	size_t links; /* put back */
	size_t ours;  /* of them: that phase 1 had taken */
};
/* Puts back each link that is missing in MARKS, which were read after native_settle moved back the
 * last blob; links of foreign layers only where JOURNAL took them. */
int native_heal(const struct native_collection *collection, struct native_journal *journal,
		const struct native_marks *marks, struct native_healed *out, struct err *err)
	__attribute__((warn_unused_result));
/* All of it was healed and settled: what was swept or is needed leaves JOURNAL and the state, and
 * what was moved is trash for good. */
int native_conclude(const struct native_collection *collection, struct native_journal *journal,
		    struct err *err) __attribute__((warn_unused_result));

struct native_emptied {
	size_t blobs;
	uint64_t bytes;     /* of files that had no other name */
	uint64_t allocated; /* of them: what the disk gets back */
	size_t shared;      /* files with another name, which free nothing */
};
/* Unlinks what was moved to the trash TRASH_DAYS ago, or all of it for 0. What is not concluded
 * stays. -1: something is not as a run left it (a symbolic link, another owner), and is named; it
 * stays, and all that could be unlinked is in OUT. */
int native_empty_trash(const struct native_collection *collection, unsigned trash_days,
		       const struct timespec *now, struct native_emptied *out, struct err *err)
	__attribute__((warn_unused_result));

/* What time it is by the clock of the store's file system: of a file that is made and removed in
 * it. */
int native_store_now(const struct native_store *store, struct timespec *now, struct err *err)
	__attribute__((warn_unused_result));

#endif
