/* Values of JSON, written to a stream. */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdint.h>
#include <stdio.h>

#define JSON_WRITE_UNKNOWN UINT64_MAX /* a number that is not known: null */

/* NULL: null. What is not UTF-8 becomes U+FFFD. */
void json_write_string(FILE *stream, const char *text);
void json_write_number(FILE *stream, uint64_t number);
/* Seconds since 1970 as RFC 3339, or null where util/date.h does not call them known. */
void json_write_time(FILE *stream, int64_t seconds);

#endif
