/* Bytes of manifests that are to be deleted, for apply alone. */
#ifndef APPLY_BODY_H
#define APPLY_BODY_H

#include <stdbool.h>
#include <stdint.h>

struct http_response;
struct step; /* apply/recheck.h */
struct worker;

/* Whether RESPONSE, to a question for the digest of STEP's manifest, has its very bytes, and says
 * of which type they are. */
bool body_is_own(const struct worker *worker, const struct step *step,
		 const struct http_response *response);
/* STEP keeps a copy of them. */
void body_keep(struct step *step, const struct http_response *response);

#endif
