/* What a repository's tags pointed at when they were seen last, for apply alone: what a look hands
 * to the quick looks after it, and what tells which tags went with a batch of deletes. */
#ifndef APPLY_VIEW_H
#define APPLY_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api_list;
struct inventory;
struct strtab;

struct view; /* opaque */

struct view *view_new(void);
void view_free(struct view *view); /* NULL is fine */

/* Takes the tags of REPOSITORY of INVENTORY as all that there are. True when one of them was seen
 * before and points elsewhere now. */
bool view_take(struct view *view, const struct inventory *inventory, uint32_t repository);
/* Takes the names of LIST as all that there are; what they point at is known only where they were
 * in the list before. */
void view_list(struct view *view, const struct api_list *list);
/* All names that are listed now. The caller frees it. */
struct strtab *view_names(const struct view *view);

/* Tags seen so far are numbered from 0 to below this. */
uint32_t view_count(const struct view *view);
const char *view_name(const struct view *view, uint32_t tag);
/* The digest that TAG had when it was seen last, or NULL: not known. Borrowed from VIEW. */
const char *view_digest(const struct view *view, uint32_t tag);
/* DIGEST may be NULL. */
void view_set(struct view *view, uint32_t tag, const char *digest);
/* Whether TAG is listed now. */
bool view_listed(const struct view *view, uint32_t tag);
/* Whether it was listed until the list that was taken last. */
bool view_vanished(const struct view *view, uint32_t tag);
/* The number of NAME if it is listed, or INVENTORY_NONE. */
uint32_t view_find(const struct view *view, const char *name);

#endif
