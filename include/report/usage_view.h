/* What is to be shown of where the space goes: the same for text and JSON. */
#ifndef REPORT_USAGE_VIEW_H
#define REPORT_USAGE_VIEW_H

#include <stddef.h>
#include <stdint.h>

struct inventory;  /* inventory/inventory.h */
struct usage;      /* forecast/usage.h */
struct usage_tags; /* forecast/usage_tags.h */
struct uploads;    /* storage/uploads.h */

/* All is borrowed. */
struct space_view {
	const char *registry; /* its URL */
	const char *storage;  /* the folder whose blobs are counted; NULL: the API told all */
	const struct inventory *inventory;
	const struct usage *space;
	const struct uploads *uploads; /* NULL: not known */
	uint32_t repository;           /* whose tags are shown; INVENTORY_NONE: all repositories */
	const struct usage_tags *tags; /* of that one; NULL: all repositories */
	size_t top;                    /* lines; what comes behind them is one line. 0: all */
	size_t failures;               /* things that could not be read */
	int64_t at;                    /* when it was, seconds since 1970 */
};

/* How many lines of COUNT VIEW shows by themselves. */
static inline size_t space_view_lines(const struct space_view *view, size_t count)
{
	return view->top == 0 || count <= view->top ? count : view->top;
}

#endif
