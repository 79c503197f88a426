/* Many HTTP requests at a time over libcurl's multi interface and epoll, in one thread: what is
 * sent when, and again when. One try is http/transfer.h's, the waiting for all is http/multi.h's.
 *
 * Callers' callbacks run between calls into libcurl, never inside one, and what they submit is only
 * queued: a callback may do anything but run or free the engine. */
#include "http/engine.h"

#include "http/health.h"
#include "http/identity.h"
#include "http/login.h"
#include "http/multi.h"
#include "http/request.h"
#include "http/transfer.h"
#include "http/trust.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdlib.h>

struct http {
	struct transfer_shared shared;
	struct multi *multi;
	bool watching; /* the stop signals' descriptor */
	bool running;

	struct request_queue queue;
	struct request_timers timers;

	struct transfer *transfers; /* max_in_flight of them */
	struct transfer **idle;
	unsigned idle_count;
	unsigned short random_state[3];
	int64_t retry_ms; /* retry_seconds */

	struct login login;
	struct health health;
	struct err ended; /* why nothing more is sent; ERR_NONE while we go on */
	unsigned stops;   /* stop signals seen */
	unsigned kept;    /* who asked to be let end before the first of them counts */
};

static unsigned in_flight(const struct http *http)
{
	return http->shared.options.max_in_flight - http->idle_count;
}

struct http *http_new(const struct http_options *options, struct err *err)
{
	struct http *http;
	unsigned count = options->max_in_flight;

	if ((options->client_cert &&
	     identity_check(options->client_cert, options->client_key, err) < 0) ||
	    (options->ca_cert && trust_check(options->ca_cert, err) != 0))
		return NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		die_internal("libcurl cannot start");
	http = xcalloc(1, sizeof *http);
	http->shared.options = *options;
	http->shared.answers = options->known;
	http->retry_ms = options->retry_seconds * INT64_C(1000);
	if (options->ca_cert)
		trust_join(options->ca_cert, &http->shared.trusted);
	http->health.pace = pace_begin(count);
	request_queue_init(&http->queue);
	login_init(&http->login, options, &http->queue);
	http->random_state[0] = (unsigned short)time_monotonic_ms();
	http->multi = multi_new(count);
	http->transfers = xcalloc(count, sizeof *http->transfers);
	http->idle = xcalloc(count, sizeof(struct transfer *));
	http->idle_count = count;
	for (unsigned i = 0; i < count; i++) {
		transfer_open(&http->transfers[i], &http->shared);
		http->idle[count - 1 - i] = &http->transfers[i];
	}
	return http;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	for (unsigned i = 0; i < http->shared.options.max_in_flight; i++) {
		if (http->transfers[i].request) {
			multi_remove(http->multi, http->transfers[i].easy);
			request_free(http->transfers[i].request);
		}
		transfer_close(&http->transfers[i]);
	}
	multi_free(http->multi);
	while (http->queue.count > 0)
		request_free(request_queue_take(&http->queue));
	for (size_t i = 0; i < http->timers.count; i++)
		request_free(http->timers.items[i].request);
	free(http->transfers);
	free(http->idle);
	free(http->timers.items);
	login_free(&http->login);
	targets_free(&http->health.targets);
	buf_free(&http->shared.trusted);
	free(http);
	curl_global_cleanup();
}

void http_submit(struct http *http, const struct http_request *request)
{
	struct request *copy = request_new(request);

	if (http->shared.options.read_only && request_writes(copy))
		die_internal("a DELETE or PUT in a run that must not write");
	/* Requests with a deadline go first. */
	if (copy->ask.not_after_ms)
		request_queue_add_first(&http->queue, copy);
	else
		request_queue_add(&http->queue, copy);
}

void http_after(struct http *http, unsigned milliseconds, void (*done)(void *ctx), void *ctx)
{
	request_timers_add(&http->timers,
			   (struct request_timer){ .due_ms = time_monotonic_ms() + milliseconds,
						   .done = done,
						   .ctx = ctx });
}

void http_keep(struct http *http, bool keep)
{
	http->kept += keep ? 1 : -1U;
}

size_t http_pending(const struct http *http)
{
	return http->queue.count + in_flight(http) + http->timers.count + http->login.waiting;
}

