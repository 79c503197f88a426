/* Regular expressions (PCRE2: Perl's, and so nearly Python's), interpreted, within limits. Bytes,
 * not UTF-8; letter case counts; not anchored. */
#ifndef UTIL_REGEX_H
#define UTIL_REGEX_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

struct regex; /* opaque; matching changes nothing in it that could be seen, but needs its memory:
	       * one of them must not be used by two threads at a time */

enum regex_result {
	REGEX_NO,
	REGEX_YES,
	REGEX_LIMIT, /* it backtracks too much to tell, or it failed otherwise */
};

/* NULL (ERR_USAGE): PATTERN does not compile; ERR says why and at which offset, counted in bytes
 * from 0, and holds nothing else of it. */
struct regex *regex_new(const char *pattern, struct err *err);
void regex_free(struct regex *regex); /* NULL is fine */

/* A text that is made ready once, to be matched against many expressions. */
struct regex_text {
	const char *text; /* borrowed */
	size_t length;
	uint64_t has[2];    /* by byte modulo 128: which bytes it has */
	uint64_t begins[2]; /* the same for its first byte alone */
};
struct regex_text regex_text(const char *text, size_t length);

/* Whether some part of TEXT matches. */
enum regex_result regex_match(const struct regex *regex, const struct regex_text *text);

#endif
