/* Asks for tokens, lets requests wait for them, and says what a 401 is worth. */
#include "http/login.h"

#include "http/challenge.h"
#include "http/realm.h"
#include "http/targets.h"
#include "util/log.h"
#include "util/secrets.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_LIMIT ((size_t)256 * 1024)
#define REFUSAL      (sizeof((struct login){ 0 }.refusal))

void login_init(struct login *login, const struct http_options *options,
		struct request_queue *queue)
{
	*login = (struct login){ .by_key = options->auth_token != NULL,
				 .user = options->user,
				 .queue = queue };
	if (login->by_key)
		secrets_add_key(options->auth_token);
}

void login_free(struct login *login)
{
	token_cache_free(&login->tokens);
	free(login->realm);
	free(login->service);
}

static bool has_user(const struct login *login)
{
	return login->user && login->user[0];
}

static const char *scope_of(const struct request *request)
{
	return request->ask.scope ? request->ask.scope : "";
}

/* The scope in a token's key. */
static const char *scope_in(const struct token *token)
{
	return strrchr(token->key, '\n') + 1;
}

/* Where TOKEN comes from, and what it is for: the caller's. */
static char *describe(const struct token *token)
{
	CLEANUP(free_p) char *realm = xstrndup(token->key, strcspn(token->key, "\n"));
	CLEANUP(free_p) char *place = targets_told(realm);
	const char *scope = scope_in(token);

	return xasprintf("token%s%.120s from %s", *scope ? " for " : "", scope, place);
}

/* All that waits for TOKEN is called back: none was to be had. */
static void refuse_waiting(struct login *login, struct token *token, enum http_failure failure,
			   int status, const char *why)
{
	struct request_queue waiting = token->waiting;

	/* A callback may submit, which only queues. */
	if (waiting.count == 0)
		return;
	request_queue_init(&token->waiting);
	login->waiting -= waiting.count;
	while (waiting.count > 0)
		request_refused(request_queue_take(&waiting), failure, status, why);
}

static void let_waiting_go(struct login *login, struct token *token)
{
	login->waiting -= token->waiting.count;
	request_queue_join_first(login->queue, &token->waiting);
}

static bool is_refusal(int status)
{
	return status == 401 || status == 403;
}

/* Why there is no token, for people: the server's answer was none. The caller's. */
static char *complaint(const struct login *login, const struct token *token,
		       const struct http_response *response, const char *fault)
{
	CLEANUP(free_p) char *what = describe(token);
	int status = response->status;

	if (fault)
		return xasprintf("no %s: its answer is no token: %s", what, fault);
	if (is_refusal(status) && !*scope_in(token) && has_user(login))
		return xasprintf("no %s: %d, it refuses registry.user and registry.password", what,
				 status);
	if (is_refusal(status))
		return xasprintf("no %s: %d, it is refused to %s", what, status,
				 has_user(login) ? "registry.user" : "who has no registry.user");
	if (status / 100 == 3)
		return xasprintf("no %s: %d, a redirect, which is not followed with credentials",
				 what, status);
	if (response->failure == HTTP_ANSWERED && status < 400)
		return xasprintf("no %s: unexpected status %d", what, status);
	return xasprintf("no %s: %s", what, response->message);
}

/* A server that is away is not asked for each scope anew. */
static void count_silence(struct login *login, const struct http_response *response,
			  const char *why)
{
	bool silent = response->failure != HTTP_ANSWERED || response->status >= 500 ||
		      response->status == 429;

	login->silent = silent ? login->silent + 1 : 0;
	if (login->silent == LOGIN_GIVE_UP && login->over.kind == ERR_NONE)
		err_set(&login->over, ERR_UNREACHABLE, "%s; %u such questions in a row failed", why,
			LOGIN_GIVE_UP);
}

/* TOKEN's text is masked, and stays so however many others come. */
static void mask(struct login *login, struct token *token)
{
	if (token->masked && login->masked - token->masked < SECRETS_PASSING / 2)
		return;
	secrets_add_passing(token->text);
	token->masked = ++login->masked;
}

