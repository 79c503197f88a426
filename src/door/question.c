/* Three small requests over sockets of their own: what is not ours is given nothing to follow,
 * repeat or keep. */
#include "door/question.h"

#include "door/login.h"
#include "door/place.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define ANSWER_MS  20000
#define HEAD_LIMIT ((size_t)16 << 10)
#define REFUSED    401
#define CHALLENGE  "\r\nwww-authenticate: "

int door_head_status(const char *head)
{
	const char *at;
	uint64_t status = 0;

	if (strncmp(head, "HTTP/1.0 ", strlen("HTTP/1.x ")) != 0 &&
	    strncmp(head, "HTTP/1.1 ", strlen("HTTP/1.x ")) != 0)
		return 0;
	at = head + strlen("HTTP/1.x ");
	return units_read_u64(&at, &status) && *at == ' ' && status <= 999 ? (int)status : 0;
}

bool door_head_is_ours(const char *head, const char *realm)
{
	CLEANUP(free_p) char *expected = xasprintf("Basic realm=\"%s\"\r\n", realm);
	const char *challenge = strcasestr(head, CHALLENGE);

	return door_head_status(head) == REFUSED && challenge &&
	       strncmp(challenge + strlen(CHALLENGE), expected, strlen(expected)) == 0;
}

static void add_request(struct buf *request, const char *password)
{
	char login[160], base64[4 * (sizeof login / 3 + 1) + 1];
	int length;

	buf_text(request, "GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
			  "User-Agent: clean-registry/" VERSION "\r\n");
	if (password) {
		length = snprintf(login, sizeof login, "%s:%s", DOOR_USER, password);
		EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)login, length);
		buf_format(request, "Authorization: Basic %s\r\n", base64);
		explicit_bzero(login, sizeof login);
		explicit_bzero(base64, sizeof base64);
	}
	buf_text(request, "\r\n");
}

/* Reads until the end of the head, of the answer or of the time. */
static void read_head(int peer, struct buf *head)
{
	int64_t until = time_monotonic_ms() + ANSWER_MS;
	struct pollfd wait = { .fd = peer, .events = POLLIN };

	while (head->length < HEAD_LIMIT && !strstr(buf_string(head), "\r\n\r\n")) {
		int64_t left = until - time_monotonic_ms();
		ssize_t got;

		if (left <= 0 || poll(&wait, 1, (int)left) <= 0)
			return;
		got = recv(peer, buf_reserve(head, 2048), 2048, MSG_DONTWAIT);
		if (got <= 0)
			return;
		buf_extend(head, (size_t)got);
	}
}

/* The head of the answer to GET /v2/, empty when there is none; PASSWORD: NULL for no login. */
static void ask(const struct door_place *place, unsigned port, const char *password,
		struct buf *head)
{
	CLEANUP(buf_free) struct buf request = { 0 };
	int peer = door_place_connect(place, port);

	if (peer < 0)
		return;
	add_request(&request, password);
	if (send(peer, request.data, request.length, MSG_NOSIGNAL) == (ssize_t)request.length)
		read_head(peer, head);
	explicit_bzero(request.data, request.length);
	file_close(&peer);
}

int door_question(const struct door_place *place, unsigned port, const char *realm,
		  const char *password, struct err *err)
{
	CLEANUP(buf_free) struct buf head = { 0 };
	char wrong[DOOR_PASSWORD];

	if (door_random(wrong, sizeof wrong, err) < 0)
		return -1;
	ask(place, port, NULL, &head);
	if (!door_head_is_ours(buf_string(&head), realm))
		return err_set(err, ERR_UNREACHABLE,
			       "what answers on port %u of its loopback is not the process that "
			       "was started (status %d)",
			       port, door_head_status(buf_string(&head)));
	buf_clear(&head);
	ask(place, port, wrong, &head);
	if (!door_head_is_ours(buf_string(&head), realm))
		return err_set(err, ERR_UNREACHABLE,
			       "it does not refuse a wrong password (status %d)",
			       door_head_status(buf_string(&head)));
	buf_clear(&head);
	ask(place, port, password, &head);
	if (door_head_status(buf_string(&head)) != 200)
		return err_set(err, ERR_UNREACHABLE, "it does not take its own login (status %d)",
			       door_head_status(buf_string(&head)));
	return 0;
}
