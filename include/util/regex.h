/* Regular expressions (PCRE2: Perl's, and so nearly Python's), interpreted, within limits. Bytes,
 * not UTF-8; letter case counts; not anchored. */
#ifndef UTIL_REGEX_H
#define UTIL_REGEX_H

#include "util/err.h"

#include <stddef.h>

struct regex; /* opaque; matching changes nothing in it that could be seen */

enum regex_result {
	REGEX_NO,
	REGEX_YES,
	REGEX_LIMIT, /* it backtracks too much to tell, or it failed otherwise */
};

/* NULL (ERR_USAGE): PATTERN does not compile; ERR says why and at which offset, counted in bytes
 * from 0, and holds nothing else of it. */
struct regex *regex_new(const char *pattern, struct err *err);
void regex_free(struct regex *regex); /* NULL is fine */

/* Whether some part of the LENGTH bytes at TEXT matches. */
enum regex_result regex_match(const struct regex *regex, const char *text, size_t length);

#endif
