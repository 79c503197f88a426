/* Remembers tokens, and says how long one is used. */
#include "http/token.h"

#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>
#include <string.h>

#define LONGEST_SECONDS   (INT64_C(366) * 86400)
#define LONGEST_MARGIN_MS INT64_C(10000)
#define SHORTEST_MS       INT64_C(1000) /* so that who waited for it can be sent */

static void free_token(struct token *token)
{
	while (token->waiting.count > 0)
		request_free(request_queue_take(&token->waiting));
	free(token->key);
	free(token->text);
	free(token);
}

void token_cache_free(struct token_cache *tokens)
{
	for (size_t i = 0; i < tokens->count; i++)
		free_token(tokens->items[i]);
	free(tokens->items);
	*tokens = (struct token_cache){ 0 };
}

/* None of the three holds a line end. */
static char *key_of(const char *realm, const char *service, const char *scope)
{
	return xasprintf("%s\n%s\n%s", realm, service, scope);
}

static struct token *find(const struct token_cache *tokens, const char *key)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (strcmp(tokens->items[i]->key, key) == 0)
			return tokens->items[i];
	return NULL;
}

struct token *token_cache_find(const struct token_cache *tokens, const char *realm,
			       const char *service, const char *scope)
{
	CLEANUP(free_p) char *key = key_of(realm, service, scope);

	return find(tokens, key);
}

static void make_room(struct token_cache *tokens)
{
	size_t oldest = SIZE_MAX;

	if (tokens->count < TOKEN_MOST)
		return;
	for (size_t i = 0; i < tokens->count; i++)
		if (!tokens->items[i]->asking &&
		    (oldest == SIZE_MAX || tokens->items[i]->used < tokens->items[oldest]->used))
			oldest = i;
	if (oldest == SIZE_MAX)
		return;
	free_token(tokens->items[oldest]);
	tokens->items[oldest] = tokens->items[--tokens->count];
}

struct token *token_cache_use(struct token_cache *tokens, const char *realm, const char *service,
			      const char *scope)
{
	CLEANUP(free_p) char *key = key_of(realm, service, scope);
	struct token *token = find(tokens, key);

	if (!token) {
		make_room(tokens);
		token = xcalloc(1, sizeof *token);
		token->key = steal(&key);
		request_queue_init(&token->waiting);
		GROW(tokens->items, tokens->count, tokens->capacity);
		tokens->items[tokens->count++] = token;
	}
	token->used = ++tokens->uses;
	return token;
}

void token_set(struct token_cache *tokens, struct token *token, const char *text, int64_t seconds,
	       int64_t now)
{
	int64_t whole = seconds * 1000;
	int64_t margin = whole / 4 < LONGEST_MARGIN_MS ? whole / 4 : LONGEST_MARGIN_MS;

	free(token->text);
	token->text = xstrdup(text);
	token->number = ++tokens->numbers;
	token->until_ms = token->asked_ms + whole - margin;
	if (token->until_ms < now + SHORTEST_MS)
		token->until_ms = now + SHORTEST_MS;
}

void token_drop(struct token *token)
{
	free(token->text);
	token->text = NULL;
	token->number = 0;
}

bool token_good(const struct token *token, int64_t now)
{
	return token->text && now < token->until_ms;
}

/* What a header can hold (RFC 6750, b64token, and what is not among it but as harmless). */
static bool is_value(const char *text)
{
	size_t length = strlen(text);

	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == ',' || *p == '"')
			return false;
	return length > 0;
}

static int read_lifetime(const struct json_object *root, int64_t *seconds, struct err *err)
{
	struct json_object *value = document_get(root, "expires_in");

	*seconds = TOKEN_SECONDS;
	if (!value)
		return 0;
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return err_set(err, ERR_IO, "its `expires_in` is no number of seconds");
	if (json_object_get_int64(value) > 0) /* 0: not set */
		*seconds = json_object_get_int64(value);
	if (*seconds > LONGEST_SECONDS)
		*seconds = LONGEST_SECONDS;
	return 0;
}

int token_parse(const char *body, size_t length, char **text, int64_t *seconds, struct err *err)
{
	CLEANUP(document_put) struct json_object *root = NULL;
	const char *token = NULL, *access = NULL;

	*text = NULL;
	if (document_parse(body, length, &root, err) < 0)
		return -1;
	if (document_string(root, "token", &token, err) < 0 ||
	    document_string(root, "access_token", &access, err) < 0 ||
	    read_lifetime(root, seconds, err) < 0)
		return -1;
	if (!token || !*token)
		token = access;
	if (!token || !is_value(token))
		return err_set(err, ERR_IO, "there is no usable `token` in it");
	*text = xstrdup(token);
	return 0;
}
