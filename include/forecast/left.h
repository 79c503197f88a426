/* What nothing refers to any more once some manifests are gone: a pure function. What a collection
 * does not remove of it must be held by something that the inventory does not know. */
#ifndef FORECAST_LEFT_H
#define FORECAST_LEFT_H

#include <stdbool.h>

struct inventory;
struct strtab; /* util/strtab.h */

/* GONE: of each manifest (as inventory.manifests). From the storage, all blob files that no
 * manifest refers to that is linked and not gone. From the API, where blobs may be shared with what
 * is not known, only the manifests themselves. The caller frees it. */
struct strtab *forecast_left(const struct inventory *inventory, const bool *gone);

#endif