bool http_by_token(const struct http *http)
{
	return http->login.realm != NULL;
}

uint64_t http_requests(const struct http *http)
{
	return http->shared.requests;
}

static void abandon_queue(struct http *http)
{
	while (http->queue.count > 0)
		request_unanswered(request_queue_take(&http->queue), HTTP_ABANDONED);
}

static void release(struct http *http, struct transfer *transfer)
{
	multi_remove(http->multi, transfer->easy);
	transfer->request = NULL;
	if (http->health.outage.probe == transfer)
		http->health.outage.probe = NULL;
	http->idle[http->idle_count++] = transfer;
}

/* Calls back all that waits, and what is in flight, except what writes if LET_WRITES_END. */
static void abandon(struct http *http, bool let_writes_end)
{
	/* Timers set from here on are left alone: one that sets itself anew would never end. */
	struct request_timers timers = http->timers;

	http->timers = (struct request_timers){ .order = timers.order };
	for (unsigned i = 0; i < http->shared.options.max_in_flight; i++) {
		struct transfer *transfer = &http->transfers[i];
		struct request *request = transfer->request;

		if (!request || (let_writes_end && request_writes(request)))
			continue;
		release(http, transfer);
		request_unanswered(request, HTTP_ABANDONED);
	}
	while (timers.count > 0) {
		struct request_timer timer = request_timers_take(&timers);

		if (timer.request)
			request_unanswered(timer.request, HTTP_ABANDONED);
		else
			timer.done(timer.ctx);
	}
	free(timers.items);
	abandon_queue(http);
}

static void see_signals(struct http *http)
{
	unsigned stops = stop_signal_count();

	if (stops == http->stops || (stops == 1 && http->kept > 0))
		return;
	http->stops = stops;
	if (http->ended.kind == ERR_NONE)
		(void)err_set(&http->ended, ERR_STOPPED, "stopped by signal %d", stop_signal());
	abandon(http, stops == 1);
}

static void take_note(struct http *http, const struct transfer *transfer,
		      const struct http_response *response)
{
	struct err over = { 0 };
	struct health_limits limits = { .retry_ms = http->retry_ms,
					.random = erand48(http->random_state) };

	/* The token server tells nothing about the registry. */
	if (transfer->request->for_token)
		return;
	if (health_see(&http->health, transfer, response, limits, &over) < 0 &&
	    http->ended.kind == ERR_NONE)
		http->ended = over;
	if (response->failure == HTTP_ANSWERED && !request_redirected(transfer->request))
		http->shared.answers++;
}

/* True when REQUEST was put back to be sent again after a pause. */
static bool repeat(struct http *http, const struct transfer *transfer,
		   const struct http_response *response)
{
	struct request *request = transfer->request;
	int64_t now = time_monotonic_ms(), pause;

	if (transfer->permanent || http->ended.kind != ERR_NONE || request_writes(request) ||
	    request_broke(request, response))
		return false;
	pause = request_retry_pause(request, response, http->retry_ms, now,
				    erand48(http->random_state));
	if (pause < 0)
		return false;
	request_log_again(request, response, pause);
	request_restart(request);
	request_timers_add(&http->timers,
			   (struct request_timer){ .due_ms = now + pause, .request = request });
	return true;
}

/* True when REQUEST goes on where the registry sends it. Where that cannot be reached RESPONSE
 * becomes one that says so: it is not tried again for each blob. */
static bool follow(struct http *http, struct transfer *transfer, struct http_response *response)
{
	char *target = transfer_redirect(transfer, response);
	const char *given_up = target ? targets_given_up(&http->health.targets, target) : NULL;

	if (given_up)
		answer_refuse(transfer, given_up, response);
	if (!target || given_up || http->ended.kind != ERR_NONE) {
		free(target);
		return false;
	}
	request_redirect_take(transfer->request, target,
			      targets_known(&http->health.targets, target));
	request_queue_add_first(&http->queue, transfer->request);
	return true;
}

