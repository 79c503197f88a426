/* Text from elsewhere, for a terminal or a log. */
#ifndef UTIL_PRINTABLE_H
#define UTIL_PRINTABLE_H

struct buf;

/* Appends TEXT. Control characters, also those that UTF-8 writes as C2 80 to C2 9F, and bytes that
 * are no UTF-8 become \xNN. */
void printable_add(struct buf *out, const char *text);

#endif
