/* Reads the registry's config.yml: as much YAML as such files are written in, by recursive descent.
 * Everything else is a fault, after which nothing in the text counts. */
#include "registry/server_config.h"

#include "registry/command.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define ASK_LIMIT   ((size_t)1 << 20)
#define ASK_SECONDS 20
#define DEEPEST     50

/* Where in the configuration a node is. */
enum place { ELSEWHERE, ROOT, STORAGE, CACHE, CACHE_VALUE, PROXY, REMOTE_URL };

struct findings {
	unsigned seen; /* a bit for each place that was mentioned */
	bool root, storage, cached, remote;
};

struct reader {
	const char *p;
	const char *line; /* where the line of P begins */
	unsigned depth;
	bool begun, bad;
	struct findings *found;
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
	return column(r) == 0 && is_blank(r->p[strspn(r->p, "-.")]) &&
	       (strncmp(r->p, "---", 3) == 0 || strncmp(r->p, "...", 3) == 0);
}

/* No control characters, and none of those that only YAML takes for the end of a line. */
static bool is_readable(const char *text)
{
	static const char *const ODD[] = { "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf" };

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
		if (*r->p == (quote == '"' ? '\\' : quote) && (r->p[1] == quote || r->p[1] == '\\')) {
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
	if (strchr(FORBIDDEN, *r->p) || (strchr("-?:", *r->p) && is_blank(r->p[1])))
		fail(r);
	for (; *r->p && !strchr("\r\n", *r->p) && !strchr(delimiters, *r->p); r->p++) {
		if ((*r->p == ':' && is_blank(r->p[1])) || (*r->p == '#' && r->p[-1] == ' '))
			break;
		if (*r->p == '\t' || (*r->p == ':' && strchr(delimiters, r->p[1])))
			fail(r);
	}
	token->length = r->bad ? 0 : (size_t)(r->p - token->text);
	while (token->length && token->text[token->length - 1] == ' ')
		token->length--;
}
