/* Texts that are kept in the state: a header, lines, and the checksum of both as the last line. */
#ifndef LISTS_CHECKSUMMED_H
#define LISTS_CHECKSUMMED_H

#include "oci/digest.h"
#include "util/err.h"

#include <stddef.h>

struct buf;

/* TEXT must begin with HEADER ("clean-registry WHAT VERSION" and a newline). 0: it is as it was
 * when it was sealed; the *BODY bytes behind the header are lines, each with its newline, none with
 * a NUL; SUM is the checksum. -1 (ERR_IO): it is "not a WHAT", of another version, cut off or
 * damaged. */
int checksummed_open(const char *header, const char *text, size_t length, size_t *body,
		     char sum[DIGEST_TEXT], struct err *err) __attribute__((warn_unused_result));
/* Appends the checksum of TEXT, which begins with its header; it is in SUM, too. */
void checksummed_close(struct buf *text, char sum[DIGEST_TEXT]);

#endif
