/* Lines of JSON: one flat object each. What stands in nested ones is skipped. */
#include "pulls/access_line.h"

#include "util/date.h"

#include <string.h>

struct cursor {
	const char *at, *end;
};

enum member { MEMBER_METHOD, MEMBER_TARGET, MEMBER_AGENT, MEMBER_STATUS, MEMBER_TIME, MEMBERS };

static const char *const NAMES[MEMBERS] = {
	[MEMBER_METHOD] = "http.request.method",
	[MEMBER_TARGET] = "http.request.uri",
	[MEMBER_AGENT] = "http.request.useragent",
	[MEMBER_STATUS] = "http.response.status",
	[MEMBER_TIME] = "time",
};

static void skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t' ||
					    *cursor->at == '\r' || *cursor->at == '\n'))
		cursor->at++;
}

static bool take_byte(struct cursor *cursor, char byte)
{
	skip_blanks(cursor);
	if (cursor->at == cursor->end || *cursor->at != byte)
		return false;
	cursor->at++;
	return true;
}

/* What is between the quotes. */
static bool take_string(struct cursor *cursor, struct access_text *text)
{
	const char *at;

	if (!take_byte(cursor, '"'))
		return false;
	for (at = cursor->at; at < cursor->end && *at != '"'; at++) {
		if (*at == '\\' && ++at == cursor->end)
			return false;
	}
	if (at == cursor->end)
		return false;
	*text = (struct access_text){ cursor->at, (size_t)(at - cursor->at) };
	cursor->at = at + 1;
	return true;
}

/* Behind what begins with a bracket, whatever is in it. */
static bool skip_nested(struct cursor *cursor)
{
	struct access_text text;
	size_t depth = 0;

	do {
		skip_blanks(cursor);
		if (cursor->at == cursor->end)
			return false;
		if (*cursor->at == '"') {
			if (!take_string(cursor, &text))
				return false;
			continue;
		}
		if (*cursor->at == '{' || *cursor->at == '[')
			depth++;
		if (*cursor->at == '}' || *cursor->at == ']')
			depth--;
		cursor->at++;
	} while (depth > 0);
	return true;
}

/* A string's text, or what else stands up to the next comma. */
static bool take_value(struct cursor *cursor, struct access_text *text)
{
	const char *from;

	*text = (struct access_text){ 0 };
	skip_blanks(cursor);
	if (cursor->at == cursor->end)
		return false;
	if (*cursor->at == '"')
		return take_string(cursor, text);
	if (*cursor->at == '{' || *cursor->at == '[')
		return skip_nested(cursor);
	from = cursor->at;
	while (cursor->at < cursor->end && *cursor->at != ',' && *cursor->at != '}')
		cursor->at++;
	*text = (struct access_text){ from, (size_t)(cursor->at - from) };
	return true;
}

static enum member member_of(struct access_text name)
{
	enum member member = 0;

	while (member < MEMBERS && !access_text_is(name, NAMES[member]))
		member++;
	return member;
}

static bool read_status(struct access_text text, unsigned *status)
{
	*status = 0;
	if (text.length < 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		*status = *status * 10 + (unsigned)(text.at[i] - '0');
	}
	return text.length == 3 || text.at[3] == ' ';
}

bool access_json_parse(const char *line, size_t length, struct access_line *out)
{
	struct cursor cursor = { line, line + length };
	struct access_text found[MEMBERS] = { 0 };

	*out = (struct access_line){ .escaped = true };
	if (!take_byte(&cursor, '{'))
		return false;
	do {
		struct access_text name, value;
		enum member member;

		if (!take_string(&cursor, &name) || !take_byte(&cursor, ':') ||
		    !take_value(&cursor, &value))
			return false;
		member = member_of(name);
		if (member < MEMBERS)
			found[member] = value;
	} while (take_byte(&cursor, ','));
	if (!take_byte(&cursor, '}') || !found[MEMBER_METHOD].at || !found[MEMBER_TARGET].at ||
	    !read_status(found[MEMBER_STATUS], &out->status))
		return false;
	out->method = found[MEMBER_METHOD];
	out->target = found[MEMBER_TARGET];
	out->agent =
		found[MEMBER_AGENT].at ? found[MEMBER_AGENT] : (struct access_text){ cursor.at, 0 };
	out->time = found[MEMBER_TIME].at
			    ? date_parse(found[MEMBER_TIME].at, found[MEMBER_TIME].length)
			    : DATE_INVALID;
	return true;
}
