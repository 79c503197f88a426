/* Transfers by libcurl that end in time. Private to src/notify; with src/http the only code that
 * knows curl. */
#ifndef NOTIFY_TRANSFER_H
#define NOTIFY_TRANSFER_H

#include "util/err.h"

#include <curl/curl.h>

struct deadline; /* notify/deadline.h */

/* A handle that asks no .netrc, follows nothing, checks certificates, by CA_CERT ("": the system's
 * authorities), and writes what fails into ERROR. The caller's (curl_easy_cleanup). NULL (ERR_IO):
 * CA_CERT cannot be used. */
CURL *transfer_new(const char *ca_cert, char error[CURL_ERROR_SIZE], struct err *err);
/* Runs EASY to its end, or until DEADLINE is over, which is CURLE_OPERATION_TIMEDOUT. Neither a
 * server that drips, nor one that says nothing, nor the resolver holds it longer. */
CURLcode transfer_run(CURL *easy, struct deadline *deadline);
/* Says in ERR why CODE came; returns -1. */
int transfer_failed(CURLcode code, const char *error, const struct deadline *deadline,
		    struct err *err);

#endif
