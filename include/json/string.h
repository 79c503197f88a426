/* JSON strings, read strictly: escapes, surrogate pairs, UTF-8. */
#ifndef JSON_STRING_H
#define JSON_STRING_H

#include <stddef.h>

struct buf; /* see util/buf.h */

/* Reads from *AT, behind the opening quote, to behind the closing one, and adds what the string
 * means to TEXT, in UTF-8. NULL, or what is wrong at *AT as a phrase in static memory. */
const char *json_string_scan(const char **at, const char *end, struct buf *text)
	__attribute__((warn_unused_result));

/* How many bytes the UTF-8 sequence at AT has, 0 when it is none: longer than it need be, half of a
 * surrogate pair, beyond U+10FFFF, or cut. */
size_t json_utf8_length(const char *at, const char *end);

#endif
