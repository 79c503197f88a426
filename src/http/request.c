/* Requests with their history, and what they wait in: a queue and a heap of timers. */
#include "http/request.h"

#include "http/headers.h"
#include "http/retry.h"
#include "http/targets.h"
#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct request *request_new(const struct http_request *ask)
{
	const char *match = ask->if_none_match ? ask->if_none_match : "";
	const char *type = ask->content_type ? ask->content_type : "";
	const char *scope = ask->scope ? ask->scope : "";
	const char *agent = ask->agent ? ask->agent : "";
	size_t url_size = strlen(ask->url) + 1, match_size = strlen(match) + 1;
	size_t type_size = strlen(type) + 1, scope_size = strlen(scope) + 1;
	size_t agent_size = strlen(agent) + 1;
	struct request *request = xmalloc(sizeof *request + url_size + match_size + type_size +
					  scope_size + agent_size + ask->body_length);
	char *text = (char *)(request + 1);

	*request = (struct request){ .ask = *ask };
	request->ask.url = memcpy(text, ask->url, url_size);
	text += url_size;
	if (ask->if_none_match)
		request->ask.if_none_match = memcpy(text, match, match_size);
	text += match_size;
	if (ask->content_type)
		request->ask.content_type = memcpy(text, type, type_size);
	text += type_size;
	if (ask->scope)
		request->ask.scope = memcpy(text, scope, scope_size);
	text += scope_size;
	if (ask->agent)
		request->ask.agent = memcpy(text, agent, agent_size);
	text += agent_size;
	if (ask->body_length)
		request->ask.body = memcpy(text, ask->body, ask->body_length);
	return request;
}

void request_free(struct request *request)
{
	if (!request)
		return;
	free(request->target);
	free(request);
}

bool request_broke(const struct request *request, const struct http_response *response)
{
	return request->ask.breaks &&
	       (response->failure == HTTP_CUT ||
		(response->failure == HTTP_ANSWERED && response->status == 502));
}

static const char *const METHODS[] = { [HTTP_GET] = "GET",
				       [HTTP_HEAD] = "HEAD",
				       [HTTP_OPTIONS] = "OPTIONS",
				       [HTTP_DELETE] = "DELETE",
				       [HTTP_PUT] = "PUT" };

void request_log(const struct request *request, const struct http_response *response,
		 const struct headers *head)
{
	CLEANUP(free_p) char *place = request->target ? targets_place(request->target) : NULL;
	const char *method = METHODS[request->ask.method];
	const char *url = place ? place : request->ask.url;

	uint64_t took_ms = (uint64_t)(time_monotonic_ms() - request->tried_ms);

	if (!log_http())
		return;
	if (response->failure == HTTP_ANSWERED)
		log_about(LOG_LEVEL_INFO,
			  (const struct log_field[]){
				  { .name = "event", .text = "http" },
				  { .name = "method", .text = method },
				  { .name = "url", .text = url },
				  { .name = "status", .number = (uint64_t)response->status },
				  { .name = "bytes", .number = response->body_length },
				  { .name = "milliseconds", .number = took_ms },
				  { 0 } },
			  "HTTP %s %s: %s %d%s%s, %zu bytes, %" PRIu64 " ms", method, url,
			  head->version, response->status, *head->reason ? " " : "", head->reason,
			  response->body_length, took_ms);
	else
		log_about(LOG_LEVEL_INFO,
			  (const struct log_field[]){ { .name = "event", .text = "http" },
						      { .name = "method", .text = method },
						      { .name = "url", .text = url },
						      { .name = "milliseconds", .number = took_ms },
						      { 0 } },
			  "HTTP %s %s: %s, %" PRIu64 " ms", method, url, response->message,
			  took_ms);
}

void request_log_again(const struct request *request, const struct http_response *response,
		       int64_t pause_ms)
{
	if (log_debugging() || isatty(STDOUT_FILENO))
		log_write(log_debugging() ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
			  "%s %s: %s; it is asked again in %.1f s", METHODS[request->ask.method],
			  request->ask.url, response->message, (double)pause_ms / 1000);
}

