/* Five words. */
#include "state/collecting.h"

#include "util/date.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

#define VERB  "collecting "
#define NONE  "-"
#define WORDS 4

void collecting_clear(struct collecting *collecting)
{
	free(collecting->run);
	free(collecting->host);
	free(collecting->container);
	*collecting = (struct collecting){ 0 };
}

void collecting_copy(struct collecting *one, const struct collecting *other)
{
	*one = (struct collecting){ .since = other->since,
				    .run = xstrdup(other->run),
				    .host = xstrdup(other->host),
				    .container = xstrdup(other->container) };
}

static bool is_word(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return false;
	return *text;
}

static void add_word(struct buf *out, const char *text)
{
	buf_format(out, " %s", is_word(text) ? text : NONE);
}

void collecting_line(struct buf *out, const struct collecting *collecting)
{
	buf_text(out, VERB);
	if (date_known(collecting->since))
		buf_format(out, "%" PRId64, collecting->since);
	else
		buf_text(out, NONE);
	add_word(out, collecting->run);
	add_word(out, collecting->host);
	add_word(out, collecting->container);
	buf_text(out, "\n");
}

static int64_t parse_time(const char *text)
{
	uint64_t seconds = 0;

	if (!units_parse_u64(text, &seconds) || seconds > INT64_MAX ||
	    !date_known((int64_t)seconds))
		return DATE_ABSENT;
	return (int64_t)seconds;
}

bool collecting_parse(struct collecting *out, const char *line, size_t length)
{
	CLEANUP(free_p) char *text = xstrndup(line, length);
	char *words[WORDS] = { 0 };
	char *rest = NULL;
	bool whole = strlen(text) == length;

	if (strncmp(text, VERB, strlen(VERB)) != 0)
		return false;
	rest = text + strlen(VERB);
	for (size_t i = 0; i < WORDS && whole; i++) {
		words[i] = strsep(&rest, " ");
		whole = words[i] && is_word(words[i]);
	}
	whole = whole && !rest;
	*out = (struct collecting){ .since = whole ? parse_time(words[0]) : DATE_ABSENT,
				    .run = xstrdup(whole ? words[1] : NONE),
				    .host = xstrdup(whole ? words[2] : NONE),
				    .container = xstrdup(whole ? words[3] : NONE) };
	return true;
}
