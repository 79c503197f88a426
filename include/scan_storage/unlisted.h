/* Adds to an inventory what only the storage on this host shows: indexes that no tag reaches (S3),
 * and referrers that no index lists any more (S4). */
#ifndef SCAN_STORAGE_UNLISTED_H
#define SCAN_STORAGE_UNLISTED_H

#include <stdbool.h>
#include <stdint.h>

struct inventory;
struct layout; /* storage/layout.h */

/* Reads the revisions of REPOSITORY that the inventory does not know; those that are indexes or
 * have a subject are added, with their children, as manifests that no tag points at. The plan keeps
 * more for them, and lets such go as belong to what goes. What cannot be read is a trouble of the
 * repository (S2). False when the registry has tags there and none of their manifests is among
 * these: the folder is not the registry's. */
bool scan_storage_unlisted(struct inventory *inventory, struct layout *layout, uint32_t repository);

#endif
