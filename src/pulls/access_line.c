/* The combined format: HOST - USER [TIME] "METHOD TARGET PROTOCOL" STATUS BYTES "REFERER" "AGENT".
 */
#include "pulls/access_line.h"

#include "util/date.h"

#include <string.h>

#define TIME_LENGTH 26 /* 30/Nov/2026:15:21:23 +0000 */

struct cursor {
	const char *at, *end;
};

/* The number of the month, two digits, or NULL. */
static const char *month_of(const char *name)
{
	static const char MONTHS[] = "Jan01Feb02Mar03Apr04May05Jun06Jul07Aug08Sep09Oct10Nov11Dec12";

	for (const char *month = MONTHS; *month; month += 5) {
		if (memcmp(month, name, 3) == 0)
			return month + 3;
	}
	return NULL;
}

/* AT has TIME_LENGTH bytes. */
static int64_t read_time(const char *at)
{
	const char *month = month_of(at + 3);
	char text[] = "0000-00-00T00:00:00+00:00";

	if (!month || at[2] != '/' || at[6] != '/' || at[11] != ':' || at[20] != ' ')
		return DATE_INVALID;
	memcpy(text, at + 7, 4);
	memcpy(text + 5, month, 2);
	memcpy(text + 8, at, 2);
	memcpy(text + 11, at + 12, 8);
	memcpy(text + 19, at + 21, 3);
	memcpy(text + 23, at + 24, 2);
	return date_parse(text, sizeof text - 1);
}

/* Moves behind the time in brackets that a request follows. */
static bool take_time(struct cursor *cursor, int64_t *time)
{
	const char *at = cursor->at;

	while ((at = memchr(at, '[', (size_t)(cursor->end - at)))) {
		at++;
		if (cursor->end - at < TIME_LENGTH + 3)
			return false;
		if (at[2] != '/' || memcmp(at + TIME_LENGTH, "] \"", 3) != 0)
			continue;
		*time = read_time(at);
		cursor->at = at + TIME_LENGTH + 3;
		return true;
	}
	return false;
}

/* What stands up to BYTE, which is skipped. */
static bool take_until(struct cursor *cursor, char byte, struct access_text *text)
{
	const char *found = memchr(cursor->at, byte, (size_t)(cursor->end - cursor->at));

	if (!found)
		return false;
	*text = (struct access_text){ cursor->at, (size_t)(found - cursor->at) };
	cursor->at = found + 1;
	return true;
}

/* What stands up to the closing quote, which is skipped; quotes in it have a backslash. */
static bool take_quoted(struct cursor *cursor, struct access_text *text)
{
	const char *from = cursor->at, *at = from;

	while ((at = memchr(at, '"', (size_t)(cursor->end - at)))) {
		size_t backslashes = 0;

		while (at - backslashes > from && at[-1 - (ptrdiff_t)backslashes] == '\\')
			backslashes++;
		if (backslashes % 2 == 0) {
			*text = (struct access_text){ from, (size_t)(at - from) };
			cursor->at = at + 1;
			return true;
		}
		at++;
	}
	return false;
}

static bool take_status(struct cursor *cursor, unsigned *status)
{
	const char *at = cursor->at;

	*status = 0;
	if (cursor->end - at < 4 || *at++ != ' ')
		return false;
	for (int i = 0; i < 3; i++, at++) {
		if (*at < '0' || *at > '9')
			return false;
		*status = *status * 10 + (unsigned)(*at - '0');
	}
	cursor->at = at;
	return at == cursor->end || *at == ' ';
}

bool access_line_combined(const char *line, size_t length, struct access_line *out)
{
	struct cursor cursor = { line, line + length }, request;
	struct access_text text;

	*out = (struct access_line){ .agent = { line + length, 0 } };
	if (!take_time(&cursor, &out->time) || !take_quoted(&cursor, &text))
		return false;
	request = (struct cursor){ text.at, text.at + text.length };
	if (!take_until(&request, ' ', &out->method) || !take_until(&request, ' ', &out->target) ||
	    !take_status(&cursor, &out->status))
		return false;
	/* " BYTES ", then the referer and the agent; a line may have been cut there. */
	if (take_until(&cursor, '"', &text) && take_quoted(&cursor, &text) &&
	    take_until(&cursor, '"', &text) && take_quoted(&cursor, &text))
		out->agent = text;
	return true;
}

bool access_line_parse(const char *line, size_t length, struct access_line *out)
{
	if (length > 0 && line[0] == '{')
		return access_json_parse(line, length, out);
	return access_line_combined(line, length, out);
}
