/* A manifest's answer, checked and read into the inventory. */
#ifndef INVENTORY_VERIFIED_BODY_H
#define INVENTORY_VERIFIED_BODY_H

#include <stddef.h>
#include <stdint.h>

struct http_response;
struct inventory;

#define INVENTORY_WHY 256

/* Reads RESPONSE (status 200) as a manifest of REPOSITORY. EXPECTED: the digest that was asked for,
 * or NULL. The body must match the digest (S2); only schema1 bodies, which the registry signs anew
 * with every answer, cannot be checked. Returns the manifest, described if it was unseen, or
 * INVENTORY_NONE with WHY. */
uint32_t inventory_body(struct inventory *inventory, uint32_t repository, const char *expected,
			const struct http_response *response, char why[INVENTORY_WHY]);

#endif
