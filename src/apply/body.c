/* What is kept is what the digest says, and nothing else. */
#include "apply/body.h"

#include "apply/recheck.h"
#include "apply/shared.h"
#include "apply/step.h"
#include "apply/worker.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "util/xalloc.h"

#include <string.h>

/* A manifest of schema1 is signed anew for each answer: the registry knows it by what is signed. */
bool body_is_own(const struct worker *worker, const struct step *step,
		 const struct http_response *response)
{
	const char *digest = step_digest(worker, step);
	const char *said = response->docker_content_digest;

	if (!response->content_type || (said && strcmp(said, digest) != 0))
		return false;
	return worker->apply->inventory->manifests[step->manifest].kind == MANIFEST_SCHEMA1 ||
	       digest_matches(digest, response->body, response->body_length);
}

void body_keep(struct step *step, const struct http_response *response)
{
	step->body = xmalloc(response->body_length + 1);
	memcpy(step->body, response->body, response->body_length);
	step->body_length = response->body_length;
	step->type = xstrdup(response->content_type);
}
