/* Runs the commands of protect.in_use. For src/session/policy_inputs.c only. */
#ifndef SESSION_ASK_IN_USE_H
#define SESSION_ASK_IN_USE_H

#include "util/err.h"

struct config; /* config/config.h */
struct image_refs;
struct inventory; /* lists/image_refs.h */

/* What all of them print. NULL: ERR_SAFETY when one cannot be run, fails, or prints nothing:
 * nothing may be deleted then; ERR_STOPPED. */
struct image_refs *ask_in_use(const struct config *config, const struct inventory *inventory,
			      struct err *err);

#endif
