/* Picks the headers that matter from the lines of an answer's head. */
#include "http/headers.h"

#include "http/cached.h"
#include "util/secrets.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void headers_clear(struct headers *headers)
{
	for (size_t i = 0; i < HEADERS; i++)
		buf_clear(&headers->values[i]);
	headers->over = false;
	headers->version[0] = headers->reason[0] = headers->cached[0] = '\0';
}

void headers_free(struct headers *headers)
{
	for (size_t i = 0; i < HEADERS; i++)
		buf_free(&headers->values[i]);
}

static void begin_answer(struct headers *headers, const char *line, size_t length)
{
	const char *reason = memchr(line, ' ', length);
	size_t rest = reason ? length - (size_t)(reason - line) : 0;

	headers_clear(headers);
	if (reason)
		(void)snprintf(headers->version, sizeof headers->version, "%.*s",
			       (int)(reason - line), line);
	if (rest > 5) {
		CLEANUP(free_p) char *text = xstrndup(reason + 5, rest - 5);

		secrets_mask(text);
		(void)snprintf(headers->reason, sizeof headers->reason, "%s", text);
	}
}

static void note_cache(struct headers *headers, const char *line, size_t length)
{
	if (headers->cached[0] || !cached_says(line, length))
		return;
	CLEANUP(free_p) char *text = xstrndup(line, length);

	secrets_mask(text);
	(void)snprintf(headers->cached, sizeof headers->cached, "%s", text);
}

static void keep_header(struct headers *headers, const char *line, size_t length)
{
	static const struct {
		const char *name;
		size_t length;
	} NAMES[HEADERS] = {
#define NAME(text) { (text), sizeof(text) - 1 }
		[HEADER_CONTENT_TYPE] = NAME("content-type:"),
		[HEADER_CONTENT_LENGTH] = NAME("content-length:"),
		[HEADER_CONTENT_RANGE] = NAME("content-range:"),
		[HEADER_DIGEST] = NAME("docker-content-digest:"),
		[HEADER_LINK] = NAME("link:"),
		[HEADER_LOCATION] = NAME("location:"),
		[HEADER_ALLOW] = NAME("allow:"),
		[HEADER_WWW_AUTHENTICATE] = NAME("www-authenticate:"),
		[HEADER_DATE] = NAME("date:"),
		[HEADER_RETRY_AFTER] = NAME("retry-after:"),
		[HEADER_REQUEST_ID] = NAME("x-request-id:"),
		[HEADER_TOTAL_COUNT] = NAME("x-total-count:"),
#undef NAME
	};
	size_t i = 0, skip;

	while (i < HEADERS && (length < NAMES[i].length || line[NAMES[i].length - 1] != ':' ||
			       strncasecmp(line, NAMES[i].name, NAMES[i].length) != 0))
		i++;
	if (i == HEADERS)
		return;
	skip = NAMES[i].length;
	while (skip < length && (line[skip] == ' ' || line[skip] == '\t'))
		skip++;
	while (length > skip && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	/* The same header twice is one list (RFC 9110, 5.3). */
	if (headers->values[i].length > 0)
		buf_text(&headers->values[i], ", ");
	buf_add(&headers->values[i], line + skip, length - skip);
}

void headers_take(struct headers *headers, const char *line, size_t length)
{
	while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == '\n'))
		length--;
	if (length == 0)
		headers->over = true;
	else if (length > 5 && memcmp(line, "HTTP/", 5) == 0)
		begin_answer(headers, line, length);
	else if (!headers->over) { /* else it is a trailer */
		keep_header(headers, line, length);
		note_cache(headers, line, length);
	}
}

const char *headers_get(const struct headers *headers, enum header which)
{
	return headers->values[which].length > 0 ? headers->values[which].data : NULL;
}

int64_t headers_total(const struct headers *headers, int status)
{
	const char *range = headers_get(headers, HEADER_CONTENT_RANGE);
	const char *text = NULL;
	uint64_t total = 0;

	if (status == 200)
		text = headers_get(headers, HEADER_CONTENT_LENGTH);
	else if ((status == 206 || status == 416) && range && strncasecmp(range, "bytes ", 6) == 0)
		text = strchr(range, '/');
	if (text && *text == '/')
		text++;
	return text && units_parse_u64(text, &total) && total <= INT64_MAX ? (int64_t)total : -1;
}
