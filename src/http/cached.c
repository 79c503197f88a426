/* Age is a standard (RFC 9111), and so is Cache-Status (RFC 9211); before it each cache made up a
 * header of its own. */
#include "http/cached.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* VALUE is one member of the list that a header is: "HIT from squid", "edge; hit; ttl=30". */
typedef bool (*says_hit)(const char *value, size_t length);

static bool is_word_part(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The word that it begins with is, or ends in, "hit", or tells that something old was sent while
 * the new was being fetched. What follows may be the name of a host. */
static bool says_word(const char *value, size_t length)
{
	static const char *const ENDS[] = { "hit", "stale", "updating" };
	size_t word = 0;

	while (word < length && is_word_part(value[word]))
		word++;
	for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
		size_t end = strlen(ENDS[i]);

		if (word >= end && strncasecmp(value + word - end, ENDS[i], end) == 0)
			return true;
	}
	return false;
}

static bool says_number(const char *value, size_t length)
{
	for (size_t i = 0; i < length && isdigit((unsigned char)value[i]); i++) {
		if (value[i] != '0')
			return true;
	}
	return false;
}

/* The parameter `hit` of RFC 9211, true unless it is ?0. */
static bool says_parameter(const char *value, size_t length)
{
	const char *end = value + length;

	for (const char *p = value; (p = memchr(p, ';', (size_t)(end - p)));) {
		for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
			;
		if (end - p < 3 || strncasecmp(p, "hit", 3) != 0)
			continue;
		p += 3;
		if (p == end || !(is_word_part(*p) || *p == '=') ||
		    (end - p >= 3 && memcmp(p, "=?1", 3) == 0))
			return true;
	}
	return false;
}

/* Varnish: the number of this request, and that of the one that filled the cache. */
static bool says_second(const char *value, size_t length)
{
	const char *space = memchr(value, ' ', length);

	return space && says_number(space + 1, length - (size_t)(space + 1 - value));
}

static const struct {
	const char *name;
	says_hit says;
} HEADERS[] = {
	{ "age", says_number },             /* RFC 9111, 5.1: seconds since it was made */
	{ "cache-status", says_parameter }, /* RFC 9211: Souin, Apache Traffic Server, Squid 6 */
	{ "x-cache", says_word },           /* Squid, Apache, CloudFront, Fastly, Azure, Akamai */
	{ "x-cache-hits", says_number },    /* Fastly, and Varnish by custom */
	{ "x-cache-status", says_word },    /* nginx by custom: $upstream_cache_status */
	{ "x-proxy-cache", says_word },     /* the same */
	{ "x-nginx-cache", says_word },     /* the same */
	{ "x-nginx-cache-status", says_word },   /* the same */
	{ "x-fastcgi-cache", says_word },        /* the same */
	{ "x-cached", says_word },               /* the same */
	{ "x-srcache-fetch-status", says_word }, /* OpenResty's srcache */
	{ "cf-cache-status", says_word },        /* Cloudflare */
	{ "cdn-cache", says_word },              /* bunny.net */
	{ "cdn-cache-status", says_word },       /* Google Cloud CDN by custom */
	{ "x-varnish", says_second },            /* Varnish */
	{ "x-litespeed-cache", says_word },      /* LiteSpeed */
};

/* Where the member of a list ends that begins at VALUE: at a comma outside quotes. */
static size_t member_length(const char *value, size_t length)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < length && (quoted || value[i] != ','); i++) {
		if (value[i] == '"')
			quoted = !quoted;
		i += quoted && value[i] == '\\' && i + 1 < length;
	}
	return i;
}

static bool any_member(const char *value, size_t length, says_hit says)
{
	while (length > 0) {
		size_t member;

		if (*value == ' ' || *value == '\t' || *value == ',') {
			value++;
			length--;
			continue;
		}
		member = member_length(value, length);
		if (says(value, member))
			return true;
		value += member;
		length -= member;
	}
	return false;
}

bool cached_says(const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);
	size_t name = colon ? (size_t)(colon - line) : 0;

	for (size_t i = 0; colon && i < sizeof HEADERS / sizeof *HEADERS; i++) {
		if (strlen(HEADERS[i].name) == name &&
		    strncasecmp(line, HEADERS[i].name, name) == 0)
			return any_member(colon + 1, length - name - 1, HEADERS[i].says);
	}
	return false;
}
