/* As much YAML as a config.yml is written in, by recursive descent: block and flow collections, and
 * scalars on one line. Everything else is a fault. */
#include "registry/server_yaml.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define DEEPEST 50

struct reader {
	const char *p;
	const char *line; /* where the line of P begins */
	unsigned depth;
	bool begun, bad;
	struct server_findings *found;
};

struct token {
	const char *text;
	size_t length;
	bool quoted;
};

/* Every loop ends at the end of the text, so a fault goes to one. */
static void fail(struct reader *r)
{
	r->bad = true;
	r->p = "";
}

static ptrdiff_t column(const struct reader *r)
{
	return *r->p ? r->p - r->line : -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\0';
}

static bool at_dash(const struct reader *r)
{
	return *r->p == '-' && is_blank(r->p[1]);
}

static bool at_marker(const struct reader *r)
{
	return column(r) == 0 && (strncmp(r->p, "---", 3) == 0 || strncmp(r->p, "...", 3) == 0) &&
	       is_blank(r->p[3]);
}

/* No control characters, and none of those that only YAML takes for the end of a line. */
static bool is_readable(const char *text)
{
	static const char *const ODD[] = { "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9",
					   "\xef\xbb\xbf" };

	for (size_t i = 0; i < sizeof ODD / sizeof *ODD; i++) {
		if (strstr(text, ODD[i]))
			return false;
	}
	for (; *text; text++) {
		if (iscntrl((unsigned char)*text) && !strchr("\t\n", *text) &&
		    strncmp(text, "\r\n", 2) != 0)
			return false;
	}
	return true;
}

/* Goes to what comes next behind blanks and comments. True when nothing was left on this line. */
static bool skip(struct reader *r)
{
	bool crossed = false;

	for (;; r->p++) {
		if (*r->p == '#' && (r->p == r->line || is_blank(r->p[-1])))
			r->p += strcspn(r->p, "\n");
		if (!*r->p || !is_blank(*r->p))
			break;
		if (*r->p == '\n') {
			r->line = r->p + 1;
			crossed = true;
		}
	}
	crossed |= !*r->p;
	if (r->begun && at_marker(r))
		fail(r);
	return crossed;
}

/* "text" or 'text', on one line. */
static void read_quoted(struct reader *r, struct token *token)
{
	char quote = *r->p++;

	*token = (struct token){ .text = r->p, .quoted = true };
	for (; *r->p && *r->p != '\n'; r->p++) {
		bool escape = quote == '"' ? *r->p == '\\' && (r->p[1] == '"' || r->p[1] == '\\')
					   : *r->p == quote && r->p[1] == quote;

		if (escape) {
			r->p++;
		} else if (*r->p == quote) {
			token->length = (size_t)(r->p++ - token->text);
			return;
		}
	}
	fail(r);
}

/* A scalar without quotes, on one line. Tabs are not worth understanding. */
static void read_plain(struct reader *r, bool flow, struct token *token)
{
	static const char FORBIDDEN[] = ",[]{}#&*!|>'\"%@`";
	const char *delimiters = flow ? ",[]{}" : "";

	*token = (struct token){ .text = r->p };
	if (strchr(FORBIDDEN, *r->p) || (strchr("-?:", *r->p) && is_blank(r->p[1])) ||
	    (flow && strchr("?:", *r->p)))
		fail(r);
	for (; *r->p && !strchr("\r\n", *r->p) && !strchr(delimiters, *r->p); r->p++) {
		if ((*r->p == ':' && is_blank(r->p[1])) || (*r->p == '#' && r->p[-1] == ' '))
			break;
		if (*r->p == '\t' || (*r->p == ':' && strchr(delimiters, r->p[1]))) {
			fail(r);
			return;
		}
	}
	token->length = r->bad ? 0 : (size_t)(r->p - token->text);
	while (token->length && token->text[token->length - 1] == ' ')
		token->length--;
}

static void read_scalar(struct reader *r, bool flow, struct token *token)
{
	if (*r->p == '"' || *r->p == '\'')
		read_quoted(r, token);
	else
		read_plain(r, flow, token);
}

static bool token_is(const struct token *token, const char *text)
{
	return token->length == strlen(text) && memcmp(token->text, text, token->length) == 0;
}

/* A key and its colon, which in flow needs no blank behind a quoted key. */
static void read_key(struct reader *r, bool flow, struct token *key)
{
	read_scalar(r, flow, key);
	r->p += strspn(r->p, " ");
	if (*r->p == ':' && (is_blank(r->p[1]) || (flow && key->quoted)) &&
	    !memchr(key->text, '\\', key->length) && !token_is(key, "<<"))
		r->p++;
	else
		fail(r);
}

static bool at_key(const struct reader *r)
{
	struct reader ahead = *r;
	struct token key;

	read_key(&ahead, false, &key);
	return !ahead.bad;
}

