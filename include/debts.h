/* What is still owed, in memory and as the lines of its journal (see state.h). No I/O but warnings.
 */
#ifndef DEBTS_H
#define DEBTS_H

#include "util/buf.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct collecting; /* collecting.h */
struct debts;      /* opaque */

enum debt_status {
	DEBT_NONE, /* never owed, or it stays after all */
	DEBT_OWED, /* to be deleted */
	DEBT_GONE, /* deleted */
};

#define DEBTS_COLLECT   "collect\n"   /* a collection is owed */
#define DEBTS_COLLECTED "collected\n" /* none is */
/* The collection that was begun (collecting.h) has ended, however that was found out. */
#define DEBTS_ENDED "ended\n"

struct debts *debts_new(void);
void debts_free(struct debts *debts); /* NULL is fine */

/* Owes DIGEST of REPOSITORY since SINCE, when that was planned: seconds since 1970, or DATE_ABSENT
 * (oci/date.h). What is owed already keeps its time. */
void debts_owe(struct debts *debts, const char *repository, const char *digest, int64_t since);
/* It is owed no more: it is GONE, or it stays after all. */
void debts_strike(struct debts *debts, const char *repository, const char *digest, bool gone);
bool debts_is_owed(const struct debts *debts, const char *repository, const char *digest);
/* Forgets what is gone from REPOSITORY. False when there is nothing to forget, or something is
 * still owed.
 */
bool debts_settle(struct debts *debts, const char *repository);
void debts_set_collection(struct debts *debts, bool owed);
bool debts_collection(const struct debts *debts);
/* Remembers the collection that was begun and whose end was not seen; NULL: it was. */
void debts_set_collecting(struct debts *debts, const struct collecting *collecting);
/* NULL when there is none; borrowed until the next change. */
const struct collecting *debts_collecting(const struct debts *debts);

/* SINCE: of what is owed, when that was planned; otherwise DATE_ABSENT. */
typedef void (*debts_each)(void *ctx, const char *repository, const char *digest, int64_t since);
/* Calls EACH for what is owed, or (DEBT_GONE) for what is gone from repositories that are not
 * settled since. */
void debts_visit(const struct debts *debts, enum debt_status status, debts_each each, void *ctx);

/* Appends the line that says that DIGEST of REPOSITORY has STATUS, SINCE then where it is owed. -1
 * (ERR_IO): that cannot be said in a line, because of what the names consist of. */
int debts_line(struct buf *out, enum debt_status status, const char *repository, const char *digest,
	       int64_t since, struct err *err) __attribute__((warn_unused_result));
/* Appends the line that says that REPOSITORY is settled. */
void debts_settled_line(struct buf *out, const char *repository);
/* Appends a whole journal without history. */
void debts_print(const struct debts *debts, struct buf *out);

/* Takes over what the journal TEXT says, also one of version 1, which knows of no collection that
 * was begun; PATH is for messages. Lines that are not understood are warnings and make a collection
 * owed; a last line without its newline is passed over. -1 (ERR_USAGE): the journal is of another
 * version. */
int debts_parse(struct debts *debts, const char *path, const char *text, size_t length,
		struct err *err) __attribute__((warn_unused_result));

#endif
