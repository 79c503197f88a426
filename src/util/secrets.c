/* Finds all secrets first and masks then, so that one that is part of another does no harm. */
#include "util/secrets.h"

#include "util/buf.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ANYWHERE_LENGTH 4 /* shorter ones must be words */

static struct {
	char **items;
	size_t count, capacity;
	char *passing[SECRETS_PASSING]; /* a ring */
	size_t next;
} secrets;

void secrets_add(const char *secret)
{
	if (!*secret)
		return;
	GROW(secrets.items, secrets.count, secrets.capacity);
	secrets.items[secrets.count++] = xstrdup(secret);
}

void secrets_add_key(const char *key)
{
	CLEANUP(free_p) char *lower = xstrdup(key);
	CLEANUP(free_p) char *upper = xstrdup(key);

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (char *p = upper; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	secrets_add(key);
	secrets_add(lower);
	secrets_add(upper);
}

void secrets_add_passing(const char *secret)
{
	char **slot = &secrets.passing[secrets.next % SECRETS_PASSING];

	if (!*secret)
		return;
	free(*slot);
	*slot = xstrdup(secret);
	secrets.next++;
}

void secrets_clear(void)
{
	for (size_t i = 0; i < SECRETS_PASSING; i++) {
		free(secrets.passing[i]);
		secrets.passing[i] = NULL;
	}
	secrets.next = 0;
	for (size_t i = 0; i < secrets.count; i++)
		free(secrets.items[i]);
	free(secrets.items);
	secrets.items = NULL;
	secrets.count = secrets.capacity = 0;
}

/* All but what a URL may hold as it is (RFC 3986, unreserved). */
static void add_escaped(const char *password, bool upper)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	for (const char *p = password; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._~", *p))
			buf_add(&text, p, 1);
		else
			buf_format(&text, upper ? "%%%02X" : "%%%02x", (unsigned char)*p);
	}
	if (strcmp(buf_string(&text), password) != 0)
		secrets_add(buf_string(&text));
}

static void add_json(const char *password)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	for (const char *p = password; *p; p++) {
		if (strchr("\"\\", *p))
			buf_text(&text, "\\");
		buf_add(&text, p, 1);
	}
	if (strcmp(buf_string(&text), password) != 0)
		secrets_add(buf_string(&text));
}

/* Without the padding, which some leave out. */
static void add_base64(const char *text)
{
	size_t length = strlen(text);
	CLEANUP(free_p) char *encoded = xcalloc(length / 3 + 1, 4 + 1);

	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)text, (int)length);
	encoded[strcspn(encoded, "=")] = '\0';
	secrets_add(encoded);
}

void secrets_add_login(const char *user, const char *password)
{
	CLEANUP(free_p) char *both = xasprintf("%s:%s", user, password);

	if (!*password)
		return;
	secrets_add(password);
	add_escaped(password, true);
	add_escaped(password, false);
	add_json(password);
	add_base64(both);
	add_base64(password);
}

static bool is_word(const char *text, const char *at, size_t length)
{
	return (at == text || !isalnum((unsigned char)at[-1])) &&
	       !isalnum((unsigned char)at[length]);
}

/* Marks in MASK, which is made when there is something to mark, where SECRET is in TEXT. */
static void mark(const char *text, size_t size, const char *secret, char **mask)
{
	size_t length = strnlen(secret, size + 1);

	if (length > size)
		return;
	for (const char *at = text; (at = strstr(at, secret)); at++) {
		if (length < ANYWHERE_LENGTH && !is_word(text, at, length))
			continue;
		if (!*mask)
			*mask = xcalloc(size + 1, 1);
		memset(*mask + (at - text), 1, length);
	}
}

void secrets_mask(char *text)
{
	CLEANUP(free_p) char *mask = NULL;
	size_t size = strlen(text);

	for (size_t i = 0; i < secrets.count; i++)
		mark(text, size, secrets.items[i], &mask);
	for (size_t i = 0; i < SECRETS_PASSING && secrets.passing[i]; i++)
		mark(text, size, secrets.passing[i], &mask);
	for (size_t i = 0; mask && i < size; i++) {
		if (mask[i])
			text[i] = '*';
	}
}

char *secrets_masked(const char *text)
{
	char *copy = xstrdup(text);

	secrets_mask(copy);
	return copy;
}

void secrets_print(char *text, size_t size, const char *format, va_list arguments)
{
	CLEANUP(free_p) char *whole = NULL;

	if (vasprintf(&whole, format, arguments) < 0)
		die_internal("format \"%s\" cannot be written", format);
	secrets_mask(whole);
	snprintf(text, size, "%s", whole);
}
