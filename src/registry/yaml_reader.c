/* Tokens of YAML. What is not understood is a fault, never a guess. */
#include "registry/yaml_reader.h"

#include <ctype.h>
#include <string.h>

/* Every loop ends at the end of the text, so a fault goes to one. */
void yaml_fail(struct yaml_reader *r)
{
	r->bad = true;
	r->p = "";
}

ptrdiff_t yaml_column(const struct yaml_reader *r)
{
	return *r->p ? r->p - r->line : -1;
}

bool yaml_is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\0';
}

bool yaml_at_dash(const struct yaml_reader *r)
{
	return *r->p == '-' && yaml_is_blank(r->p[1]);
}

bool yaml_at_marker(const struct yaml_reader *r)
{
	return yaml_column(r) == 0 &&
	       (strncmp(r->p, "---", 3) == 0 || strncmp(r->p, "...", 3) == 0) &&
	       yaml_is_blank(r->p[3]);
}

/* No control characters, and none of those that only YAML takes for the end of a line. */
bool yaml_is_readable(const char *text)
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
bool yaml_skip(struct yaml_reader *r)
{
	bool crossed = false;

	for (;; r->p++) {
		if (*r->p == '#' && (r->p == r->line || yaml_is_blank(r->p[-1])))
			r->p += strcspn(r->p, "\n");
		if (!*r->p || !yaml_is_blank(*r->p))
			break;
		if (*r->p == '\n') {
			r->line = r->p + 1;
			crossed = true;
		}
	}
	crossed |= !*r->p;
	if (r->begun && yaml_at_marker(r))
		yaml_fail(r);
	return crossed;
}

/* "text" or 'text', on one line. */
static void read_quoted(struct yaml_reader *r, struct yaml_token *token)
{
	char quote = *r->p++;

	*token = (struct yaml_token){ .text = r->p, .quoted = true };
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
	yaml_fail(r);
}

/* A scalar without quotes, on one line. Tabs are not worth understanding. */
static void read_plain(struct yaml_reader *r, bool flow, struct yaml_token *token)
{
	static const char FORBIDDEN[] = ",[]{}#&*!|>'\"%@`";
	const char *delimiters = flow ? ",[]{}" : "";

	*token = (struct yaml_token){ .text = r->p };
	if (strchr(FORBIDDEN, *r->p) || (strchr("-?:", *r->p) && yaml_is_blank(r->p[1])) ||
	    (flow && strchr("?:", *r->p)))
		yaml_fail(r);
	for (; *r->p && !strchr("\r\n", *r->p) && !strchr(delimiters, *r->p); r->p++) {
		if ((*r->p == ':' && yaml_is_blank(r->p[1])) || (*r->p == '#' && r->p[-1] == ' '))
			break;
		if (*r->p == '\t' || (*r->p == ':' && strchr(delimiters, r->p[1]))) {
			yaml_fail(r);
			return;
		}
	}
	token->length = r->bad ? 0 : (size_t)(r->p - token->text);
	while (token->length && token->text[token->length - 1] == ' ')
		token->length--;
}

void yaml_read_scalar(struct yaml_reader *r, bool flow, struct yaml_token *token)
{
	if (*r->p == '"' || *r->p == '\'')
		read_quoted(r, token);
	else
		read_plain(r, flow, token);
}

bool yaml_token_is(const struct yaml_token *token, const char *text)
{
	return token->length == strlen(text) && memcmp(token->text, text, token->length) == 0;
}

/* A key and its colon, which in flow needs no blank behind a quoted key. */
void yaml_read_key(struct yaml_reader *r, bool flow, struct yaml_token *key)
{
	yaml_read_scalar(r, flow, key);
	r->p += strspn(r->p, " ");
	if (*r->p == ':' && (yaml_is_blank(r->p[1]) || (flow && key->quoted)) &&
	    !memchr(key->text, '\\', key->length) && !yaml_token_is(key, "<<"))
		r->p++;
	else
		yaml_fail(r);
}

bool yaml_at_key(const struct yaml_reader *r)
{
	struct yaml_reader ahead = *r;
	struct yaml_token key;

	yaml_read_key(&ahead, false, &key);
	return !ahead.bad;
}

/* The lines of | and >, all indented like the first of them and deeper than PARENT. */
void yaml_skip_block_scalar(struct yaml_reader *r, ptrdiff_t parent)
{
	ptrdiff_t indent = -1;

	r->p += r->p[1] == '-' || r->p[1] == '+' ? 2 : 1;
	r->p += strspn(r->p, " ");
	if (!yaml_is_blank(*r->p) && !(*r->p == '#' && r->p[-1] == ' '))
		yaml_fail(r);
	for (r->p += strcspn(r->p, "\n"); *r->p; r->p += strcspn(r->p, "\n")) {
		r->line = ++r->p;
		r->p += strspn(r->p, " ");
		if (yaml_is_blank(*r->p))
			continue;
		if (indent < 0 && yaml_column(r) > parent)
			indent = yaml_column(r);
		if (indent < 0 || yaml_column(r) < indent)
			break;
	}
	yaml_skip(r);
}
