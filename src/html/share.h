/* How few rows are divided among many: a pure rule. */
#ifndef HTML_SHARE_H
#define HTML_SHARE_H

#include <stddef.h>

/* COUNTS has what each of COUNT groups would like to have. Returns the largest number, at most
 * TOTAL, so that all together they have no more than TOTAL where none has more than that number. */
size_t html_share(const size_t *counts, size_t count, size_t total);

#endif
