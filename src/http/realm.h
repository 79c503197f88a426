/* The URL of a token server. Pure. Private to src/http. */
#ifndef HTTP_REALM_H
#define HTTP_REALM_H

#include "util/err.h"

#include <stdbool.h>

/* REALM as a challenge to a request for URL has it, which may be relative to URL. OUT is the
 * caller's. -1 (ERR_IO): it is no http or https URL, or has credentials in it. */
int realm_resolve(const char *url, const char *realm, char **out, struct err *err)
	__attribute__((warn_unused_result));
/* Whether REALM may be told the password of the registry at URL (S11): over TLS; in the clear only
 * where the registry would be told it in the clear, too, and then only on the registry's own host
 * or on this one. */
bool realm_trusted(const char *url, const char *realm);
/* REALM with what a token is asked for: `service` unless it is "", and `scope` likewise. The
 * caller's. */
char *realm_question(const char *realm, const char *service, const char *scope);

#endif
