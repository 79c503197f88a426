/* Tags that somebody named: in use, in a retain list, in the plan that is applied. One that is
 * there and that no list names proves that the list leaves names out (S2, S6). */
#ifndef INVENTORY_NAMED_H
#define INVENTORY_NAMED_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct api;
struct http;
struct inventory;
struct named; /* opaque */

struct named *named_new(void);
void named_free(struct named *named); /* NULL is fine */
/* REFERENCE is REPOSITORY:TAG; what cannot be one is left out. WHERE it is named, for people ("the
 * plan"), is static. AGAIN: a look at its repository asks for it, too (named_tag). */
void named_add(struct named *named, const char *reference, const char *where, bool again);

size_t named_count(const struct named *named);
/* Name NUMBER, if it is of REPOSITORY and to be asked for again; or NULL. */
const char *named_tag(const struct named *named, size_t number, const char *repository);
const char *named_where(const struct named *named, size_t number);

/* Asks for each of NAMED that is of a repository in INVENTORY, which was filled through the API,
 * and in none of its lists. What is there all the same, or does not say whether it is, is a fault
 * of its repository. WINDOW requests are in flight. -1: as http_run. */
int named_check(const struct named *named, struct inventory *inventory, struct api *api,
		struct http *http, unsigned window, struct err *err)
	__attribute__((warn_unused_result));

#endif