static void finish(struct http *http, struct transfer *transfer, CURLcode code)
{
	struct http_response response;
	struct request *request = transfer->request;
	bool again;

	answer_take(transfer, code, &response);
	request_log(request, &response, &transfer->headers);
	request_judge(request, &response);
	take_note(http, transfer, &response);
	again = follow(http, transfer, &response) ||
		login_take(&http->login, request, transfer->token, &response,
			   http->ended.kind != ERR_NONE) ||
		repeat(http, transfer, &response);
	if (!again) {
		if (http->ended.kind == ERR_NONE && !request->for_token)
			health_give_up(&http->health, transfer, &response);
		answer_advise(transfer, &response);
	}
	/* The callback is lent the transfer's buffers, but none begins before it returns. */
	release(http, transfer);
	if (!again)
		request_answered(request, &response);
}

static bool may_start(const struct http *http, int64_t now)
{
	return http->queue.count > 0 && in_flight(http) < http->health.pace.allowed &&
	       http->ended.kind == ERR_NONE && outage_lets(&http->health.outage, now);
}

static void start_queued(struct http *http)
{
	int64_t now = time_monotonic_ms();
	const struct transfer *probe = http->health.outage.probe;

	/* The probe is connected; its answer may take long. */
	if (probe && probe->sends > 0)
		outage_end(&http->health.outage);
	while (may_start(http, now)) {
		struct request *request = request_queue_take(&http->queue);
		const struct token *token;
		struct transfer *transfer;

		if (request_drop_expired(request, now) ||
		    !login_prepare(&http->login, request, now, &token))
			continue;
		transfer = http->idle[--http->idle_count];
		request_begin(request, now);
		if (http->health.outage.holding && !request->for_token)
			http->health.outage.probe = transfer;
		transfer_load(transfer, request, token);
		multi_add(http->multi, transfer->easy);
	}
}

static void fire_timers(struct http *http)
{
	int64_t now = time_monotonic_ms();
	uint64_t order = http->timers.order;

	while (http->timers.count > 0 && http->timers.items[0].due_ms <= now &&
	       http->timers.items[0].order < order) {
		struct request_timer timer = request_timers_take(&http->timers);

		if (timer.request)
			request_queue_add_first(&http->queue, timer.request);
		else
			timer.done(timer.ctx);
	}
}

static bool collect(struct http *http)
{
	CURLcode code = CURLE_OK;
	CURL *easy;
	bool any = false;

	for (; (easy = multi_finished(http->multi, &code)); any = true) {
		struct transfer *transfer = NULL;

		(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
		finish(http, transfer, code);
	}
	return any;
}

/* When we have something to do by ourselves. */
static int64_t next_due(const struct http *http)
{
	int64_t due = http->timers.count > 0 ? http->timers.items[0].due_ms : INT64_MAX;
	const struct outage *outage = &http->health.outage;

	if (outage->holding && !outage->probe && http->queue.count > 0 &&
	    outage->next_probe_ms < due)
		return outage->next_probe_ms;
	return due;
}

/* True when the run is over: nothing is left, or nothing that must be waited for. */
static bool over(struct http *http)
{
	if (http->ended.kind == ERR_NONE && http->kept == 0)
		http->ended = http->login.over;
	if (http->ended.kind == ERR_NONE)
		return http_pending(http) == 0;
	if (http->ended.kind == ERR_STOPPED && http->stops < 2)
		abandon_queue(http);
	else
		abandon(http, false);
	return in_flight(http) == 0;
}

int http_run(struct http *http, struct err *err)
{
	if (http->running)
		die_internal("http_run called from its own callback");
	http->running = true;
	if (!http->watching && stop_signal_fd() >= 0)
		multi_watch(http->multi, stop_signal_fd());
	http->watching = stop_signal_fd() >= 0;
	if (http->watching)
		see_signals(http);
	while (!over(http)) {
		fire_timers(http);
		start_queued(http);
		multi_wake(http->multi);
		if (!collect(http))
			(void)multi_wait(http->multi, next_due(http));
		progress_tick();
		/* Also without word from the descriptor: a callback may have asked
		 * stop_signal_count(). */
		if (http->watching)
			see_signals(http);
	}
	http->running = false;
	if (http->ended.kind == ERR_NONE)
		return 0;
	*err = http->ended;
	return -1;
}