/* Storage has one driver and settings (3.1.1: configuration.go, Storage.Type). */
static void found_in_storage(struct reader *r, const struct token *key)
{
	static const char *const SETTINGS[] = { "maintenance", "cache", "delete", "redirect",
						"tag" };
	struct server_findings *found = r->found;

	for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
		if (token_is(key, SETTINGS[i]))
			return;
	}
	found->driver = found->drivers++ ? NULL : key->text;
	found->driver_length = key->length;
}

static enum server_place enter(struct reader *r, enum server_place place, const struct token *key)
{
	static const struct {
		enum server_place from, to;
		const char *key;
	} WAYS[] = { { PLACE_ROOT, PLACE_STORAGE, "storage" },
		     { PLACE_STORAGE, PLACE_CACHE, "cache" },
		     { PLACE_STORAGE, PLACE_FILESYSTEM, "filesystem" },
		     { PLACE_FILESYSTEM, PLACE_ROOT_DIRECTORY, "rootdirectory" },
		     { PLACE_ROOT, PLACE_PROXY, "proxy" },
		     { PLACE_PROXY, PLACE_REMOTE_URL, "remoteurl" },
		     { PLACE_ROOT, PLACE_VALIDATION, "validation" },
		     { PLACE_VALIDATION, PLACE_VALIDATION_DISABLED, "disabled" },
		     { PLACE_VALIDATION, PLACE_VALIDATION_MANIFESTS, "manifests" },
		     { PLACE_VALIDATION_MANIFESTS, PLACE_VALIDATION_INDEXES, "indexes" },
		     { PLACE_VALIDATION_INDEXES, PLACE_VALIDATION_PLATFORMS, "platforms" },
		     { PLACE_STORAGE, PLACE_DELETE, "delete" },
		     { PLACE_DELETE, PLACE_DELETE_ENABLED, "enabled" },
		     { PLACE_STORAGE, PLACE_MAINTENANCE, "maintenance" },
		     { PLACE_MAINTENANCE, PLACE_READONLY, "readonly" },
		     { PLACE_READONLY, PLACE_READONLY_ENABLED, "enabled" } };

	if (place == PLACE_STORAGE)
		found_in_storage(r, key);
	for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
		if (place != WAYS[i].from || !token_is(key, WAYS[i].key))
			continue;
		if (r->found->seen & 1U << WAYS[i].to)
			fail(r);
		r->found->seen |= 1U << WAYS[i].to;
		return WAYS[i].to;
	}
	return place == PLACE_CACHE || place == PLACE_CACHE_VALUE ? PLACE_CACHE_VALUE
								  : PLACE_ELSEWHERE;
}

/* The words of YAML 1.1, which is what distribution's parser reads. */
static enum server_flag read_flag(const struct token *token)
{
	static const char *const WORDS[][5] = {
		[FLAG_FALSE] = { "false", "False", "FALSE", "no", "off" },
		[FLAG_TRUE] = { "true", "True", "TRUE", "yes", "on" },
	};

	for (enum server_flag flag = FLAG_FALSE; flag <= FLAG_TRUE && !token->quoted; flag++) {
		for (size_t i = 0; i < sizeof *WORDS / sizeof **WORDS; i++) {
			if (token_is(token, WORDS[flag][i]))
				return flag;
		}
	}
	return FLAG_ODD;
}

static void found_scalar(struct reader *r, enum server_place place, const struct token *token)
{
	static const char *const NOTHING[] = { "~", "null", "Null", "NULL" };
	bool nothing = token->length == 0;

	for (size_t i = 0; i < sizeof NOTHING / sizeof *NOTHING && !token->quoted; i++)
		nothing |= token_is(token, NOTHING[i]);
	if (nothing)
		return;
	if (place == PLACE_ROOT || place == PLACE_PROXY)
		fail(r);
	r->found->storage |= place == PLACE_STORAGE;
	if (place == PLACE_STORAGE)
		found_in_storage(r, token);
	r->found->cached |= place == PLACE_CACHE || place == PLACE_CACHE_VALUE;
	r->found->redis |= place == PLACE_CACHE_VALUE && token_is(token, "redis");
	r->found->remote |= place == PLACE_REMOTE_URL;
	if (place == PLACE_DELETE_ENABLED)
		r->found->deletes = read_flag(token);
	if (place == PLACE_READONLY_ENABLED)
		r->found->readonly = read_flag(token);
	r->found->sparse |= place == PLACE_VALIDATION_DISABLED ||
			    (place == PLACE_VALIDATION_PLATFORMS && !token_is(token, "all"));
	if (place == PLACE_ROOT_DIRECTORY && !memchr(token->text, '\\', token->length) &&
	    !memchr(token->text, '\'', token->length)) {
		r->found->root_directory = token->text;
		r->found->root_length = token->length;
	}
}

