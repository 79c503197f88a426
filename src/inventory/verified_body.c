/* Trusts a manifest only when its body is what its digest says. */
#include "inventory/verified_body.h"

#include "http/engine.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "oci/manifest.h"

#include <stdio.h>
#include <string.h>

/* The digest under which the registry knows this body, checked against it;
 * NULL with WHY where the two differ. */
static const char *checked_digest(const struct http_response *response, bool schema1,
				  const char *expected, char text[DIGEST_TEXT], const char **why)
{
	const char *header = response->docker_content_digest;
	const char *digest = header ? header : expected;

	*why = "the answer's digest is not the one that was asked for";
	if (header && expected && strcmp(header, expected) != 0)
		return NULL;
	*why = "the answer names no valid digest";
	if (!digest && !schema1)
		return digest_of(response->body, response->body_length, text);
	if (!digest || !digest_valid(digest, strlen(digest)))
		return NULL;
	*why = "the body does not match its digest";
	if (!schema1 && !digest_matches(digest, response->body, response->body_length))
		return NULL;
	return memcpy(text, digest, strlen(digest) + 1);
}

uint32_t inventory_body(struct inventory *inventory, uint32_t repository, const char *expected,
			const struct http_response *response, char why[INVENTORY_WHY])
{
	struct oci_manifest body;
	struct err err = { 0 };
	char digest[DIGEST_TEXT];
	const char *fault = NULL;
	uint32_t id;

	if (oci_manifest_parse(response->body, response->body_length, response->content_type, &body,
			       &err) < 0) {
		snprintf(why, INVENTORY_WHY, "%.255s", err.msg);
		return INVENTORY_NONE;
	}
	if (!checked_digest(response, body.kind == OCI_SCHEMA1, expected, digest, &fault)) {
		snprintf(why, INVENTORY_WHY, "%s", fault);
		oci_manifest_clear(&body);
		return INVENTORY_NONE;
	}
	id = inventory_manifest(inventory, repository, digest);
	if (inventory->manifests[id].kind == MANIFEST_UNSEEN)
		inventory_describe(inventory, id, &body, response->body_length);
	oci_manifest_clear(&body);
	return id;
}
