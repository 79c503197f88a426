/* Rules that keep a number of the newest, and what such a number means for tags of unknown age. For
 * src/plan/rules.c only. */
#ifndef PLAN_NUMBERS_H
#define PLAN_NUMBERS_H

#include "plan/rules.h"

#include <stdbool.h>
#include <stdint.h>

struct plan_judge;

/* Ranks the tags whose RESULTS is REGEX_YES, without those that stay anyway: sets their PLACES,
 * 1 for the newest, 0 for those that cannot be ranked, and GROUP. IMAGES: tags of one manifest
 * share one place, the undated ones, too.
 */
void plan_numbers_rank(struct plan_judge *judge, bool images);
/* Ends what plan_numbers_rank began. */
void plan_numbers_clear(struct plan_judge *judge);

/* What a rule that keeps the NUMBER newest of the group says of TAG, one of the group or one with
 * no place:
 *
 *   PLAN_KEEPS          it is among them;
 *   PLAN_NOT_COUNTED    somebody holds it, or it is not ready;
 *   PLAN_KEEPS_UNDATED  its age is not known: it may be among them, so that no rule may take it
 *                       (S2);
 *   PLAN_KEEPS_GROUP    more tags of the group are undated than dated: which are the newest is not
 *                       known. A tag whose manifest is owed is left out of this: it was planned
 *                       when the rest of the group was still there (S12);
 *   PLAN_SILENT         none of these. A NUMBER of 0 keeps nothing. */
enum plan_says plan_numbers_say(const struct plan_judge *judge, uint32_t tag, long number);

#endif
