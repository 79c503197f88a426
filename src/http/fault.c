/* Failures that trying again does not change, and what people can do about them. */
#include "http/fault.h"

#include "http/proxy.h"
#include "util/xalloc.h"

#include <netdb.h>
#include <openssl/x509_vfy.h>
#include <string.h>

/* A resolver that needed longer had no answer to give, and may make us wait as long again. */
#define QUICK_US 1000000

static const struct {
	const char *text, *advice;
} FAULTS[] = {
	[FAULT_UNKNOWN_HOST] = { NULL, "check the host in registry.url" },
	[FAULT_UNKNOWN_PROXY] = { NULL, "check the host in registry.proxy" },
	[FAULT_NO_TLS] = { "no TLS is spoken there", "write http:// in registry.url" },
	[FAULT_ONLY_TLS] = { "TLS is spoken there", "write https:// in registry.url" },
	[FAULT_NO_HTTP] = { "no HTTP is spoken there",
			    "if it is TLS, write https:// in registry.url" },
	[FAULT_UNTRUSTED] = { NULL, "registry.ca_cert names the authorities to trust" },
	[FAULT_OUTDATED] = { NULL, "renew the certificate, and look at both clocks" },
	[FAULT_OTHER_NAME] = { NULL, "registry.url needs a name that is in the certificate" },
	[FAULT_CLIENT_CERTIFICATE] = { "a client certificate is wanted there, and clean-registry "
				       "has none",
				       "registry.client_cert and registry.client_key name one" },
	[FAULT_CLIENT_REFUSED] = { "the certificate in registry.client_cert is refused there",
				   "name one of an authority that is trusted there, for clients "
				   "and not outdated" },
	[FAULT_NO_AGREEMENT] = { NULL, "perhaps a client certificate is wanted "
				       "(registry.client_cert)" },
	[FAULT_OTHER] = { NULL, NULL },
};

/* EAI_AGAIN, which libcurl does not tell from it, may be better in a moment. */
static bool is_unknown(const char *host)
{
	struct addrinfo *found = NULL;
	int code = getaddrinfo(host, NULL, NULL, &found);

	if (code == 0)
		freeaddrinfo(found);
	return code == EAI_NONAME || code == EAI_NODATA;
}

static char *host_of(const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL, *copy = NULL;

	if (curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		copy = xstrdup(host);
	curl_free(host);
	curl_url_cleanup(parts);
	return copy;
}

/* URL: whose host libcurl did not find, or NULL when that is not known. */
static bool host_is_unknown(CURL *easy, const char *url)
{
	CLEANUP(free_p) char *host = NULL;
	curl_off_t took = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &took);
	host = url && took < QUICK_US ? host_of(url) : NULL;
	return host && is_unknown(host);
}

static enum fault fault_of_host(CURL *easy)
{
	const char *url = NULL;

	(void)curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
	return host_is_unknown(easy, url) ? FAULT_UNKNOWN_HOST : FAULT_NONE;
}

static enum fault fault_of_proxy(CURL *easy, const char *proxy)
{
	CLEANUP(proxy_clear) struct proxy parts = { 0 };

	if (proxy)
		proxy_parse(proxy, &parts);
	return host_is_unknown(easy, parts.url) ? FAULT_UNKNOWN_PROXY : FAULT_NONE;
}

/* The name is compared by libcurl, which has no number for it. */
static enum fault fault_of_certificate(CURL *easy, const char *text)
{
	long result = X509_V_OK;

	(void)curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
	if (result == X509_V_ERR_CERT_HAS_EXPIRED || result == X509_V_ERR_CERT_NOT_YET_VALID)
		return FAULT_OUTDATED;
	return strstr(text, " target ") ? FAULT_OTHER_NAME : FAULT_UNTRUSTED;
}

/* A message of libcurl's or a server's, and its meaning. */
struct saying {
	const char *words;
	enum fault fault;
};

/* Of COUNT sayings the first that is in TEXT. */
static enum fault meaning(const struct saying *sayings, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(text, sayings[i].words))
			return sayings[i].fault;
	return FAULT_NONE;
}

/* The alerts and errors of TLS have no numbers outside of libcurl, only OpenSSL's names. */
static enum fault fault_of_tls(const char *text)
{
	static const struct saying NAMES[] = {
		{ "wrong version number", FAULT_NO_TLS },
		{ "packet length too long", FAULT_NO_TLS },
		{ "alert certificate required", FAULT_CLIENT_CERTIFICATE },
		{ "alert bad certificate", FAULT_CLIENT_CERTIFICATE },
		{ "alert unknown ca", FAULT_CLIENT_REFUSED },
		{ "alert unsupported certificate", FAULT_CLIENT_REFUSED },
		{ "alert certificate revoked", FAULT_CLIENT_REFUSED },
		{ "alert certificate expired", FAULT_CLIENT_REFUSED },
		{ "alert certificate unknown", FAULT_CLIENT_REFUSED },
		{ "alert decrypt error", FAULT_CLIENT_REFUSED },
		{ "alert handshake failure", FAULT_NO_AGREEMENT },
		{ "alert protocol version", FAULT_NO_AGREEMENT },
		{ "unsupported protocol", FAULT_NO_AGREEMENT },
	};

	return meaning(NAMES, sizeof NAMES / sizeof *NAMES, text);
}

enum fault fault_of(CURL *easy, CURLcode code, const char *text, const char *proxy)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return fault_of_host(easy);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return fault_of_proxy(easy, proxy);
	case CURLE_PEER_FAILED_VERIFICATION:
		return fault_of_certificate(easy, text);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return fault_of_tls(text);
	case CURLE_UNSUPPORTED_PROTOCOL:
		return strstr(text, "HTTP/0.9") ? FAULT_NO_HTTP : FAULT_OTHER;
	case CURLE_URL_MALFORMAT:
	case CURLE_LOGIN_DENIED:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return FAULT_OTHER;
	default:
		return FAULT_NONE;
	}
}

enum fault fault_in_answer(const char *body)
{
	static const struct saying PHRASES[] = {
		{ "HTTP request to an HTTPS server", FAULT_ONLY_TLS },                /* Go */
		{ "HTTP request was sent to HTTPS port", FAULT_ONLY_TLS },            /* nginx */
		{ "plain HTTP to an SSL-enabled server port", FAULT_ONLY_TLS },       /* Apache */
		{ "No required SSL certificate was sent", FAULT_CLIENT_CERTIFICATE }, /* nginx */
		{ "The SSL certificate error", FAULT_CLIENT_REFUSED },                /* nginx */
	};

	return meaning(PHRASES, sizeof PHRASES / sizeof *PHRASES, body);
}

bool fault_of_trust(enum fault fault)
{
	return fault == FAULT_UNTRUSTED || fault == FAULT_OUTDATED || fault == FAULT_OTHER_NAME;
}

bool fault_passes(enum fault fault)
{
	return fault == FAULT_UNKNOWN_HOST || fault == FAULT_UNKNOWN_PROXY ||
	       fault == FAULT_NO_HTTP || fault == FAULT_NO_TLS || fault == FAULT_NO_AGREEMENT ||
	       fault_of_trust(fault);
}

const char *fault_text(enum fault fault)
{
	return FAULTS[fault].text;
}

const char *fault_advice(enum fault fault)
{
	return FAULTS[fault].advice;
}
