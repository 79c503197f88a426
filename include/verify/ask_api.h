/* Asks the registry for what tags need, through the v2 API. */
#ifndef VERIFY_ASK_API_H
#define VERIFY_ASK_API_H

#include "util/err.h"

struct api;
struct http;
struct verify;

/* Answers all items of VERIFY by asking for their first byte; WINDOW requests are in flight. -1:
 * ERR_UNREACHABLE (given up), or ERR_STOPPED. */
int verify_api(struct verify *verify, struct api *api, struct http *http, unsigned window,
	       struct err *err) __attribute__((warn_unused_result));
/* Then reads every blob that was found, unless its length is wrong already, once, and compares it
 * with its digest. -1 as above. */
int verify_api_deep(struct verify *verify, struct api *api, struct http *http, unsigned window,
		    struct err *err) __attribute__((warn_unused_result));

#endif
