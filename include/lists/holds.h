/* What somebody wants kept, whatever the rules say: tags, and manifests by their digest, until a
 * certain time or until they are released.
 *
 * The file `holds` of the state: a line "SINCE UNTIL WHO NAME REASON" for each (seconds since 1970;
 * UNTIL is 0 for what is held until it is released), sorted by NAME, sealed (lists/checksummed.h).
 * No I/O, no clock. */
#ifndef LISTS_HOLDS_H
#define LISTS_HOLDS_H

#include "oci/digest.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define HOLDS_LIMIT   ((size_t)64 << 20) /* bytes of the file: a restored run may hold many */
#define HOLDS_REASON  400                /* bytes of a reason */
#define HOLDS_FOREVER 0

struct hold {
	char *name;    /* REPOSITORY:TAG or REPOSITORY@DIGEST, each valid */
	int64_t since; /* seconds since 1970 */
	int64_t until; /* the same, or HOLDS_FOREVER */
	char *who;     /* without blanks */
	char *reason;  /* one line, "": none */
};

struct holds {
	struct hold *items; /* by name */
	size_t count, capacity;
	char sum[DIGEST_TEXT]; /* of the text that was parsed last; "": of none */
	unsigned version;      /* how often what was parsed differed from what was there before */
};

struct holds *holds_new(void);
void holds_free(struct holds *holds); /* NULL is fine */

/* Whether HOLD still counts at NOW. A clock that is behind lets it count longer. */
bool holds_is_valid(const struct hold *hold, int64_t now);
/* NAME is that of a tag; otherwise of a digest. */
bool holds_is_of_tag(const struct hold *hold);

/* Takes over what TEXT says, in place of all that is there; NULL is no file, and says that nothing
 * is held. -1 (ERR_IO): nothing changes, since it is not exactly as it was written. */
int holds_parse(struct holds *holds, const char *text, size_t length, struct err *err)
	__attribute__((warn_unused_result));
/* Appends the whole file. */
void holds_print(const struct holds *holds, struct buf *out);

/* Adds a copy of HOLD, in place of the one of that name. */
void holds_put(struct holds *holds, const struct hold *hold);
/* False: nothing is held under NAME. */
bool holds_drop(struct holds *holds, const char *name);
void holds_drop_expired(struct holds *holds, int64_t now);

/* Appends "by alice since 2026-01-01T00:00:00Z until released: reason". */
void holds_describe(const struct hold *hold, struct buf *out);

/* What is held under this name, expired or not, or NULL. Borrowed until the next change. */
const struct hold *holds_find(const struct holds *holds, const char *name);
/* The hold of the TAG that counts at NOW, or NULL. */
const struct hold *holds_find_tag(const struct holds *holds, const char *repository,
				  const char *tag, int64_t now);

#endif