static void take_token(struct login *login, struct token *token, const char *text, int64_t seconds)
{
	CLEANUP(free_p) char *what = describe(token);

	token_set(&login->tokens, token, text, seconds, time_monotonic_ms());
	token->masked = 0;
	mask(login, token);
	login->silent = 0;
	login->answered = true;
	log_debug("got a %s", what);
	let_waiting_go(login, token);
}

static void on_token(void *ctx, const struct http_response *response)
{
	struct token *token = ctx;
	struct login *login = token->owner;
	CLEANUP(free_p) char *text = NULL;
	CLEANUP(free_p) char *why = NULL;
	struct err fault = { 0 };
	int64_t seconds = 0;
	bool answered = response->failure == HTTP_ANSWERED && response->status == 200;

	token->asking = false;
	if (answered &&
	    token_parse(response->body, response->body_length, &text, &seconds, &fault) == 0) {
		take_token(login, token, text, seconds);
		return;
	}
	if (response->failure == HTTP_ABANDONED) {
		refuse_waiting(login, token, HTTP_ABANDONED, 0, response->message);
		return;
	}
	why = complaint(login, token, response, answered ? fault.msg : NULL);
	count_silence(login, response, why);
	refuse_waiting(login, token, HTTP_NO_TOKEN,
		       is_refusal(response->status) ? response->status : 0, why);
}

static void ask(struct login *login, struct token *token, const char *scope, int64_t now)
{
	CLEANUP(free_p) char *url = realm_question(login->realm, login->service, scope);
	struct http_request question = { .method = HTTP_GET,
					 .url = url,
					 .max_body = ANSWER_LIMIT,
					 .done = on_token,
					 .ctx = token };
	struct request *request = request_new(&question);

	request->for_token = true;
	request->target_known = login->answered;
	token->asking = true;
	token->asked_ms = now;
	token->owner = login;
	request_queue_add_first(login->queue, request);
}

bool login_prepare(struct login *login, struct request *request, int64_t now,
		   const struct token **token)
{
	struct token *own;

	*token = NULL;
	if (!login->realm || request->for_token || request_redirected(request))
		return true;
	if (login->refusal[0]) {
		request_refused(request, HTTP_NO_TOKEN, 0, login->refusal);
		return false;
	}
	own = token_cache_use(&login->tokens, login->realm, login->service, scope_of(request));
	*token = own;
	if (token_good(own, now)) {
		mask(login, own);
		return true;
	}
	if (!own->asking && login->over.kind != ERR_NONE) {
		request_refused(request, HTTP_NO_TOKEN, 0, login->over.msg);
		return false;
	}
	request_queue_add(&own->waiting, request);
	login->waiting++;
	if (!own->asking)
		ask(login, own, scope_of(request), now);
	return false;
}

/* REALM becomes what CHALLENGE names, in any case; WHY not to ask there, or "". The caller's. */
static void find_realm(const struct login *login, const struct request *request,
		       const struct challenge *challenge, char **realm, char why[REFUSAL])
{
	CLEANUP(free_p) char *place = NULL;
	struct err fault = { 0 };

	why[0] = '\0';
	if (!challenge->realm)
		err_set(&fault, ERR_IO, "names no realm to get one from");
	else
		(void)!realm_resolve(request->ask.url, challenge->realm, realm, &fault);
	if (!*realm) {
		(void)snprintf(why, REFUSAL, "the registry wants a token, but %.150s", fault.msg);
		*realm = xstrdup(request->ask.url);
		return;
	}
	place = targets_told(*realm);
	if (has_user(login) && !realm_trusted(request->ask.url, *realm))
		(void)snprintf(why, REFUSAL,
			       "the registry sends us to %s for a token: registry.password is "
			       "not sent there, because that is not https",
			       place);
	else if (!login->realm || strcmp(login->realm, *realm) != 0)
		log_debug("the registry wants tokens of %s", place);
}

/* From now on tokens of the server that CHALLENGE names are used. False: that one is of no use, and
 * another one is known; login.said tells why. */
static bool adopt(struct login *login, const struct request *request,
		  const struct challenge *challenge)
{
	CLEANUP(free_p) char *realm = NULL;
	char why[REFUSAL];

	find_realm(login, request, challenge, &realm, why);
	if (why[0] && login->realm && !login->refusal[0]) {
		memcpy(login->said, why, sizeof login->said);
		return false;
	}
	memcpy(login->refusal, why, sizeof login->refusal);
	free(login->realm);
	free(login->service);
	login->realm = steal(&realm);
	login->service = xstrdup(challenge->service ? challenge->service : "");
	return true;
}

