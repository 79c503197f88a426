/* A page of a list: pure. Private to src/scaleway. */
#ifndef SCALEWAY_PAGE_H
#define SCALEWAY_PAGE_H

#include "scaleway/object.h"

/* Zero-initialised is empty. */
struct scaleway_page {
	struct scaleway_object *items;
	size_t count, capacity;
	int64_t total; /* total_count; -1: not told */
};

/* Reads BODY as a list of KIND, all of PARENT (a UUID in lower case; NULL: of any). PAGE, which is
 * zero, is the caller's to scaleway_page_clear in any case. -1 (ERR_IO): it is not strict JSON,
 * holds no such list, tells a number of entries that is none, or has an entry that is not usable or
 * of another parent. The message has none of the text. */
int scaleway_page_read(const char *body, size_t length, enum scaleway_kind kind, const char *parent,
		       struct scaleway_page *page, struct err *err)
	__attribute__((warn_unused_result));
void scaleway_page_clear(struct scaleway_page *page);

#endif
