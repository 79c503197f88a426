/* libcurl's multi interface driven by epoll. */
#include "http/multi.h"

#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS 64
/* libcurl is asked at least this often, whatever timer it set. */
#define LONGEST_WAIT_MS 1000
#define NEVER           INT64_MAX

struct multi {
	CURLM *curl;
	int epoll;
	int watched;    /* the descriptor of multi_watch, or -1 */
	int64_t due_ms; /* when libcurl wants to be called, or NEVER */
};

static void need(CURLMcode code)
{
	if (code != CURLM_OK)
		die_internal("libcurl: %s", curl_multi_strerror(code));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
	struct multi *multi = ctx;
	struct epoll_event event = { .data.fd = fd };

	(void)easy, (void)unused;
	if (what == CURL_POLL_REMOVE) {
		/* A descriptor that is already closed has left the set by itself. */
		(void)epoll_ctl(multi->epoll, EPOLL_CTL_DEL, fd, &event);
		return 0;
	}
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (epoll_ctl(multi->epoll, EPOLL_CTL_ADD, fd, &event) != 0 &&
	    (errno != EEXIST || epoll_ctl(multi->epoll, EPOLL_CTL_MOD, fd, &event) != 0))
		die_internal("epoll_ctl: %s", strerror(errno));
	return 0;
}

static int on_timer(CURLM *curl, long milliseconds, void *ctx)
{
	struct multi *multi = ctx;

	(void)curl;
	/* One more because our clock cuts fractions off: called too early, libcurl would not
	 * remind us again. */
	if (milliseconds < 0)
		multi->due_ms = NEVER;
	else if (milliseconds == 0)
		multi->due_ms = 0;
	else
		multi->due_ms = time_monotonic_ms() + milliseconds + 1;
	return 0;
}

struct multi *multi_new(unsigned connections)
{
	struct multi *multi = xmalloc(sizeof *multi);

	*multi = (struct multi){ .watched = -1, .due_ms = NEVER };
	multi->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (multi->epoll < 0)
		die_internal("epoll_create1: %s", strerror(errno));
	multi->curl = curl_multi_init();
	if (!multi->curl)
		die_internal("libcurl cannot start");
	need(curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_socket));
	need(curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi));
	need(curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timer));
	need(curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi));
	need(curl_multi_setopt(multi->curl, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING));
	/* Said, because libcurl's own choice shrinks with the number of handles at work. */
	need(curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, (long)connections));
	return multi;
}

void multi_free(struct multi *multi)
{
	need(curl_multi_cleanup(multi->curl));
	(void)close(multi->epoll);
	free(multi);
}

void multi_add(struct multi *multi, CURL *easy)
{
	need(curl_multi_add_handle(multi->curl, easy));
}

void multi_remove(struct multi *multi, CURL *easy)
{
	need(curl_multi_remove_handle(multi->curl, easy));
}

void multi_watch(struct multi *multi, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	multi->watched = fd;
	if (epoll_ctl(multi->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		die_internal("epoll_ctl: %s", strerror(errno));
}

void multi_wake(struct multi *multi)
{
	int running;

	if (multi->due_ms > time_monotonic_ms())
		return;
	multi->due_ms = NEVER;
	need(curl_multi_socket_action(multi->curl, CURL_SOCKET_TIMEOUT, 0, &running));
}

static void handle(struct multi *multi, const struct epoll_event *event)
{
	int running;
	int what = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		   (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

	need(curl_multi_socket_action(multi->curl, event->data.fd, what, &running));
}

bool multi_wait(struct multi *multi, int64_t until_ms)
{
	struct epoll_event events[EVENTS];
	int64_t now = time_monotonic_ms(), due = now + LONGEST_WAIT_MS;
	bool readable = false;
	int count;

	if (multi->due_ms < due)
		due = multi->due_ms;
	if (until_ms < due)
		due = until_ms;
	count = epoll_wait(multi->epoll, events, EVENTS, due > now ? (int)(due - now) : 0);
	if (count < 0 && errno != EINTR)
		die_internal("epoll_wait: %s", strerror(errno));
	for (int i = 0; i < count; i++) {
		if (events[i].data.fd == multi->watched)
			readable = true;
		else
			handle(multi, &events[i]);
	}
	/* Nothing for so long: let libcurl look at its own clocks. */
	if (count == 0 && due == now + LONGEST_WAIT_MS)
		multi->due_ms = 0;
	return readable;
}

CURL *multi_finished(struct multi *multi, CURLcode *code)
{
	const CURLMsg *message;
	int left;

	do
		message = curl_multi_info_read(multi->curl, &left);
	while (message && message->msg != CURLMSG_DONE);
	if (!message)
		return NULL;
	*code = message->data.result;
	return message->easy_handle;
}
