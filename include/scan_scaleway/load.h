/* Fills an inventory through Scaleway's API. */
#ifndef SCAN_SCALEWAY_LOAD_H
#define SCAN_SCALEWAY_LOAD_H

#include "util/err.h"

struct config; /* config/config.h */
struct http;   /* http/engine.h */
struct inventory;
struct scaleway_api;     /* scaleway/api.h */
struct scaleway_catalog; /* scan_scaleway/catalog.h */

/* Reads the namespaces, images and tags of CONFIG's region, or of registry.namespace or
 * registry.image alone, into INVENTORY and CATALOG, which are empty; nothing is written. A
 * repository is NAMESPACE/IMAGE, a manifest what a tag tells the digest of (MANIFEST_OPAQUE). Every
 * list is read twice. What is wrong with the tags of an image is a trouble of its repository,
 * counted in the inventory's failures and named in the log (S2); an image or a namespace that is
 * not ready, and so loses nothing, is no failure.
 * -1: ERR_UNREACHABLE: the namespaces or images cannot be read, or what registry.namespace or
 * registry.image names is not there; ERR_STOPPED. */
int scan_scaleway_load(struct inventory *inventory, struct scaleway_catalog *catalog,
		       struct scaleway_api *api, struct http *http, const struct config *config,
		       struct err *err) __attribute__((warn_unused_result));

/* After the load, and after debts were added to INVENTORY: what no tag shows, though the lists that
 * would are known, is not there (MANIFEST_MISSING), and a debt of that was paid (`gone`). */
void scan_scaleway_settle(struct inventory *inventory, const struct scaleway_catalog *catalog,
			  const struct config *config);

#endif