static void found_collection(struct reader *r, enum server_place place, bool mapping)
{
	if (place == PLACE_REMOTE_URL || (!mapping && place != PLACE_ELSEWHERE &&
					  place != PLACE_CACHE_VALUE && place < PLACE_VALIDATION))
		fail(r);
	r->found->sparse |= place == PLACE_VALIDATION_PLATFORMS;
	r->found->root |= place == PLACE_ROOT;
	r->found->storage |= place == PLACE_STORAGE;
	r->found->cached |= place == PLACE_CACHE_VALUE;
}

/* {a: b, c: {d: e}} or [a, b], over any number of lines; or a scalar in one of them. */
static void read_flow(struct reader *r, enum server_place place)
{
	bool mapping = *r->p == '{';
	char close = mapping ? '}' : ']';
	struct token token;

	if (!mapping && *r->p != '[') {
		read_scalar(r, true, &token);
		found_scalar(r, place, &token);
		return;
	}
	found_collection(r, place, mapping);
	if (++r->depth > DEEPEST)
		fail(r);
	r->p += !r->bad;
	skip(r);
	while (!r->bad && *r->p != close) {
		enum server_place inner = PLACE_ELSEWHERE;

		if (mapping) {
			read_key(r, true, &token);
			inner = enter(r, place, &token);
			skip(r);
		}
		if (!mapping || (*r->p != ',' && *r->p != close))
			read_flow(r, inner);
		skip(r);
		if (*r->p == ',')
			r->p++;
		else if (*r->p != close)
			fail(r);
		skip(r);
	}
	r->p += !r->bad;
	r->depth--;
}

/* The lines of | and >, all indented like the first of them and deeper than PARENT. */
static void skip_block_scalar(struct reader *r, ptrdiff_t parent)
{
	ptrdiff_t indent = -1;

	r->p += r->p[1] == '-' || r->p[1] == '+' ? 2 : 1;
	r->p += strspn(r->p, " ");
	if (!is_blank(*r->p) && !(*r->p == '#' && r->p[-1] == ' '))
		fail(r);
	for (r->p += strcspn(r->p, "\n"); *r->p; r->p += strcspn(r->p, "\n")) {
		r->line = ++r->p;
		r->p += strspn(r->p, " ");
		if (is_blank(*r->p))
			continue;
		if (indent < 0 && column(r) > parent)
			indent = column(r);
		if (indent < 0 || column(r) < indent)
			break;
	}
	skip(r);
}

/* What may stand behind "key: " or "- ", to the end of its last line. */
static void read_inline(struct reader *r, enum server_place place, ptrdiff_t parent)
{
	struct token token;

	if ((*r->p == '|' || *r->p == '>') && place == PLACE_ELSEWHERE) {
		skip_block_scalar(r, parent);
		return;
	}
	if (*r->p == '{' || *r->p == '[') {
		read_flow(r, place);
	} else {
		read_scalar(r, false, &token);
		found_scalar(r, place, &token);
	}
	if (!skip(r))
		fail(r);
}

static void read_node(struct reader *r, enum server_place place, ptrdiff_t parent);

static void read_mapping(struct reader *r, enum server_place place, ptrdiff_t indent)
{
	found_collection(r, place, true);
	while (column(r) == indent) {
		struct token key;
		enum server_place inner;

		read_key(r, false, &key);
		inner = enter(r, place, &key);
		if (!skip(r))
			read_inline(r, inner, indent);
		else if (column(r) > indent || (column(r) == indent && at_dash(r)))
			read_node(r, inner, indent);
	}
}

static void read_sequence(struct reader *r, enum server_place place, ptrdiff_t indent)
{
	found_collection(r, place, false);
	while (at_dash(r) && column(r) == indent) {
		r->p++;
		skip(r);
		if (column(r) > indent)
			read_node(r, PLACE_ELSEWHERE, indent);
	}
}

static void read_node(struct reader *r, enum server_place place, ptrdiff_t parent)
{
	if (++r->depth > DEEPEST)
		fail(r);
	else if (at_dash(r))
		read_sequence(r, place, column(r));
	else if (at_key(r))
		read_mapping(r, place, column(r));
	else
		read_inline(r, place, parent);
	r->depth--;
}

bool server_yaml_read(const char *text, enum server_place place, struct server_findings *found)
{
	struct reader r = { .p = text, .line = text, .found = found };

	*found = (struct server_findings){ 0 };
	if (!is_readable(text))
		return false;
	skip(&r);
	r.begun = true;
	if (at_marker(&r)) {
		r.p += 3;
		if (!skip(&r))
			fail(&r);
	}
	if (*r.p)
		read_node(&r, place, -1);
	/* A line that is indented like none of those above it ended every loop. */
	return !r.bad && !*r.p;
}
