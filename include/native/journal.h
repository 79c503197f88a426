/* What phase 1 took, until phase 2 moved it or it is needed again: the file `collector` in the
 * registry's folder of the state, a text with a checksum, replaced atomically. */
#ifndef NATIVE_JOURNAL_H
#define NATIVE_JOURNAL_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct state;             /* state/state.h */
struct strtab;            /* util/strtab.h */
struct u64map;            /* util/u64map.h */
struct native_collection; /* native/collect.h */
struct native_store;      /* native/store.h */

#define NATIVE_JOURNAL "collector"
/* Blobs in it: more wait for the next run. */
#define NATIVE_JOURNAL_MOST 1000000

/* A layer link: REPOSITORY is a number in the journal's texts, NAMED the digest of the link's
 * folder. */
struct native_taken {
	uint32_t repository, named;
};

struct native_entry {
	uint32_t digest; /* a number in the journal's texts */
	ino_t inode;
	uint64_t size;
	struct timespec mtime;
	int64_t since; /* when its links were taken: seconds since 1970, by the store's clock */
	/* Its links were taken by a run that has not concluded: they are put back. */
	bool open;
	/* Not in the file. */
	bool struck; /* leaves the journal when the run concludes */
	bool swept;  /* lies in the trash */
	uint32_t first_link, link_count;
};

struct native_journal {
	struct strtab *texts; /* digests and names of repositories */
	/* Which storage it is about: docker/registry/v2, its path and inode; "" without a file. */
	char *storage;
	ino_t inode;
	struct native_entry *entries;
	size_t count, capacity;
	struct native_taken *links;
	size_t link_count, link_capacity;
};

/* NULL (ERR_COLLECTOR): it is there, but cannot be read, or is damaged; what to do is told. Without
 * a file it is empty. */
struct native_journal *native_journal_load(const struct state *state, struct err *err);
void native_journal_free(struct native_journal *journal); /* NULL is fine */
/* Writes all of it as the journal of COLLECTION's storage, durably; on a full disk what can be
 * missed of the state is given up for it. -1: ERR_USAGE. */
int native_journal_save(const struct native_journal *journal,
			const struct native_collection *collection, struct err *err)
	__attribute__((warn_unused_result));
/* 0: it is of STORE, or says nothing. -1 (ERR_COLLECTOR): of another storage, by path or inode. */
int native_journal_check(const struct native_journal *journal, const struct state *state,
			 const struct native_store *store, struct err *err)
	__attribute__((warn_unused_result));

/* Adds an entry without links; its number. Links are added to the last one. */
uint32_t native_journal_add(struct native_journal *journal, const char *digest);
void native_journal_add_link(struct native_journal *journal, const char *repository,
			     const char *named);
/* Takes out what is struck. */
void native_journal_drop_struck(struct native_journal *journal);
/* Text NUMBER: a digest, or the name of a repository. */
const char *native_journal_text(const struct native_journal *journal, uint32_t number);
const char *native_journal_digest(const struct native_journal *journal, size_t entry);
/* Whether a link NAMED in REPOSITORY is one that was taken; to be asked often: make the table
 * once. */
struct u64map *native_taken_table(const struct native_journal *journal); /* u64map_free */
bool native_was_taken(const struct u64map *table, const struct native_journal *journal,
		      const char *repository, const char *named);

struct native_journal_summary {
	size_t entries, due, open;
	uint64_t bytes, due_bytes;
	int64_t first_due; /* seconds since 1970; 0: none waits */
};
struct native_journal_summary native_journal_summary(const struct native_journal *journal,
						     const struct timespec *now,
						     int64_t grace_seconds);

#endif
