/* One HTTP request to whoever is told, with its tries. Private to src/notify.
 *
 * 2xx is a success; every other answer is a failure, redirects too: neither a body nor a header
 * goes where the configuration does not say. What surely did not arrive (no connection, 429, 503)
 * is tried again while there is time. Proxies are those of the environment. */
#ifndef NOTIFY_REQUEST_H
#define NOTIFY_REQUEST_H

#include "util/err.h"
#include "util/string_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadline; /* notify/deadline.h */

struct request_to {
	const char *url;     /* a secret; nothing of it but the host is told */
	const char *ca_cert; /* "" when none */
	/* "Name: value" each; those in GIVEN go before those of the same name in OWN, which may be
	 * NULL. */
	const struct string_list *given;
	const struct string_list *own;
	bool posts;       /* POST, or GET without a body */
	const char *body; /* LENGTH bytes; or NULL: */
	size_t length;    /* bytes */
	int file;         /* what it sends then, from its beginning, LENGTH bytes */
};

/* 0, or -1 (ERR_IO): why not, without the secrets of TO. */
int request_send(const struct request_to *to, struct deadline *deadline, struct err *err)
	__attribute__((warn_unused_result));

/* SCHEME://HOST[:PORT] of URL; the caller's. */
char *request_place(const char *url);
/* Masks URL, and what of it could be told alone, from now on (util/secrets.h). */
void request_hide(const char *url);

#endif
