/* How empty namespaces are looked at and deleted, for src/apply_scaleway/namespaces.c. */
#ifndef APPLY_SCALEWAY_EMPTYING_H
#define APPLY_SCALEWAY_EMPTYING_H

#include "apply_scaleway/namespaces.h"
#include "scaleway/object.h"

/* CANDIDATES, COUNT of them, are the catalog's. As apply_scaleway_namespaces. */
int emptying_run(const struct scaleway_emptying *emptying,
		 const struct scaleway_object *const *candidates, size_t count,
		 struct scaleway_namespaces *namespaces, struct err *err)
	__attribute__((warn_unused_result));

#endif
