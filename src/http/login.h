/* How the registry is told who we are: by Basic, until a 401 asks for a token (Bearer); from then
 * on by tokens of the server that it names, one for each scope, and never by Basic again. Private
 * to src/http.
 *
 * A request that needs a token waits, queued, while one question for that token is on its way; all
 * that need the same one wait for the same question. What writes is given its token before it is
 * sent, and is sent at its NOT_AFTER_MS at the latest however long that took. */
#ifndef HTTP_LOGIN_H
#define HTTP_LOGIN_H

#include "http/request.h"
#include "http/token.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

#define LOGIN_TRIES   3 /* how often one request may be sent again because of a 401 */
#define LOGIN_GIVE_UP 3 /* questions in a row that the token server did not answer */

struct login {
	bool by_key;                 /* auth_token is sent: nobody is asked for a token */
	const char *user;            /* NULL or "": tokens are asked for without credentials */
	struct request_queue *queue; /* the engine's */
	struct token_cache tokens;
	char *realm; /* the token server, resolved; NULL: no token was asked for yet */
	char *service;
	char refusal[256]; /* why REALM is told nothing, or "" */
	char said[256];    /* why a token is of no use, until the next refusal */
	size_t waiting;    /* requests that wait for a token */
	unsigned silent;   /* questions in a row that came to nothing */
	bool answered;     /* the token server gave a token before */
	struct err over;   /* it is given up: no token is asked for any more */
	size_t masked;     /* texts of tokens that were given to util/secrets.h */
};

/* Masks the auth_token of OPTIONS from now on. */
void login_init(struct login *login, const struct http_options *options,
		struct request_queue *queue);
/* What waits is dropped silently. */
void login_free(struct login *login);

/* REQUEST is about to be sent at NOW. True: it may be, with TOKEN, or without where that is NULL.
 * False: it waits for its token, whose question, if it is not on its way, is queued before all
 * others; or it was called back. */
bool login_prepare(struct login *login, struct request *request, int64_t now,
		   const struct token **token);

/* RESPONSE came to REQUEST, which was sent with the token of NUMBER (0: none). True: the token was
 * refused, and REQUEST is queued again, for another one; never when the run ENDS. Otherwise
 * RESPONSE may become one that says what is wrong with the token: that it may be ordered anew
 * (HTTP_EXPIRED, of what writes), or that this is its end (refused_token, borrowed until the next
 * refusal). */
bool login_take(struct login *login, struct request *request, uint64_t number,
		struct http_response *response, bool ends);

#endif
