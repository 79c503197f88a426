/* What a 401 asks for: WWW-Authenticate (RFC 9110, 11.6.1; distribution's token specification).
 * Pure. Private to src/http. */
#ifndef HTTP_CHALLENGE_H
#define HTTP_CHALLENGE_H

#include "util/err.h"

#include <stdbool.h>

#define CHALLENGE_LONGEST 16384 /* bytes of all such headers of an answer */

/* The first Bearer challenge; each text is NULL when it is absent, and else owned. */
struct challenge {
	bool basic;  /* Basic is offered, too */
	bool bearer; /* without it the texts are NULL */
	char *realm, *service, *scope, *error;
};

/* Reads HEADER, in which several headers are joined by commas; other schemes are skipped. -1
 * (ERR_IO): it keeps not to the grammar, or a parameter of the Bearer challenge is given twice: OUT
 * is empty. */
int challenge_parse(const char *header, struct challenge *out, struct err *err)
	__attribute__((warn_unused_result));
/* For CLEANUP(); what is zero-initialised is empty. */
void challenge_clear(struct challenge *challenge);

#endif
