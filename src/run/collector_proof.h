/* Whether the collector works on what registry.url serves: proved by content, without a tool in the
 * registry's container. */
#ifndef RUN_COLLECTOR_PROOF_H
#define RUN_COLLECTOR_PROOF_H

#include "util/err.h"

#include <stdbool.h>

struct collector_marks; /* forecast/collector_marks.h */
struct plan;            /* plan/plan.h */
struct session;         /* session/session.h */

/* Compares MARKS, the manifests that the collector said that it marks, with a sample of those of
 * SESSION's inventory that the registry answers with now; where the inventory has none, a sample of
 * MARKS with what the registry answers; and always those of MARKS that the inventory does not know:
 * a copy with more in it marks all that ours has. PLAN knows which are the youngest, and whether
 * anything is to go. 1: they agree. 0: they differ, but it is not the LAST time, and something may
 * have come or gone meanwhile. -1: ERR_UNREACHABLE, it is another registry's collector, or the
 * registry does not answer; ERR_COLLECTOR, nothing could be compared although something is to go;
 * ERR_STOPPED. */
int collector_proof(const struct session *session, const struct plan *plan,
		    const struct collector_marks *marks, bool last, struct err *err)
	__attribute__((warn_unused_result));

#endif
