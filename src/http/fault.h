/* Failures that trying again does not change, and what people can do about them. Private to
 * src/http. */
#ifndef HTTP_FAULT_H
#define HTTP_FAULT_H

#include "http/engine.h"

#include <curl/curl.h>
#include <stdbool.h>

enum fault {
	FAULT_NONE,               /* it may be better the next time */
	FAULT_UNKNOWN_HOST,       /* the name does not exist */
	FAULT_UNKNOWN_PROXY,      /* nor does that of the proxy */
	FAULT_NO_TLS,             /* https:// to a port that speaks none */
	FAULT_ONLY_TLS,           /* http:// to a port that speaks only TLS */
	FAULT_NO_HTTP,            /* http:// to a port that speaks something else, TLS perhaps */
	FAULT_UNTRUSTED,          /* a certificate of an authority that is not trusted */
	FAULT_OUTDATED,           /* a certificate that is not valid any more, or not yet */
	FAULT_OTHER_NAME,         /* a certificate for another name */
	FAULT_CLIENT_CERTIFICATE, /* the server wants one of us */
	FAULT_CLIENT_REFUSED,     /* the one that we have is not taken */
	FAULT_NO_AGREEMENT,       /* TLS fails before it begins */
	FAULT_OTHER,
};

/* What kind of failure CODE is, about which libcurl says TEXT. PROXY is the proxy's URL, or
 * NULL where there is none or the environment names it. May ask the system's resolver, where that
 * was quick before. */
enum fault fault_of(CURL *easy, CURLcode code, const char *text, const char *proxy);
/* Which fault the BODY of a 400 tells of: plain HTTP on a TLS port, a missing certificate, or none.
 */
enum fault fault_in_answer(const char *body);
/* True when it can come and go with a restart of the registry, or of what stands before it: it is
 * permanent only where nothing was answered before. */
bool fault_passes(enum fault fault);
/* True when the place is there, but not to be trusted. */
bool fault_of_trust(enum fault fault);
/* The sentence for a fault; NULL: use libcurl's own. Static. */
const char *fault_text(enum fault fault);
/* Advice when the registry itself was asked, or NULL. Static. */
const char *fault_advice(enum fault fault);

#endif
