/* The parts of URLs, looked at one by one. */
#include "config/url.h"

#include "util/units.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define LETTERS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS     "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"

struct url {
	bool secure;
	const char *host; /* brackets included */
	size_t host_length;
	const char *port; /* behind the colon; NULL when there is none */
	size_t port_length;
	const char *path; /* "" or from the first slash */
};

static bool split(const char *text, struct url *url)
{
	const char *colon;

	url->secure = strncasecmp(text, "https://", 8) == 0;
	if (!url->secure && strncasecmp(text, "http://", 7) != 0)
		return false;
	url->host = text + (url->secure ? 8 : 7);
	url->path = url->host + strcspn(url->host, "/?#");
	url->host_length = (size_t)(url->path - url->host);
	colon = memrchr(url->host, ':', url->host_length);
	url->port = NULL;
	url->port_length = 0;
	/* The colons of an IPv6 address stand inside its brackets. */
	if (colon && !memchr(colon, ']', (size_t)(url->path - colon))) {
		url->port = colon + 1;
		url->port_length = (size_t)(url->path - url->port);
		url->host_length = (size_t)(colon - url->host);
	}
	return true;
}

static bool good_host(const struct url *url)
{
	const char *host = url->host;
	size_t length = url->host_length;

	if (length > 2 && host[0] == '[')
		return 1 + strspn(host + 1, HEX_DIGITS ":.") == length - 1 &&
		       host[length - 1] == ']';
	return length > 0 && strspn(host, LETTERS DIGITS ".-_") >= length;
}

static bool port_number(const struct url *url, uint64_t *number)
{
	CLEANUP(free_p) char *digits = xstrndup(url->port, url->port_length);

	return units_parse_u64(digits, number) && *number >= 1 && *number <= 65535;
}

static bool printable(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || *text == '\\')
			return false;
	}
	return true;
}

/* A host that cannot be there: names below ".example" are for documents (RFC 2606). */
static bool is_of_template(const struct url *url)
{
	static const char HOST[] = "registry.example";

	return url->host_length == sizeof HOST - 1 &&
	       strncasecmp(url->host, HOST, sizeof HOST - 1) == 0;
}

/* What all URLs have in common. */
static const char *place_problem(const char *text, const struct url *url)
{
	uint64_t port;

	if (strchr(text, '#'))
		return "must not have a fragment ('#')";
	if (!printable(text))
		return "must not hold blanks, backslashes or letters beyond ASCII";
	if (!good_host(url))
		return "must name a host behind http:// or https://";
	if (url->port && !port_number(url, &port))
		return "must have a port from 1 to 65535 behind the colon";
	return NULL;
}

const char *config_url_problem(const char *text)
{
	const char *problem;
	struct url url;

	if (!split(text, &url))
		return "must begin with http:// or https://";
	if (memchr(url.host, '@', (size_t)(url.path - url.host)))
		return "must not hold credentials; they belong into registry.user and "
		       "registry.password, a secret key of Scaleway's into registry.secret_key";
	if (strchr(text, '?'))
		return "must not have a query ('?')";
	problem = place_problem(text, &url);
	if (!problem && is_of_template(&url))
		return "is still the template's: write the address of your registry there, and go "
		       "through user, password, container and paths";
	return problem;
}

char *config_url_normal(const char *text)
{
	struct url url;
	uint64_t port = 0;
	size_t path_length;
	char *normal, *host;

	if (!split(text, &url) || (url.port && !port_number(&url, &port)))
		die_internal("registry.url was not checked");
	if (port == (url.secure ? 443 : 80))
		port = 0;
	path_length = strlen(url.path);
	while (path_length > 0 && url.path[path_length - 1] == '/')
		path_length--;
	if (port > 0)
		normal = xasprintf("http%s://%.*s:%u%.*s", url.secure ? "s" : "",
				   (int)url.host_length, url.host, (unsigned)port, (int)path_length,
				   url.path);
	else
		normal = xasprintf("http%s://%.*s%.*s", url.secure ? "s" : "", (int)url.host_length,
				   url.host, (int)path_length, url.path);
	host = strchr(normal, '/') + 2;
	for (size_t i = 0; i < url.host_length; i++) {
		if (host[i] >= 'A' && host[i] <= 'Z')
			host[i] = (char)(host[i] - 'A' + 'a');
	}
	return normal;
}

const char *config_url_host_problem(const char *text)
{
	CLEANUP(free_p) char *with_scheme = xasprintf("http://%s", text);
	struct url url;
	uint64_t port;

	if (!split(with_scheme, &url) || *url.path || !good_host(&url))
		return "must be HOST or HOST:PORT, without scheme and path";
	if (url.port && !port_number(&url, &port))
		return "must have a port from 1 to 65535 behind the colon";
	return NULL;
}

const char *config_url_secret_problem(const char *text)
{
	struct url url;

	if (!split(text, &url))
		return "must begin with http:// or https://";
	if (memchr(url.host, '@', (size_t)(url.path - url.host)))
		return "must not hold user and password; a header can (notify[].headers)";
	return place_problem(text, &url);
}

const char *config_url_mail_problem(const char *text)
{
	static const char *const SCHEMES[] = { "smtp://", "smtps://" };

	for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++) {
		if (strncmp(text, SCHEMES[i], strlen(SCHEMES[i])) == 0)
			return config_url_host_problem(text + strlen(SCHEMES[i]))
				       ? "must name a host, and perhaps a port, and nothing else"
				       : NULL;
	}
	return "must begin with smtp:// or smtps://";
}

/* The part of a proxy's URL behind its scheme, or NULL. */
static const char *behind_scheme(const char *text)
{
	static const char *const schemes[] = { "http://", "https://", "socks5://" };

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			return text + strlen(schemes[i]);
	}
	return NULL;
}

static bool good_escapes(const char *text, const char *end)
{
	for (; text < end; text++) {
		if (*text == '%' && (end - text < 3 || strspn(text + 1, HEX_DIGITS) < 2 ||
				     memcmp(text + 1, "00", 2) == 0))
			return false;
	}
	return true;
}

const char *config_url_proxy_problem(const char *text)
{
	CLEANUP(free_p) char *host = NULL;
	const char *authority, *at;
	size_t length;

	if (strcmp(text, "system") == 0)
		return NULL;
	authority = behind_scheme(text);
	if (!authority)
		return "must be \"system\", or begin with http://, https:// or socks5://";
	if (!printable(text))
		return "must not hold blanks, backslashes or letters beyond ASCII; write them as "
		       "%XX in user and password";
	length = strcspn(authority, "/?#");
	if (authority[length] && strcmp(authority + length, "/") != 0)
		return "must not have a path, a query or a fragment; write '/', '?' and '#' as "
		       "%XX in user and password";
	at = memrchr(authority, '@', length);
	if (at && (at == authority || *authority == ':' || !good_escapes(authority, at)))
		return "must have USER or USER:PASSWORD before '@', with '%' as %25";
	if (memchr(authority, '@', at ? (size_t)(at - authority) : 0))
		return "must have only one '@'; write others as %40 in user and password";
	host = at ? xstrndup(at + 1, (size_t)(authority + length - at - 1))
		  : xstrndup(authority, length);
	return config_url_host_problem(host) ? "must name a host, and perhaps a port" : NULL;
}
