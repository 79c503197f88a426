/* Names of blobs by other algorithms than that by which the registry stores them. Distribution
 * stores what is pushed as sha512:X under its sha256, and only the link of the repository,
 * _layers/sha512/X/link, tells which one that is (2.8.2, 3.0.0 and 3.1.1,
 * registry/storage/linkedblobstore.go, linkBlob). Only a storage folder shows these links; through
 * the API none is known. */
#ifndef INVENTORY_ALIAS_H
#define INVENTORY_ALIAS_H

#include <stdbool.h>
#include <stdint.h>

struct inventory;

/* Notes that the blob named DIGEST is stored as STORED (the same digest: under its own name).
 * False: it was said before, by another link, that it is stored as another one; that stays. */
bool inventory_alias(struct inventory *inventory, const char *digest, const char *stored);

/* True when it is known how the blob that is named by DIGEST, a number in inventory.digests, is
 * stored. */
bool inventory_alias_known(const struct inventory *inventory, uint32_t digest);

/* By which digest the blob named by DIGEST is stored: another number in inventory.digests where
 * that is known, else DIGEST. */
uint32_t inventory_stored(const struct inventory *inventory, uint32_t digest);
/* The same for texts; borrowed from INVENTORY, or DIGEST itself. */
const char *inventory_stored_text(const struct inventory *inventory, const char *digest);

#endif
