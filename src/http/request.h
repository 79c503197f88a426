/* A request with its history, and what such requests wait in: a queue, and a heap of those (and of
 * callbacks) that have to wait for a time. Private to src/http. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct headers; /* http/headers.h */

/* A submitted request and its progress. */
struct request {
	struct request *next;        /* in the engine's queue */
	struct http_request ask;     /* its texts and body are in the request's own memory */
	char *target;                /* where this attempt was redirected to, or NULL */
	bool target_known;           /* it has answered before */
	bool for_token;              /* the engine's own question for a token (http/login.h) */
	unsigned logins;             /* how often it was sent again with another token */
	unsigned hops;               /* redirects followed in this attempt */
	unsigned attempts;           /* begun so far; what follows a redirect is the same attempt */
	struct http_verdict verdict; /* of its judge, on the last answer; zero: none */
	int64_t began_ms;            /* the first attempt */
	int64_t tried_ms;            /* the last try */
	/* The marks of http/silence.h: at the registry, and at where it redirects to. */
	uint64_t silence, target_silence;
};

struct request *request_new(const struct http_request *ask);
void request_free(struct request *request); /* NULL is fine */
/* True when the next try goes to the place that the registry named instead of to itself. */
static inline bool request_redirected(const struct request *request)
{
	return request->target != NULL;
}

/* True when it changes something at the registry: such a request is never repeated. */
static inline bool request_writes(const struct request *request)
{
	return request->ask.method == HTTP_DELETE || request->ask.method == HTTP_PUT;
}
/* True when it may be sent no more at NOW (monotonic). */
static inline bool request_expired(const struct request *request, int64_t now)
{
	return request->ask.not_after_ms && now > request->ask.not_after_ms;
}

/* True when RESPONSE is a connection that broke, here or behind a proxy, and that is an answer. */
bool request_broke(const struct request *request, const struct http_response *response);

/* Tells in the log what RESPONSE, which began with HEAD, answered, where each request is to be told
 * (log_http). Of a place that the registry named only the host is told: the rest may be a key to
 * it. */
void request_log(const struct request *request, const struct http_response *response,
		 const struct headers *head);

/* Tells the same in the log, for who watches (a terminal, or DEBUG lines), when it is asked again
 * after PAUSE_MS. */
void request_log_again(const struct request *request, const struct http_response *response,
		       int64_t pause_ms);

/* Has RESPONSE judged, where REQUEST has a judge and there is something to judge. */
void request_judge(struct request *request, const struct http_response *response);
/* As retry_pause_ms, for RESPONSE to REQUEST at NOW. */
int64_t request_retry_pause(const struct request *request, const struct http_response *response,
			    int64_t limit_ms, int64_t now, double random);
/* Calls back, and releases REQUEST. */
void request_answered(struct request *request, const struct http_response *response);
/* The same for what is sent no more because of WHY; STATUS as in struct http_response. */
void request_refused(struct request *request, enum http_failure failure, int status,
		     const char *why);
/* The same: HTTP_ABANDONED or HTTP_EXPIRED. */
void request_unanswered(struct request *request, enum http_failure failure);
/* Calls back if it may be sent no more at NOW, as HTTP_EXPIRED: true. */
bool request_drop_expired(struct request *request, int64_t now);
/* A try begins at NOW. */
void request_begin(struct request *request, int64_t now);
/* The next attempt begins at the registry again. */
void request_restart(struct request *request);
/* The next try goes to TARGET, which becomes the request's. KNOWN: it has answered before. */
void request_redirect_take(struct request *request, char *target, bool known);

/* First in, first out; requests are linked through their `next`. */
struct request_queue {
	struct request *first, **last;
	size_t count;
};

void request_queue_init(struct request_queue *queue);
void request_queue_add(struct request_queue *queue, struct request *request);
/* Puts REQUEST before all others. */
void request_queue_add_first(struct request_queue *queue, struct request *request);
/* Moves all of OTHER before what is in QUEUE, in their order. */
void request_queue_join_first(struct request_queue *queue, struct request_queue *other);
/* The first request, which leaves the queue; QUEUE is not empty. */
struct request *request_queue_take(struct request_queue *queue);

/* A request that pauses, or, where REQUEST is NULL, a callback. */
struct request_timer {
	int64_t due_ms;
	uint64_t order; /* of two that are due at once the older comes first */
	struct request *request;
	void (*done)(void *ctx);
	void *ctx;
};

/* Zero-initialised is empty; the items are a heap with the next one on top. */
struct request_timers {
	struct request_timer *items;
	size_t count, capacity;
	uint64_t order; /* the next one's */
};

/* Adds a copy of TIMER, whose order is set. */
void request_timers_add(struct request_timers *timers, struct request_timer timer);
/* The next one, which leaves the heap; TIMERS is not empty. */
struct request_timer request_timers_take(struct request_timers *timers);

#endif
