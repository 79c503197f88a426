/* Fills an inventory through the v2 API, many requests in flight. */
#ifndef SCAN_API_LOAD_H
#define SCAN_API_LOAD_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct http;
struct inventory;
struct cache;
struct string_list; /* util/string_list.h */

/* Reads everything: the catalog and the repositories that INVENTORY names already, their tags, and
 * for each repository the manifests that these lead to (children, subjects) or that are named
 * already (debts); each config once. WINDOW requests are in flight. What could not be read is a
 * trouble of its repository, counted in INVENTORY's failures and named in the log. CACHE, or NULL:
 * what earlier runs read is not read again, and what it was, or the date of its config, is marked
 * as remembered; the dates that are known now are put into it. -1: ERR_UNREACHABLE (given up, or
 * the catalog is refused), or ERR_STOPPED. */
int scan_api_load(struct inventory *inventory, struct api *api, struct http *http, unsigned window,
		  struct cache *cache, struct err *err) __attribute__((warn_unused_result));

struct inventory_look {
	/* Has one repository, no tags, and manifests that are owed; filled like in the load, but
	 * nothing of it is logged. */
	struct inventory *fresh;
	/* What was read before; what a digest is never changes, so it is not read again. Tags that
	 * still have their digest are answered with 304. Its `named` are asked for like
	 * PROTECTED_TAGS. */
	const struct inventory *known;
	const bool *reread; /* by manifest of KNOWN: it is read again all the same; or NULL */
	/* Names that exist or not, whatever the list says: one that exists and is not listed makes
	 * the list incomplete (S6). */
	const struct string_list *protected_tags;
	unsigned window;
	/* Called from http_run when all is read. */
	void (*done)(void *ctx);
	void *ctx;
};

/* Begins to look at one repository again; ends in LOOK.done. All of LOOK is borrowed until then. */
void rescan_begin(const struct inventory_look *look, struct api *api);

#endif
