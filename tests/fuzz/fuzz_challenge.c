/* Any text as WWW-Authenticate. What is understood is understood again when it is written down
 * anew, and nothing in it can break a line. */
#include "fuzz.h"

#include "http/challenge.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

static void add(struct buf *text, const char *name, const char *value)
{
	if (!value)
		return;
	buf_format(text, "%s%s=\"", text->length > 0 ? "," : "Bearer ", name);
	for (const char *p = value; *p; p++)
		buf_format(text, "\\%c", *p);
	buf_text(text, "\"");
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_again(const struct challenge *challenge)
{
	CLEANUP(challenge_clear) struct challenge again = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	add(&text, "realm", challenge->realm);
	add(&text, "service", challenge->service);
	add(&text, "scope", challenge->scope);
	add(&text, "error", challenge->error);
	for (size_t i = 0; i < text.length; i++)
		fuzz_require((unsigned char)text.data[i] >= ' ' || text.data[i] == '\t');
	if (text.length == 0 || text.length > CHALLENGE_LONGEST)
		return;
	fuzz_require(challenge_parse(text.data, &again, &err) == 0);
	fuzz_require(same(challenge->realm, again.realm));
	fuzz_require(same(challenge->service, again.service));
	fuzz_require(same(challenge->scope, again.scope));
	fuzz_require(same(challenge->error, again.error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(challenge_clear) struct challenge challenge = { 0 };
	CLEANUP(free_p) char *text = xstrndup((const char *)data, size);
	struct err err = { 0 };
	int result = challenge_parse(text, &challenge, &err);

	if (result < 0 || !challenge.bearer)
		fuzz_require(!challenge.realm && !challenge.service && !challenge.scope &&
			     !challenge.error);
	if (result == 0)
		check_again(&challenge);
	return 0;
}
