/* Pages of _catalog and tags/list: what a Link header says of the next one (OCI distribution-spec
 * v1.1.1, "Listing Tags"; distribution's form in registry notes, section 2). */
#ifndef REGISTRY_PAGINATION_H
#define REGISTRY_PAGINATION_H

#include <stdbool.h>

struct page {
	char *last; /* decoded; the name after which the next page begins */
	char *n;    /* decoded; entries asked for, or NULL */
};

enum page_next { PAGE_NONE, PAGE_NEXT, PAGE_UNUSABLE };

/* LINK is the header's value, NULL when there is none. Only `last` and `n` are taken from its
 * rel="next" target, never its host or path: a proxy may have made these wrong, and credentials
 * must not follow them. PAGE_UNUSABLE: there is a next page, but no way to ask for it. After
 * PAGE_NEXT the caller releases PAGE (pagination_clear). */
enum page_next pagination_parse(const char *link, struct page *page);
void pagination_clear(struct page *page);

#endif
