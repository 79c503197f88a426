/* UUIDs in their usual form: 8-4-4-4-12 hex digits (RFC 9562, section 4). */
#ifndef UTIL_UUID_H
#define UTIL_UUID_H

#include <stdbool.h>

/* Whether TEXT is one, in letters of either case. */
bool uuid_valid(const char *text);
/* Makes the letters of TEXT, which is one, lower case. */
void uuid_lower(char *text);

#endif
