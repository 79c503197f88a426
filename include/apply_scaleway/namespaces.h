/* Namespaces of Scaleway's registry without any image (cleanup.delete_empty_namespaces).
 *
 * The API deletes a namespace with all that is in it, so it is no safety net: a namespace goes only
 * when it was seen empty twice, seconds apart, by its own count and by the list of its images, the
 * second time right before its DELETE. What is pushed between that look and the DELETE goes along:
 * nothing of the API prevents that. */
#ifndef APPLY_SCALEWAY_NAMESPACES_H
#define APPLY_SCALEWAY_NAMESPACES_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;             /* http/engine.h */
struct policy;           /* policy/policy.h */
struct scaleway_api;     /* scaleway/api.h */
struct scaleway_catalog; /* scan_scaleway/catalog.h */

enum scaleway_namespace_fate {
	SCALEWAY_NAMESPACE_PLANNED = 0, /* it would go, or was not come to */
	SCALEWAY_NAMESPACE_DELETED,     /* and seen gone */
	SCALEWAY_NAMESPACE_FAILED,      /* ERROR says why */
	SCALEWAY_NAMESPACE_KEPT,        /* it changed between the two looks, and stays */
};

/* What became of one that was to go. */
struct scaleway_namespace {
	char *id, *name;
	enum scaleway_namespace_fate fate;
	char error[512]; /* of a FAILED one; else "" */
};

/* All that were to go, in the order of the catalog. */
struct scaleway_namespaces {
	struct scaleway_namespace *items;
	size_t count;
	size_t deleted, failed; /* of them */
};

void apply_scaleway_namespaces_clear(struct scaleway_namespaces *namespaces);

struct scaleway_namespace_rules {
	const struct scaleway_catalog *catalog;
	const struct policy *policy;
	const char *only; /* the id of the one that may go, or NULL: any of the catalog */
	int64_t now;      /* seconds since 1970 */
	long hours;       /* cleanup.empty_namespace_hours */
};

struct scaleway_emptying {
	struct scaleway_namespace_rules rules;
	struct scaleway_api *api;
	struct http *http;
	int64_t until_ms;          /* monotonic: after that no DELETE is begun; 0: no limit */
	unsigned deleting_seconds; /* registry.deleting_seconds */
	bool dry_run;              /* looks once, and deletes nothing */
};

/* Looks for empty namespaces and deletes them, or only says which would go now; NAMESPACES (zeroed)
 * gets them, and is the caller's. -1: ERR_STOPPED, ERR_UNREACHABLE ended it early. What failed is
 * told in the log and counted. */
int apply_scaleway_namespaces(const struct scaleway_emptying *emptying,
			      struct scaleway_namespaces *namespaces, struct err *err)
	__attribute__((warn_unused_result));

#endif
