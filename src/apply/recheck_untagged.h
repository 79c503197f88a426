/* The look before the delete (S6) at what goes since it has been without a tag for long, for apply
 * alone. */
#ifndef APPLY_RECHECK_UNTAGGED_H
#define APPLY_RECHECK_UNTAGGED_H

#include <stddef.h>

struct apply;
struct inventory;
struct step; /* apply/recheck.h */

/* Reads again since when the manifests of STEPS still to do have been without a tag, where that was
 * known when they were planned, and holds in FRESH, the one repository looked at again, those that
 * have had a tag since, or of which it is not known any more. */
void recheck_untagged_keep(const struct apply *apply, const struct step *steps, size_t count,
			   struct inventory *fresh);

#endif
