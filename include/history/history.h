/* A line for each run, kept for a year: the file `history.jsonl` in the registry's folder of the
 * state. It is for people and for what is shown to them; nothing is decided by it. */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config; /* config/config.h */
struct report; /* report/run_json.h */

#define HISTORY_UNKNOWN UINT64_MAX /* a number that is not known */
#define HISTORY_COMMAND 16
#define HISTORY_DAYS    366

/* What is told of one run. Bytes, numbers of things; each HISTORY_UNKNOWN where it is not known. */
struct history_entry {
	int64_t started_at, finished_at; /* seconds since 1970 */
	char command[HISTORY_COMMAND];   /* the verb: small letters */
	int exit_code;                   /* 0 to 255 */
	uint64_t duration_ms;            /* by a clock that nobody sets */
	uint64_t repositories, tags;     /* when it began */
	uint64_t tags_kept, tags_deleted, manifests_deleted;
	uint64_t tags_damaged; /* afterwards */
	uint64_t warnings, errors;
	uint64_t collected; /* 1: a collection was completed; 0: none was */
	/* Seen in the storage, else what the collector said. */
	uint64_t bytes_freed, blobs_freed;
	uint64_t storage_bytes; /* what the storage held afterwards */
	/* Where the storage cannot be looked at: what images took when it began, as their manifests
	 * state it. */
	uint64_t image_bytes;
	/* When it began: what nothing referred to, and what manifests without a tag held. */
	uint64_t garbage_bytes, untagged_bytes;
	uint64_t trash_bytes; /* of the native collector, afterwards */
	uint64_t free_bytes;  /* of the storage's file system, afterwards */
};

struct history {
	struct history_entry *entries; /* in the order in which they were written, oldest first */
	size_t count;
	size_t damaged; /* lines that say nothing */
};

/* What is known of CONFIG's registry; no lock is taken, and nothing logged. OUT is the caller's:
 * history_clear. No file, or no folder, is an empty history. -1: OUT is empty; ERR_USAGE: others
 * can write the state, or it cannot be opened; ERR_IO: the file cannot be read. */
int history_load(const struct config *config, struct history *out, struct err *err)
	__attribute__((warn_unused_result));
void history_clear(struct history *history);

/* Adds a line for ENTRY, where the registry has its folder in paths.state (else nothing is done).
 * LOCKED: the caller has the registry's lock, so that lines of more than HISTORY_DAYS days ago may
 * be dropped, and the oldest of a file that would be longer than 8 MiB. Waits for no more than a
 * second, and gives no reserve up. -1 (ERR_IO, ERR_USAGE as above): there may be no line for it. */
int history_add(const struct config *config, const struct history_entry *entry, bool locked,
		struct err *err) __attribute__((warn_unused_result));

/* What REPORT tells, whose exit code is known. */
struct history_entry history_entry_of(const struct report *report);

/* Writes ENTRY as a line of the file would have it, and reads one: LENGTH bytes without the
 * newline. False: that is none. Members that are not known are ignored. */
struct buf; /* util/buf.h */
void history_line_write(const struct history_entry *entry, struct buf *out);
bool history_line_read(const char *line, size_t length, struct history_entry *entry);

#endif
