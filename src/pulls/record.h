/* What the files of src/pulls share: the table of names. */
#ifndef PULLS_RECORD_H
#define PULLS_RECORD_H

#include "pulls/pulls.h"

#include <stdint.h>

struct hours;
struct strtab;

/* Of a tag ("REPOSITORY:TAG") or a digest ("REPOSITORY@DIGEST"); times are seconds since 1970, or
 * DATE_ABSENT. */
struct pulls_entry {
	int64_t pulled;  /* last */
	int64_t pushed;  /* last, as the log tells, since the run before */
	int64_t seen;    /* a tag: when a run saw it with this digest first, or it was pushed */
	uint32_t digest; /* that digest: number in digests; STRTAB_NONE: no run saw it */
	bool settled;    /* this run saw it, as the inventory says */
};

struct pulls {
	struct pulls_options options;
	struct strtab *names; /* number = index into entries */
	struct pulls_entry *entries;
	size_t count, capacity;
	struct strtab *digests;
	struct hours *hours;
	int64_t since, until;          /* as the run before left it, or DATE_ABSENT */
	char before[PULLS_PROOF_SIZE]; /* the proof of that run, or "" */
	bool before_found, too_many;
	bool source_changed;
	bool losing;  /* since the last line */
	int64_t loss; /* the time of the first line after the last ones that were left out */
	unsigned tag_proofs, digest_proofs;
	int64_t proof_time; /* of the last one in the log */
	int64_t first_time; /* of the earliest line, or DATE_ABSENT */
	uint64_t lines, pulls;
	struct pulls_verdict verdict;
};

/* The entry of NAME, LENGTH bytes, added if it is new; NULL: there are too many. Valid until the
 * next one is added. */
struct pulls_entry *pulls_entry_add(struct pulls *pulls, const char *name, size_t length);
/* The same; NULL: there is none. */
struct pulls_entry *pulls_entry_find(const struct pulls *pulls, const char *name, size_t length);

/* All of NAME is "REPOSITORY:TAG" or "REPOSITORY@DIGEST". */
bool pulls_name_valid(const char *name, size_t length);

#endif
