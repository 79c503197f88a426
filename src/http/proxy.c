/* A proxy's URL, split, so that its password is never part of a text that could be shown. */
#include "http/proxy.h"

#include "util/xalloc.h"

#include <string.h>

static unsigned hex_digit(char letter)
{
	return (unsigned)(strchr("0123456789abcdef", letter | 0x20) - "0123456789abcdef");
}

/* A copy with every %XX as the byte it means. */
static char *decode(const char *text, size_t length)
{
	char *decoded = xcalloc(length + 1, 1), *to = decoded;

	for (const char *at = text; at < text + length; at++) {
		if (*at == '%' && text + length - at > 2 &&
		    strspn(at + 1, "0123456789abcdefABCDEF") >= 2) {
			*to++ = (char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
			at += 2;
		} else {
			*to++ = *at;
		}
	}
	return decoded;
}

void proxy_parse(const char *text, struct proxy *out)
{
	const char *scheme_end = strstr(text, "://");
	const char *authority = scheme_end ? scheme_end + 3 : text;
	size_t length = strcspn(authority, "/?#");
	const char *at = memrchr(authority, '@', length);
	const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
	const char *user_end = colon ? colon : at;
	const char *host = at ? at + 1 : authority;

	*out = (struct proxy){ .url = xasprintf("%.*s%.*s", (int)(authority - text), text,
						(int)(authority + length - host), host) };
	if (!at)
		return;
	out->user = decode(authority, (size_t)(user_end - authority));
	out->password = colon ? decode(colon + 1, (size_t)(at - colon - 1)) : xstrdup("");
}

void proxy_clear(struct proxy *proxy)
{
	free(proxy->url);
	free(proxy->user);
	free(proxy->password);
	*proxy = (struct proxy){ 0 };
}