void request_judge(struct request *request, const struct http_response *response)
{
	bool judged = request->ask.judge && response->failure == HTTP_ANSWERED &&
		      response->status / 100 != 2;

	request->verdict = judged ? request->ask.judge(response) : (struct http_verdict){ 0 };
}

int64_t request_retry_pause(const struct request *request, const struct http_response *response,
			    int64_t limit_ms, int64_t now, double random)
{
	struct retry_question question = { .method = request->ask.method,
					   .failure = response->failure,
					   .status = response->status,
					   .attempts = request->attempts,
					   .elapsed_ms = now - request->began_ms,
					   .limit_ms = limit_ms,
					   .retry_after_ms = response->retry_after_ms,
					   .verdict = request->verdict,
					   .random = random };

	return retry_pause_ms(&question);
}

void request_answered(struct request *request, const struct http_response *response)
{
	request->ask.done(request->ask.ctx, response);
	request_free(request);
}

void request_refused(struct request *request, enum http_failure failure, int status,
		     const char *why)
{
	struct http_response response = { .failure = failure,
					  .status = status,
					  .body = "",
					  .date = -1,
					  .attempts = request->attempts,
					  .retry_after_ms = -1 };

	(void)snprintf(response.message, sizeof response.message, "%s", why);
	request_answered(request, &response);
}

void request_unanswered(struct request *request, enum http_failure failure)
{
	request_refused(request, failure, 0,
			failure == HTTP_EXPIRED ? "it could not be sent in time"
						: "given up because the run ends");
}

bool request_drop_expired(struct request *request, int64_t now)
{
	if (!request_expired(request, now))
		return false;
	request_unanswered(request, HTTP_EXPIRED);
	return true;
}

void request_begin(struct request *request, int64_t now)
{
	if (!request_redirected(request) && request->attempts++ == 0)
		request->began_ms = now;
	request->tried_ms = now;
}

void request_restart(struct request *request)
{
	free(request->target);
	request->target = NULL;
	request->hops = 0;
}

void request_redirect_take(struct request *request, char *target, bool known)
{
	free(request->target);
	request->target = target;
	request->target_known = known;
	request->hops++;
}

void request_queue_init(struct request_queue *queue)
{
	*queue = (struct request_queue){ .last = &queue->first };
}

void request_queue_add(struct request_queue *queue, struct request *request)
{
	request->next = NULL;
	*queue->last = request;
	queue->last = &request->next;
	queue->count++;
}

void request_queue_add_first(struct request_queue *queue, struct request *request)
{
	request->next = queue->first;
	queue->first = request;
	if (!request->next)
		queue->last = &request->next;
	queue->count++;
}

void request_queue_join_first(struct request_queue *queue, struct request_queue *other)
{
	if (other->count == 0)
		return;
	*other->last = queue->first;
	if (!queue->first)
		queue->last = other->last;
	queue->first = other->first;
	queue->count += other->count;
	request_queue_init(other);
}

struct request *request_queue_take(struct request_queue *queue)
{
	struct request *request = queue->first;

	queue->first = request->next;
	if (!queue->first)
		queue->last = &queue->first;
	queue->count--;
	return request;
}

static bool sooner(const struct request_timer *a, const struct request_timer *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

void request_timers_add(struct request_timers *timers, struct request_timer timer)
{
	size_t at = timers->count;

	timer.order = timers->order++;
	GROW(timers->items, timers->count, timers->capacity);
	timers->count++;
	for (; at > 0 && sooner(&timer, &timers->items[(at - 1) / 2]); at = (at - 1) / 2)
		timers->items[at] = timers->items[(at - 1) / 2];
	timers->items[at] = timer;
}

struct request_timer request_timers_take(struct request_timers *timers)
{
	struct request_timer *heap = timers->items;
	struct request_timer top = heap[0], moved = heap[--timers->count];
	size_t at = 0;

	for (size_t child = 1; child < timers->count; child = 2 * at + 1) {
		if (child + 1 < timers->count && sooner(&heap[child + 1], &heap[child]))
			child++;
		if (!sooner(&heap[child], &moved))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
	return top;
}
