/* One handle in a multi handle of its own: so we can wait for signals as well. */
#include "notify/transfer.h"

#include "http/trust.h"
#include "notify/deadline.h"
#include "util/stop_signal.h"
#include "util/xalloc.h"

#include <stddef.h>

#define LOOK_MS 500 /* how often the deadline is looked at anyway */

#define SET(easy, option, value)                                                \
	do {                                                                    \
		if (curl_easy_setopt((easy), (option), (value)) != CURLE_OK)    \
			die_internal("libcurl refuses the option %s", #option); \
	} while (0)

CURL *transfer_new(const char *ca_cert, char error[CURL_ERROR_SIZE], struct err *err)
{
	CURL *easy;

	error[0] = '\0';
	if (*ca_cert && trust_check(ca_cert, err) < 0) {
		err->kind = ERR_IO;
		return NULL;
	}
	easy = curl_easy_init();
	if (!easy)
		die_internal("libcurl cannot start");
	SET(easy, CURLOPT_ERRORBUFFER, error);
	SET(easy, CURLOPT_NOSIGNAL, 1L);
	/* The thread that resolves a name is not waited for once the time is over. */
	SET(easy, CURLOPT_QUICK_EXIT, 1L);
	SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
	SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	trust_set(easy, *ca_cert ? ca_cert : NULL, NULL);
	return easy;
}

/* Whether EASY has ended, and how. */
static bool has_ended(CURLM *multi, CURLcode *code)
{
	int left;
	const CURLMsg *message = curl_multi_info_read(multi, &left);

	if (!message || message->msg != CURLMSG_DONE)
		return false;
	*code = message->data.result;
	return true;
}

static CURLcode run(CURLM *multi, struct deadline *deadline)
{
	struct curl_waitfd stop = { .fd = stop_signal_fd(), .events = CURL_WAIT_POLLIN };
	CURLcode code = CURLE_OK;
	int running;

	for (;;) {
		int left = deadline_left(deadline);

		if (left == 0)
			return CURLE_OPERATION_TIMEDOUT;
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			die_internal("libcurl cannot go on");
		if (has_ended(multi, &code))
			return code;
		(void)curl_multi_poll(multi, &stop, stop.fd < 0 ? 0 : 1,
				      left < LOOK_MS ? left : LOOK_MS, NULL);
	}
}

CURLcode transfer_run(CURL *easy, struct deadline *deadline)
{
	CURLM *multi = curl_multi_init();
	CURLcode code;

	if (!multi || curl_multi_add_handle(multi, easy) != CURLM_OK)
		die_internal("libcurl cannot start");
	code = run(multi, deadline);
	/* Of SMTP: how long it waits for the answer to its QUIT, two minutes otherwise. */
	SET(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, 1L);
	(void)curl_multi_remove_handle(multi, easy);
	(void)curl_multi_cleanup(multi);
	return code;
}

int transfer_failed(CURLcode code, const char *error, const struct deadline *deadline,
		    struct err *err)
{
	char words[128];

	if (code == CURLE_OPERATION_TIMEDOUT)
		return err_set(err, ERR_IO, "%s", deadline_words(deadline, words, sizeof words));
	return err_set(err, ERR_IO, "%s", *error ? error : curl_easy_strerror(code));
}
