/* Reads Link headers (RFC 8288): <target>; rel="next", possibly among others. */
#include "registry/pagination.h"

#include "util/buf.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

void pagination_clear(struct page *page)
{
	free(page->last);
	free(page->n);
	*page = (struct page){ 0 };
}

/* The end of a parameter's value, which may be quoted; NULL when the quote is never closed. */
static const char *value_end(const char *value)
{
	const char *p = value;

	if (*p != '"')
		return value + strcspn(value, ";, \t");
	for (p++; *p && *p != '"'; p++)
		p += p[0] == '\\' && p[1];
	return *p ? p + 1 : NULL;
}

/* True when "next" is among the words of a rel. Some quote them with apostrophes. */
static bool has_next(const char *value, const char *end)
{
	static const char BETWEEN[] = " \t\"'";

	while (value < end) {
		size_t length = strcspn(value, BETWEEN);

		if (length > (size_t)(end - value))
			length = (size_t)(end - value);
		if (length == 4 && strncasecmp(value, "next", 4) == 0)
			return true;
		value += length + 1;
	}
	return false;
}

/* Reads the parameters of one link, up to the comma or the end, where *AT is left. NEXT is set when
 * a rel says so. False when they are broken. */
static bool read_parameters(const char **at, bool *next)
{
	const char *p = *at;

	*next = false;
	for (p += strspn(p, "; \t"); *p && *p != ','; p += strspn(p, "; \t")) {
		const char *name = p, *value, *end;
		bool is_rel;

		p += strcspn(p, "=;, \t");
		is_rel = p - name == 3 && strncasecmp(name, "rel", 3) == 0;
		value = p + strspn(p, " \t");
		if (*value != '=')
			continue;
		value += 1 + strspn(value + 1, " \t");
		end = value_end(value);
		if (!end)
			return false;
		*next |= is_rel && has_next(value, end);
		p = end;
	}
	*at = p;
	return true;
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
	const char *fragment = memchr(target, '#', length);
	const char *end = fragment ? fragment : target + length;
	const char *p = memchr(target, '?', (size_t)(end - target));
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

/* Zero entries, or what is no number, would end the list early. */
static bool is_count(const char *n)
{
	return *n && n[strspn(n, "0123456789")] == '\0' && n[strspn(n, "0")] != '\0';
}

static enum page_next read_target(const char *target, size_t length, struct page *page)
{
	page->last = query_value(target, length, "last");
	page->n = query_value(target, length, "n");
	if (page->n && !is_count(page->n)) {
		free(page->n);
		page->n = NULL;
	}
	if (page->last && *page->last)
		return PAGE_NEXT;
	pagination_clear(page);
	return PAGE_UNUSABLE;
}

enum page_next pagination_parse(const char *link, struct page *page)
{
	*page = (struct page){ 0 };
	while (link && *(link += strspn(link, ", \t"))) {
		const char *target = link + 1;
		const char *close = *link == '<' ? strchr(target, '>') : NULL;
		bool next;

		if (!close)
			return PAGE_UNUSABLE;
		link = close + 1;
		if (!read_parameters(&link, &next))
			return PAGE_UNUSABLE;
		if (next)
			return read_target(target, (size_t)(close - target), page);
	}
	return PAGE_NONE;
}
