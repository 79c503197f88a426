/* What a run begins outside of this program and has to end whatever becomes of it: written down
 * before it is begun, and ended by the next run, or by `recover`, where it was killed. Of each kind
 * there is at most one in a registry's folder of the state. */
#ifndef STATE_LEFTOVER_H
#define STATE_LEFTOVER_H

#include "util/err.h"

#include <stddef.h>

struct state; /* state/state.h */

#define LEFTOVER_LIMIT ((size_t)64 << 10) /* bytes; one that is longer is damaged */

enum leftover_kind {
	LEFTOVER_DOOR,    /* a second registry process that takes deletes */
	LEFTOVER_OFFLINE, /* a registry that is stopped for its collection */
};

struct leftover_field {
	char *name;  /* a word */
	char *value; /* one line; no secret */
};
/* Zero-initialised but for its kind: nothing is left over. */
struct leftover {
	enum leftover_kind kind;
	struct leftover_field *fields;
	size_t count;
};

/* Sets NAME, a word, to VALUE, which has no control characters (they would become blanks). */
void leftover_set(struct leftover *leftover, const char *name, const char *value);
/* What NAME was set to, borrowed; "" when it was not. */
const char *leftover_get(const struct leftover *leftover, const char *name);
void leftover_clear(struct leftover *leftover);

/* Replaces what is known of its kind, durably; gives up the reserve on a full disk. -1 (ERR_IO): do
 * not begin it. */
int leftover_write(const struct state *state, const struct leftover *leftover, struct err *err)
	__attribute__((warn_unused_result));
/* 1: there is one, OUT, the caller's to clear. 0: none. -1 (ERR_IO): that is not known, because it
 * is damaged or cannot be read; the message names the file. */
int leftover_read(const struct state *state, enum leftover_kind kind, struct leftover *out,
		  struct err *err) __attribute__((warn_unused_result));
/* It has ended. -1 (ERR_IO): it stays written down. */
int leftover_remove(const struct state *state, enum leftover_kind kind, struct err *err)
	__attribute__((warn_unused_result));

#endif
