/* What an earlier run remembered is no ground to delete anything: it is read again first. For
 * src/apply_look.c only. */
#ifndef APPLY_DOUBTS_H
#define APPLY_DOUBTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;
struct step; /* apply_look.h */

/* By manifest of INVENTORY: whether it was only remembered, and one of the STEPS that are still to
 * do in REPOSITORY depends on it. The caller frees it; NULL: none. */
bool *apply_doubts(const struct inventory *inventory, uint32_t repository, const struct step *steps,
		   size_t count);
/* What was DOUBTED (may be NULL) and is in FRESH, which was read just now, as it was remembered, is
 * known from this run from now on. */
void apply_doubts_settle(struct inventory *inventory, uint32_t repository, const bool *doubted,
			 const struct inventory *fresh);

#endif
