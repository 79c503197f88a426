/* Which token server is asked, and whether it may know the password. */
#include "http/realm.h"

#include "util/xalloc.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

static char *part(CURLU *parts, CURLUPart which)
{
	char *text = NULL, *copy;

	if (curl_url_get(parts, which, &text, 0) != CURLUE_OK)
		return NULL;
	copy = xstrdup(text);
	curl_free(text);
	return copy;
}

static char *part_of(const char *url, CURLUPart which)
{
	CURLU *parts = curl_url();
	char *text = NULL;

	if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK)
		text = part(parts, which);
	curl_url_cleanup(parts);
	return text;
}

static bool is_http(const char *scheme)
{
	return scheme && (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0);
}

int realm_resolve(const char *url, const char *realm, char **out, struct err *err)
{
	CURLU *parts = curl_url();
	CLEANUP(free_p) char *scheme = NULL;
	CLEANUP(free_p) char *user = NULL;
	bool good =
		curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_set(parts, CURLUPART_URL, realm, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK;

	scheme = good ? part(parts, CURLUPART_SCHEME) : NULL;
	user = good ? part(parts, CURLUPART_USER) : NULL;
	*out = is_http(scheme) && !user ? part(parts, CURLUPART_URL) : NULL;
	curl_url_cleanup(parts);
	return *out ? 0
		    : err_set(err, ERR_IO,
			      "the realm in its challenge is no http or https URL without "
			      "credentials");
}

static bool is_loopback(const char *host)
{
	struct in_addr four;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

bool realm_trusted(const char *url, const char *realm)
{
	CLEANUP(free_p) char *scheme = part_of(realm, CURLUPART_SCHEME);
	CLEANUP(free_p) char *host = part_of(realm, CURLUPART_HOST);
	CLEANUP(free_p) char *own_scheme = part_of(url, CURLUPART_SCHEME);
	CLEANUP(free_p) char *own_host = part_of(url, CURLUPART_HOST);

	if (!scheme || !host || !own_scheme || !own_host)
		return false;
	if (strcasecmp(scheme, "https") == 0)
		return true;
	return strcasecmp(own_scheme, "http") == 0 &&
	       (strcasecmp(host, own_host) == 0 || is_loopback(host));
}

static void add(CURLU *parts, const char *name, const char *value)
{
	CLEANUP(free_p) char *text = xasprintf("%s=%s", name, value);

	if (*value && curl_url_set(parts, CURLUPART_QUERY, text,
				   CURLU_APPENDQUERY | CURLU_URLENCODE) != CURLUE_OK)
		die_internal("libcurl takes no %s in a URL", name);
}

char *realm_question(const char *realm, const char *service, const char *scope)
{
	CURLU *parts = curl_url();
	char *url = NULL;

	if (curl_url_set(parts, CURLUPART_URL, realm, 0) != CURLUE_OK)
		die_internal("a realm that is no URL");
	add(parts, "service", service);
	add(parts, "scope", scope);
	url = part(parts, CURLUPART_URL);
	curl_url_cleanup(parts);
	return url;
}
