/* One line of a registry's access log, taken apart. Pure. For src/pulls only. */
#ifndef PULLS_ACCESS_LINE_H
#define PULLS_ACCESS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that stand in a line; of JSON they may still have escapes in them. */
struct access_text {
	const char *at;
	size_t length;
};

struct access_line {
	int64_t time; /* seconds since 1970, or DATE_INVALID (util/date.h) */
	struct access_text method, target, agent;
	unsigned status; /* of the answer */
	bool escaped;    /* it was JSON: target and agent may have its escapes */
};

/* Understands the combined format of distribution (its standard output), nginx and Apache, with
 * anything in front of the time and behind the User-Agent, and the flat JSON lines that
 * distribution writes with log.formatter json (http.request.method, …uri, …useragent,
 * http.response.status, time). False: it is none, or a part of it is missing. A line that was cut
 * behind its status has an empty agent. LINE has no newline. */
bool access_line_parse(const char *line, size_t length, struct access_line *out);

/* Both for access_line_parse. */
bool access_line_combined(const char *line, size_t length, struct access_line *out);
bool access_json_parse(const char *line, size_t length, struct access_line *out);

/* Whether A is the text WORD. */
static inline bool access_text_is(struct access_text a, const char *word)
{
	return a.length == strlen(word) && memcmp(a.at, word, a.length) == 0;
}

#endif
