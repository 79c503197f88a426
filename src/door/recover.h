/* What is written down of a door, beside itself while it is open: that the registry is to be
 * restarted for what went through it. */
#ifndef DOOR_RECOVER_H
#define DOOR_RECOVER_H

#include "util/err.h"

#include <stdbool.h>

struct state; /* state/state.h */

/* Writes so, instead of that a door is open. -1 (ERR_IO). */
int door_owe_restart(const struct state *state, struct err *err)
	__attribute__((warn_unused_result));
/* Whether that is written. */
bool door_owes_restart(const struct state *state);

#endif