enum login_verdict {
	LOGIN_NO_MATTER,  /* the answer is not about that */
	LOGIN_AGAIN,      /* it goes into the queue again */
	LOGIN_LOOK_AGAIN, /* it may be ordered anew: nothing was done */
	LOGIN_REFUSED,    /* login.said tells why */
};

static enum login_verdict again(struct request *request)
{
	if (request_writes(request))
		return LOGIN_LOOK_AGAIN;
	return ++request->logins > LOGIN_TRIES ? LOGIN_REFUSED : LOGIN_AGAIN;
}

static void tell_refused(struct login *login, const struct request *request,
			 const struct challenge *challenge)
{
	const char *scope = scope_of(request);
	const char *error = challenge->error ? challenge->error : "no reason given";
	bool insufficient = strcmp(error, "insufficient_scope") == 0;
	CLEANUP(free_p) char *place = targets_told(login->realm);
	CLEANUP(free_p) char *said = secrets_masked(error);

	(void)snprintf(login->said, sizeof login->said,
		       "the registry refuses the token%s%.120s (%.30s): %s%.80s",
		       *scope ? " for " : "", scope, said,
		       insufficient ? "registry.user may not do that, says "
				    : "look at its clock, and whether it trusts the keys of ",
		       place);
}

/* A token was refused. A newer one may have come meanwhile. */
static enum login_verdict judge_token(struct login *login, struct request *request, uint64_t number,
				      const struct challenge *challenge)
{
	struct token *token =
		token_cache_find(&login->tokens, login->realm, login->service, scope_of(request));
	bool newer = !token || token->number != number;

	if (challenge->error && strcmp(challenge->error, "insufficient_scope") == 0)
		return LOGIN_REFUSED;
	if (newer)
		return again(request);
	if (token->doubted)
		return LOGIN_REFUSED;
	token->doubted = true;
	token_drop(token);
	return again(request);
}

static void note_accepted(struct login *login, const struct request *request, uint64_t number)
{
	struct token *token = number ? token_cache_find(&login->tokens, login->realm,
							login->service, scope_of(request))
				     : NULL;

	if (token && token->number == number)
		token->doubted = false;
}

static enum login_verdict judge(struct login *login, struct request *request, uint64_t number,
				const struct http_response *response)
{
	CLEANUP(challenge_clear) struct challenge challenge = { 0 };
	enum login_verdict verdict;
	struct err ignored;

	if (login->by_key || request->for_token || request_redirected(request) ||
	    response->failure != HTTP_ANSWERED)
		return LOGIN_NO_MATTER;
	if (response->status != 401) {
		note_accepted(login, request, number);
		return LOGIN_NO_MATTER;
	}
	if (!response->www_authenticate ||
	    challenge_parse(response->www_authenticate, &challenge, &ignored) < 0 ||
	    !challenge.bearer)
		return LOGIN_NO_MATTER;
	/* One that would take Basic, too, refuses what it was given. */
	if (challenge.basic && !login->realm && has_user(login))
		return LOGIN_NO_MATTER;
	if (!adopt(login, request, &challenge))
		return LOGIN_REFUSED;
	verdict = number ? judge_token(login, request, number, &challenge) : again(request);
	if (verdict == LOGIN_REFUSED)
		tell_refused(login, request, &challenge);
	return verdict;
}

bool login_take(struct login *login, struct request *request, uint64_t number,
		struct http_response *response, bool ends)
{
	switch (judge(login, request, number, response)) {
	case LOGIN_AGAIN:
		if (ends)
			return false;
		request->attempts--;
		request_queue_add_first(login->queue, request);
		return true;
	case LOGIN_LOOK_AGAIN:
		response->failure = HTTP_EXPIRED;
		response->status = 0;
		break;
	case LOGIN_REFUSED:
		response->refused_token = login->said;
		break;
	case LOGIN_NO_MATTER:
		break;
	}
	return false;
}
