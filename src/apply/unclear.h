/* Finds out whether a DELETE without a clear end was done (S10), for apply alone. */
#ifndef APPLY_UNCLEAR_H
#define APPLY_UNCLEAR_H

#include <stdbool.h>

struct step; /* apply/recheck.h */
struct worker;

/* Resolves STEP's manifest and lists the tags again. It is done when the manifest is gone, or only
 * a tag was to go, and none of its tags is listed. DONE is called from http_run. */
void unclear_begin(struct worker *worker, struct step *step,
		   void (*done)(struct worker *worker, struct step *step, bool is_done));

#endif
