/* The certificate that we show to a server that wants one. Private to src/http. */
#ifndef HTTP_IDENTITY_H
#define HTTP_IDENTITY_H

#include "util/err.h"

#include <curl/curl.h>

/* -1 (ERR_USAGE): CERT or KEY, paths of PEM files, cannot be read or holds none, KEY wants a
 * passphrase, or it is another certificate's. */
int identity_check(const char *cert, const char *key, struct err *err)
	__attribute__((warn_unused_result));
/* Makes EASY show CERT (NULL: none), of which KEY is the key. */
void identity_set(CURL *easy, const char *cert, const char *key);

#endif
