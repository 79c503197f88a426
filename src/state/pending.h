/* What is still owed, in memory and as the lines of its journal (see state/state.h). No I/O but
 * warnings.
 */
#ifndef STATE_PENDING_H
#define STATE_PENDING_H

#include "util/buf.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct collecting; /* state/collecting.h */
struct pending;    /* opaque */

enum pending_status {
	PENDING_NONE,   /* never owed, or it stays after all */
	PENDING_DELETE, /* to be deleted */
	PENDING_GONE,   /* deleted */
};

#define PENDING_COLLECT   "collect\n"   /* a collection is owed */
#define PENDING_COLLECTED "collected\n" /* none is */
/* The collection that was begun (state/collecting.h) has ended, however that was found out. */
#define PENDING_ENDED "ended\n"

struct pending *pending_new(void);
void pending_free(struct pending *pending); /* NULL is fine */

/* Owes DIGEST of REPOSITORY since SINCE, when that was planned: seconds since 1970, or DATE_ABSENT
 * (util/date.h). What is owed already keeps its time. */
void pending_add(struct pending *pending, const char *repository, const char *digest,
		 int64_t since);
/* It is owed no more: it is GONE, or it stays after all. */
void pending_clear(struct pending *pending, const char *repository, const char *digest, bool gone);
bool pending_has(const struct pending *pending, const char *repository, const char *digest);
/* Forgets what is gone from REPOSITORY. False when there is nothing to forget, or something is
 * still owed.
 */
bool pending_checkpoint(struct pending *pending, const char *repository);
void pending_set_collection(struct pending *pending, bool owed);
bool pending_collection(const struct pending *pending);
/* Remembers the collection that was begun and whose end was not seen; NULL: it was. */
void pending_set_collecting(struct pending *pending, const struct collecting *collecting);
/* NULL when there is none; borrowed until the next change. */
const struct collecting *pending_collecting(const struct pending *pending);

/* SINCE: of what is owed, when that was planned; otherwise DATE_ABSENT. */
typedef void (*debts_each)(void *ctx, const char *repository, const char *digest, int64_t since);
/* Calls EACH for what is owed, or (PENDING_GONE) for what is gone from repositories that are not
 * settled since. */
void pending_visit(const struct pending *pending, enum pending_status status, debts_each each,
		   void *ctx);

/* Appends the line that says that DIGEST of REPOSITORY has STATUS, SINCE then where it is owed. -1
 * (ERR_IO): that cannot be said in a line, because of what the names consist of. */
int pending_line(struct buf *out, enum pending_status status, const char *repository,
		 const char *digest, int64_t since, struct err *err)
	__attribute__((warn_unused_result));
/* Appends the line that says that REPOSITORY is settled. */
void pending_checkpoint_line(struct buf *out, const char *repository);
/* Appends a whole journal without history. */
void pending_print(const struct pending *pending, struct buf *out);

/* Takes over what the journal TEXT says, also one of version 1, which knows of no collection that
 * was begun; PATH is for messages. Lines that are not understood are warnings and make a collection
 * owed; a last line without its newline is passed over. -1 (ERR_USAGE): the journal is of another
 * version. */
int pending_parse(struct pending *pending, const char *path, const char *text, size_t length,
		  struct err *err) __attribute__((warn_unused_result));

#endif
