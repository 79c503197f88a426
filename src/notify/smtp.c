/* libcurl tells by itself only the number of an answer; the words, and which recipient they are
 * about, are taken from what it shows of the conversation. */
#include "notify/smtp.h"

#include "notify/deadline.h"
#include "notify/transfer.h"
#include "util/buf.h"
#include "util/secrets.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <string.h>

#define QUIT_SECONDS 1L /* all is settled by then */

#define SET(easy, option, value)                                                \
	do {                                                                    \
		if (curl_easy_setopt((easy), (option), (value)) != CURLE_OK)    \
			die_internal("libcurl refuses the option %s", #option); \
	} while (0)

struct conversation {
	const struct smtp_mail *mail;
	size_t sent;        /* bytes of the text */
	bool asks;          /* whether the server takes a recipient */
	size_t asked;       /* how many recipients it was asked for */
	struct buf refused; /* "ADDRESS (550 no such user)", one after the other */
	size_t refused_count;
	struct buf answer; /* the last one's last line */
	bool logged_in;
	char error[CURL_ERROR_SIZE];
};

static void clear(struct conversation *conversation)
{
	buf_free(&conversation->refused);
	buf_free(&conversation->answer);
}

static void end_line(struct buf *line)
{
	line->data[strcspn(line->data, "\r\n")] = '\0';
	line->length = strlen(line->data);
}

static void take_answer(struct conversation *conversation, const char *line, size_t length)
{
	const char *address;

	/* Others follow this one: "250-". */
	if (length < 4 || line[3] == '-')
		return;
	buf_clear(&conversation->answer);
	buf_add(&conversation->answer, line, length);
	end_line(&conversation->answer);
	/* A server may echo what it was sent. */
	secrets_mask(conversation->answer.data);
	if (text_begins(conversation->answer.data, "235"))
		conversation->logged_in = true;
	if (!conversation->asks || line[0] == '2' ||
	    conversation->asked > conversation->mail->to->count)
		return;
	address = conversation->mail->to->items[conversation->asked - 1];
	buf_format(&conversation->refused, "%s%s (%s)", conversation->refused_count++ ? ", " : "",
		   address, conversation->answer.data);
}

static bool begins(const char *bytes, size_t length, const char *word)
{
	return length >= strlen(word) && memcmp(bytes, word, strlen(word)) == 0;
}

/* Commands and answers; libcurl asks for the recipients one by one, in their order. Nothing else of
 * what is sent is looked at: the password is in it. */
static int on_talk(CURL *easy, curl_infotype type, char *bytes, size_t length, void *ctx)
{
	struct conversation *conversation = ctx;

	if (type == CURLINFO_HEADER_IN)
		take_answer(conversation, bytes, length);
	if (type != CURLINFO_HEADER_OUT)
		return 0;
	conversation->asks = begins(bytes, length, "RCPT TO:");
	conversation->asked += conversation->asks;
	/* It would wait two minutes for an answer to this. */
	if (begins(bytes, length, "QUIT"))
		SET(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, QUIT_SECONDS);
	return 0;
}

static size_t on_read(char *bytes, size_t size, size_t count, void *ctx)
{
	struct conversation *conversation = ctx;
	size_t left = conversation->mail->length - conversation->sent;
	size_t length = size * count < left ? size * count : left;

	memcpy(bytes, conversation->mail->text + conversation->sent, length);
	conversation->sent += length;
	return length;
}

static struct curl_slist *recipients(const struct string_list *to)
{
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < to->count; i++)
		list = xchecked(curl_slist_append(list, to->items[i]));
	return list;
}

static void set_login(CURL *easy, const struct smtp_mail *mail)
{
	if (!*mail->user)
		return;
	SET(easy, CURLOPT_USERNAME, mail->user);
	SET(easy, CURLOPT_PASSWORD, mail->password);
}

static void set_up(CURL *easy, struct conversation *conversation, struct curl_slist *to)
{
	const struct smtp_mail *mail = conversation->mail;

	SET(easy, CURLOPT_URL, mail->server);
	SET(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(easy, CURLOPT_USE_SSL, (long)(mail->encrypted ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	/* A proxy of the environment is for HTTP. */
	SET(easy, CURLOPT_PROXY, "");
	/* It is closed at once, with QUIT, and not when all else is cleaned up. */
	SET(easy, CURLOPT_FORBID_REUSE, 1L);
	set_login(easy, mail);
	SET(easy, CURLOPT_MAIL_FROM, mail->from);
	SET(easy, CURLOPT_MAIL_RCPT, to);
	SET(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	SET(easy, CURLOPT_UPLOAD, 1L);
	SET(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->length);
	SET(easy, CURLOPT_READFUNCTION, on_read);
	SET(easy, CURLOPT_READDATA, conversation);
	SET(easy, CURLOPT_VERBOSE, 1L);
	SET(easy, CURLOPT_DEBUGFUNCTION, on_talk);
	SET(easy, CURLOPT_DEBUGDATA, conversation);
}

/* Why it was not taken at all. */
static int tell_failure(const struct conversation *conversation, CURLcode code,
			const struct deadline *deadline, struct err *err)
{
	const char *answer = buf_string(&conversation->answer);
	bool refused = *answer == '4' || *answer == '5';

	if (code == CURLE_OPERATION_TIMEDOUT)
		return transfer_failed(code, conversation->error, deadline, err);
	if (code == CURLE_USE_SSL_FAILED)
		return err_set(err, ERR_IO,
			       "it offers no STARTTLS: nothing was sent, as anybody could read it");
	if (conversation->refused_count > 0)
		return err_set(err, ERR_IO, "refused for %s", buf_string(&conversation->refused));
	if (code == CURLE_LOGIN_DENIED)
		return err_set(err, ERR_IO, "it refuses the login: %s",
			       refused ? answer : conversation->error);
	if (!refused)
		return transfer_failed(code, conversation->error, deadline, err);
	return err_set(err, ERR_IO, "%s%s", answer,
		       *conversation->mail->user && !conversation->logged_in
			       ? " (it offered no login)"
			       : "");
}

int smtp_send(const struct smtp_mail *mail, struct deadline *deadline, bool *again, struct err *err)
{
	CLEANUP(clear) struct conversation conversation = { .mail = mail };
	CURL *easy = transfer_new(mail->ca_cert, conversation.error, err);
	struct curl_slist *to;
	CURLcode code;

	*again = false;
	if (!easy)
		return -1;
	to = recipients(mail->to);
	set_up(easy, &conversation, to);
	code = transfer_run(easy, deadline);
	curl_easy_cleanup(easy);
	curl_slist_free_all(to);
	*again = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST;
	if (code != CURLE_OK)
		return tell_failure(&conversation, code, deadline, err);
	if (conversation.refused_count == 0)
		return 0;
	return err_set(err, ERR_IO, "sent, but refused for %s", buf_string(&conversation.refused));
}
