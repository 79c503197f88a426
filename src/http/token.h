/* Bearer tokens by realm, service and scope, how long each is used, and who waits for one. No I/O,
 * no clock. Private to src/http. */
#ifndef HTTP_TOKEN_H
#define HTTP_TOKEN_H

#include "http/request.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_SECONDS 60   /* where the answer does not say (token specification) */
#define TOKEN_MOST    1024 /* remembered at a time, beside those that are being asked for */

/* Times are monotonic, in milliseconds. */
struct token {
	char *key;
	char *text;       /* NULL: none */
	uint64_t number;  /* of TEXT, another one for each; 0: none */
	int64_t until_ms; /* used before that */
	uint64_t used;    /* the order of uses */
	size_t masked; /* how many texts of tokens were masked when TEXT was, for the last time */
	int64_t asked_ms; /* when it was asked for */
	bool asking;      /* a request for it is on its way: the token stays where it is */
	bool doubted;     /* the one before it was refused, and none was accepted since */
	struct request_queue waiting; /* empty unless ASKING */
	void *owner;
};

/* Zero-initialised is empty. Each token is its own allocation. */
struct token_cache {
	struct token **items;
	size_t count, capacity;
	uint64_t uses, numbers;
};

/* Releases what waits, too, without calling back. */
void token_cache_free(struct token_cache *tokens);
/* NULL when there is none. SCOPE may be "". */
struct token *token_cache_find(const struct token_cache *tokens, const char *realm,
			       const char *service, const char *scope);
/* Finds or adds it, and counts that as a use. Where there are too many, the one whose last use is
 * longest ago goes. */
struct token *token_cache_use(struct token_cache *tokens, const char *realm, const char *service,
			      const char *scope);
/* TOKEN becomes TEXT (copied), good for SECONDS since it was asked for, as far as the server says:
 * it is used until a margin before that (a quarter, but not more than ten seconds), and for a
 * second after NOW in any case. */
void token_set(struct token_cache *tokens, struct token *token, const char *text, int64_t seconds,
	       int64_t now);
/* It is to be asked for again. */
void token_drop(struct token *token);
bool token_good(const struct token *token, int64_t now);

/* Reads the answer of a token server. TEXT is the caller's; SECONDS 1 to a year. -1 (ERR_IO): it is
 * not one, or its token can be no header's value. `issued_at` is not read: the server's clock may
 * be wrong. */
int token_parse(const char *body, size_t length, char **text, int64_t *seconds, struct err *err)
	__attribute__((warn_unused_result));

#endif
