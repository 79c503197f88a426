/* When tags were pulled last, by the registry's access log, and for how long that log has been
 * whole. What is known is kept between runs in the file `pulls` of the state.
 *
 * A pull is a GET or HEAD of a manifest that was answered 2xx or 304: clients that have all layers
 * ask no more than that. Our own do not count, nor do those of the agents to ignore. A pull by
 * digest counts for the tags that had it in the run before or have it now, one of a part for its
 * index.
 *
 * A log is believed only if it has the requests that this run sent for that (the proof), at the
 * time at which they were sent. It is whole since the run before if it has the proof of that run,
 * too, and has not been silent for longer than PULLS_SILENCE_HOURS; otherwise since the end of its
 * last such silence, or since its first line. No I/O. */
#ifndef PULLS_PULLS_H
#define PULLS_PULLS_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct inventory;
struct string_list;

#define PULLS_SILENCE_HOURS 48
/* Requests for a tag, and for a digest; a cache in between may let one pass, or keep digests only.
 */
#define PULLS_PROOFS      2
#define PULLS_AGENT       "clean-registry/"           /* how our User-Agent begins */
#define PULLS_LIMIT       ((size_t)256 * 1024 * 1024) /* bytes of the file */
#define PULLS_SOURCE_SIZE 65
#define PULLS_PROOF_SIZE  33

struct pulls; /* opaque */

struct pulls_options {
	const char *prefix;               /* the path of registry.url, "" when none; borrowed */
	const struct string_list *ignore; /* parts of User-Agents; borrowed */
	const char *proof;  /* a word that is in the User-Agent of this run's proof; borrowed */
	const char *source; /* a word that is another one when the log is, or IGNORE; borrowed */
	int64_t now;        /* seconds since 1970 */
	long skew;          /* seconds by which the log's clock may differ */
};

struct pulls *pulls_new(const struct pulls_options *options);
void pulls_free(struct pulls *pulls); /* NULL is fine */

/* Takes over what TEXT says; before any line. -1 (ERR_IO): nothing of it, since it is not exactly
 * as it was written ("damaged", …). What was read from another source is taken over, but not that
 * it was all. */
int pulls_parse(struct pulls *pulls, const char *text, size_t length, struct err *err)
	__attribute__((warn_unused_result));
/* Up to when an earlier run read the log, seconds since 1970, or DATE_ABSENT: what was written to
 * it before need not be given again, the proof of that run excepted, which was written at about
 * then. */
int64_t pulls_read_until(const struct pulls *pulls);
int64_t pulls_now(const struct pulls *pulls); /* as its options say */
/* What was parsed had another source: the log is read from its first line. */
bool pulls_source_changed(const struct pulls *pulls);

/* The next line of a log, without its newline, in any order; what is no line of an access log is
 * ignored. */
void pulls_line(struct pulls *pulls, const char *line, size_t length);
/* Here lines were left out, up to the time of the next one. */
void pulls_lost(struct pulls *pulls);
/* All lines are given again. */
void pulls_again(struct pulls *pulls);
/* Whether the whole proof of this run was in the lines so far. */
bool pulls_proved(const struct pulls *pulls);

enum pulls_belief {
	PULLS_BELIEVED,
	PULLS_NO_PROOF,   /* the proof is not in the log, or not all of it */
	PULLS_OTHER_TIME, /* it is, at another time */
	PULLS_TOO_MANY,   /* more names were pulled than can be remembered */
};

struct pulls_verdict {
	enum pulls_belief belief;
	int64_t since;     /* the log is whole since then, when BELIEVED */
	bool since_moved;  /* that is later than the run before had it */
	bool restarted;    /* the proof of the run before is not in it any more */
	bool lost;         /* lines were left out before that */
	int64_t silent;    /* seconds without a line, after which SINCE comes; 0: none */
	int64_t clock_off; /* OTHER_TIME: seconds by which its clock is ahead */
	uint64_t lines, pulls;
};

/* After the last line. */
struct pulls_verdict pulls_judge(struct pulls *pulls);

/* A tag that was put back AT a time, with the times that it had before; seconds since 1970. */
struct pulls_restored {
	const char *repository, *tag, *digest;
	int64_t at;
	int64_t seen, pulled; /* DATE_ABSENT: not known, and then nothing goes by it */
};
/* After the last line, and before pulls_settle: the tag, which has DIGEST, was seen with it first
 * and pulled when it was before. False: it was pushed since it was put back, says the log or what
 * an earlier run knew, and nothing changes. */
bool pulls_restored(struct pulls *pulls, const struct pulls_restored *restored);

/* Sets what the inventory says of pulls: of each tag when it was pulled last and when it was seen
 * first, and since when the log is whole (DATE_ABSENT: it is not believed). Nothing is later than
 * NOW, to which the rules hold. */
void pulls_settle(struct pulls *pulls, struct inventory *inventory, int64_t now);
/* Appends the whole file, after pulls_settle. What is not in INVENTORY is kept for DAYS, as it may
 * only have been hidden. */
void pulls_print(const struct pulls *pulls, const struct inventory *inventory, long days,
		 struct buf *out);

#endif
