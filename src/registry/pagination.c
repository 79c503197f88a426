/* Reads Link headers (RFC 8288): <target>; rel="next", possibly among others. */
#include "registry/pagination.h"

#include "util/buf.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

void page_clear(struct page *page)
{
	free(page->last);
	free(page->n);
	*page = (struct page){ 0 };
}

/* True when the parameters of one link, up to the next comma outside of quotes, have rel=next. END
 * is set to where they end. */
static bool is_next(const char *parameters, const char **end)
{
	bool quoted = false, found = false;
	const char *p = parameters;

	for (; *p && (quoted || *p != ','); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (strncasecmp(p, "rel=next", 8) == 0) &&
			 (p[8] == '\0' || strchr(";, \t", p[8])))
			found = true;
		if (!quoted && strncasecmp(p, "rel=\"next\"", 10) == 0)
			found = true;
	}
	*end = p;
	return found;
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = (char)tolower((unsigned char)digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Percent-decodes; NULL for what is no text (a NUL, a control character, a broken escape). */
static char *decode(const char *text, size_t length)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c == '%') {
			int high = i + 2 < length ? hex_value(text[i + 1]) : -1;
			int low = i + 2 < length ? hex_value(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return NULL;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return NULL;
		buf_add(&out, &c, 1);
	}
	return xstrdup(buf_string(&out));
}

/* The value of KEY in the query of TARGET, decoded, or NULL. */
static char *query_value(const char *target, size_t length, const char *key)
{
	const char *end = target + length;
	const char *p = memchr(target, '?', length);
	size_t key_length = strlen(key);

	while (p && p < end) {
		const char *pair = p + 1;
		const char *next = memchr(pair, '&', (size_t)(end - pair));
		size_t pair_length = (size_t)((next ? next : end) - pair);

		if (pair_length > key_length && pair[key_length] == '=' &&
		    memcmp(pair, key, key_length) == 0)
			return decode(pair + key_length + 1, pair_length - key_length - 1);
		p = next;
	}
	return NULL;
}

enum page_next page_parse(const char *link, struct page *page)
{
	*page = (struct page){ 0 };
	while (link && *link) {
		const char *open = strchr(link, '<');
		const char *close = open ? strchr(open, '>') : NULL;
		size_t length;

		if (!close)
			return PAGE_UNUSABLE;
		length = (size_t)(close - open - 1);
		if (is_next(close + 1, &link)) {
			page->last = query_value(open + 1, length, "last");
			page->n = query_value(open + 1, length, "n");
			if (page->last && *page->last)
				return PAGE_NEXT;
			page_clear(page);
			return PAGE_UNUSABLE;
		}
		if (*link == ',')
			link++;
	}
	return PAGE_NONE;
}
