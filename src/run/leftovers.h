/* Whether a collection did what it was for (S10): each blob that should go is gone, whoever removed
 * it, or the collector named what holds it. */
#ifndef RUN_LEFTOVERS_H
#define RUN_LEFTOVERS_H

#include "util/err.h"

struct run;    /* run/context.h */
struct strtab; /* util/strtab.h */

/* The digests of blobs that nothing refers to any more since RUN's deletes. The caller frees it. */
struct strtab *leftovers_expected(const struct run *run);
/* After RUN's collection. -1 (ERR_COLLECTOR): the collector marked what RUN deleted and nobody
 * pushed again, or some of EXPECTED are still there, and it did not say why; ERR_STOPPED. */
int leftovers_check(const struct run *run, const struct strtab *expected, struct err *err)
	__attribute__((warn_unused_result));

#endif
