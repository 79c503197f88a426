/* Base64 with padding and without line breaks (RFC 4648, section 4), for src/undo alone. */
#ifndef UNDO_BASE64_H
#define UNDO_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* BYTES as text, the caller's. */
char *base64_encode(const char *bytes, size_t length);
/* What TEXT, of LENGTH characters, means, with a NUL behind it: the caller's; OUT_LENGTH gets its
 * bytes. NULL: TEXT is not exactly what base64_encode makes of anything. */
char *base64_decode(const char *text, size_t length, size_t *out_length);

#endif
