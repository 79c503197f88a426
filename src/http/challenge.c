/* A parser of WWW-Authenticate that takes what the grammar has and nothing else. */
#include "http/challenge.h"

#include "util/buf.h"
#include "util/xalloc.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define ALNUM     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define BLANKS    " \t"
#define IN_TOKEN  ALNUM "!#$%&'*+-.^_`|~"
#define IN_SECRET ALNUM "-._~+/" /* token68 */

/* A part of the header. */
struct piece {
	const char *begin;
	size_t length;
};

static bool is(struct piece piece, const char *word)
{
	return strlen(word) == piece.length && strncasecmp(piece.begin, word, piece.length) == 0;
}

static void skip(const char **at, const char *letters)
{
	*at += strspn(*at, letters);
}

static struct piece take_token(const char **at)
{
	struct piece piece = { .begin = *at, .length = strspn(*at, IN_TOKEN) };

	*at += piece.length;
	return piece;
}

/* A quoted string, without its escapes. False when it has no end, or a control character. */
static bool take_quoted(const char **at, struct buf *value)
{
	for (++*at; **at != '"'; ++*at) {
		if (**at == '\\')
			++*at;
		if ((unsigned char)**at < ' ' && **at != '\t')
			return false;
		buf_add(value, *at, 1);
	}
	++*at;
	return true;
}

/* The value after `=`, a token or a quoted string. */
static bool take_value(const char **at, struct buf *value)
{
	struct piece plain;

	if (**at == '"')
		return take_quoted(at, value);
	plain = take_token(at);
	buf_add(value, plain.begin, plain.length);
	return plain.length > 0;
}

/* True when a parameter begins at AT, and no scheme or token68. */
static bool is_parameter(const char *at)
{
	struct piece name = take_token(&at);

	skip(&at, BLANKS);
	if (name.length == 0 || *at != '=')
		return false;
	at++;
	skip(&at, BLANKS);
	return *at == '"' || (*at && strchr(IN_TOKEN, *at));
}

/* False: the Bearer challenge in OUT has NAME already. */
static bool keep(struct challenge *out, struct piece name, const struct buf *value)
{
	const struct {
		const char *name;
		char **slot;
	} PARTS[] = { { "realm", &out->realm },
		      { "service", &out->service },
		      { "scope", &out->scope },
		      { "error", &out->error } };

	for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
		if (!is(name, PARTS[i].name))
			continue;
		if (*PARTS[i].slot)
			return false;
		*PARTS[i].slot = xstrdup(buf_string(value));
	}
	return true;
}

/* Reads one parameter; OUT is NULL where it does not matter. */
static bool take_parameter(const char **at, struct challenge *out)
{
	struct piece name = take_token(at);
	CLEANUP(buf_free) struct buf value = { 0 };

	skip(at, BLANKS);
	++*at; /* the `=` that is_parameter saw */
	skip(at, BLANKS);
	if (!take_value(at, &value))
		return false;
	skip(at, BLANKS);
	return (**at == '\0' || **at == ',') && (!out || keep(out, name, &value));
}

static bool take_parameters(const char **at, struct challenge *out)
{
	while (is_parameter(*at)) {
		if (!take_parameter(at, out))
			return false;
		skip(at, BLANKS ",");
	}
	return true;
}

/* One challenge. */
static bool take_challenge(const char **at, struct challenge *out)
{
	struct piece scheme = take_token(at);
	bool first = is(scheme, "Bearer") && !out->bearer;

	if (scheme.length == 0 || (**at && !strchr(BLANKS ",", **at)))
		return false;
	out->basic |= is(scheme, "Basic");
	out->bearer |= first;
	skip(at, BLANKS);
	if (is_parameter(*at))
		return take_parameters(at, first ? out : NULL);
	*at += strspn(*at, IN_SECRET);
	skip(at, "=");
	skip(at, BLANKS);
	return **at == '\0' || **at == ',';
}

int challenge_parse(const char *header, struct challenge *out, struct err *err)
{
	const char *at = header;

	*out = (struct challenge){ 0 };
	if (strlen(header) > CHALLENGE_LONGEST)
		return err_set(err, ERR_IO, "it is too long");
	for (skip(&at, BLANKS ","); *at; skip(&at, BLANKS ",")) {
		const char *began = at;

		if (take_challenge(&at, out))
			continue;
		challenge_clear(out);
		return err_set(err, ERR_IO, "it is malformed behind byte %zu",
			       (size_t)(began - header));
	}
	return 0;
}

void challenge_clear(struct challenge *challenge)
{
	free(challenge->realm);
	free(challenge->service);
	free(challenge->scope);
	free(challenge->error);
	*challenge = (struct challenge){ 0 };
}
