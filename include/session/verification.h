/* Are all tags whole? Asked after a run, and by the verb `verify`. */
#ifndef SESSION_VERIFICATION_H
#define SESSION_VERIFICATION_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct inventory;
struct session;
struct verify_past;   /* verify/needs.h */
struct verify_result; /* verify/needs.h */

/* An empty inventory to be filled for a verification, with what SESSION knows of the server. */
struct inventory *verification_inventory(const struct session *session);
/* Fills it anew from where SESSION's own came from. -1: ERR_IO, ERR_UNREACHABLE, ERR_STOPPED. */
int verification_read(struct session *session, struct inventory *inventory, struct err *err)
	__attribute__((warn_unused_result));

/* Checks what the tags of INVENTORY need; DEEP: reads every blob. PAST may be NULL. Names in the
 * log each tag that is not whole, and what else could not be verified; ERRORS counts them. RESULT
 * is the caller's to clear. -1: as above. */
int verification_run(struct session *session, struct inventory *inventory,
		     const struct verify_past *past, bool deep, struct verify_result *result,
		     size_t *errors, struct err *err) __attribute__((warn_unused_result));

#endif
