/* A request and its answer; what an answer says is told only if it echoes no secret. */
#include "notify/request.h"

#include "notify/deadline.h"
#include "notify/transfer.h"
#include "util/buf.h"
#include "util/secrets.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#define TRIES     3
#define PAUSE_MS  1000                /* doubled each time */
#define SAID_MOST 200                 /* bytes of an answer that are told, */
#define SAID_READ ((size_t)8 * 1024)  /* of those that are looked at for secrets before */
#define ENOUGH    ((size_t)64 * 1024) /* of an answer that are read */
#define TOKEN     16                  /* so long a part of a URL is masked wherever it stands */
#define ECHOED    4                   /* so long a one is looked for in an answer */

#define SET(easy, option, value)                                                \
	do {                                                                    \
		if (curl_easy_setopt((easy), (option), (value)) != CURLE_OK)    \
			die_internal("libcurl refuses the option %s", #option); \
	} while (0)

/* A try, while libcurl works on it. */
struct
try {
	const struct request_to *to;
	size_t sent;       /* bytes of the file */
	struct buf status; /* "404 Not Found" */
	struct buf said;   /* the beginning of the answer's body */
	size_t read;       /* of it, in all */
	char error[CURL_ERROR_SIZE];
};

static void clear_try(struct try *try)
{
	buf_free(&try->status);
	buf_free(&try->said);
}

static const char *behind_scheme(const char *url)
{
	const char *scheme = strstr(url, "://");

	return scheme ? scheme + 3 : url;
}

char *request_place(const char *url)
{
	const char *host = behind_scheme(url);

	return xstrndup(url, (size_t)(host - url) + strcspn(host, "/?"));
}

/* Calls EACH for every part of URL's path and query that is at least LEAST bytes long, until it
 * returns true; whether one did. */
static bool any_part(const char *url, size_t least, bool (*each)(const char *part, const void *ctx),
		     const void *ctx)
{
	const char *at = behind_scheme(url);

	for (at += strcspn(at, "/?"); *at;) {
		size_t length;
		bool found = false;

		at += strspn(at, "/?&=;");
		length = strcspn(at, "/?&=;");
		if (length >= least) {
			CLEANUP(free_p) char *part = xstrndup(at, length);

			found = each(part, ctx);
		}
		if (found)
			return true;
		at += length;
	}
	return false;
}

static bool hide_part(const char *part, const void *ctx)
{
	(void)ctx;
	secrets_add(part);
	return false;
}

void request_hide(const char *url)
{
	const char *host = behind_scheme(url), *path = host + strcspn(host, "/?");

	if (!*url)
		return;
	secrets_add(url);
	if (strlen(path) > 1)
		secrets_add(host);
	if (strlen(path) >= TOKEN)
		secrets_add(path);
	any_part(url, TOKEN, hide_part, NULL);
}

static bool is_in(const char *part, const void *text)
{
	return strcasestr(text, part) != NULL;
}

static bool echoes_headers(const struct string_list *headers, const char *text)
{
	for (size_t i = 0; headers && i < headers->count; i++) {
		const char *value = strchr(headers->items[i], ':') + 1;

		value += strspn(value, " ");
		if (is_in(value, text))
			return true;
	}
	return false;
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct try *try = ctx;
	size_t length = size * count;
	CLEANUP(free_p) char *text = xstrndup(line, length);
	char *blank = strchr(text, ' ');

	if (!text_begins(text, "HTTP/") || !blank)
		return length;
	buf_clear(&try->status);
	blank[strcspn(blank, "\r\n")] = '\0';
	buf_text(&try->status, blank + 1);
	return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct try *try = ctx;
	size_t length = size * count, room = SAID_READ - try->said.length;

	buf_add(&try->said, bytes, length < room ? length : room);
	try->read += length;
	return try->read > ENOUGH ? CURL_WRITEFUNC_ERROR : length;
}

static size_t on_read(char *bytes, size_t size, size_t count, void *ctx)
{
	struct try *try = ctx;
	size_t left = try->to->length - try->sent;
	size_t room = size * count < left ? size * count : left;
	ssize_t got = pread(try->to->file, bytes, room, (off_t)try->sent);

	if (got < 0)
		return CURL_READFUNC_ABORT;
	try->sent += (size_t)got;
	return (size_t)got;
}

static int on_seek(void *ctx, curl_off_t offset, int origin)
{
	struct try *try = ctx;

	if (origin != SEEK_SET || offset < 0 || (size_t)offset > try->to->length)
		return CURL_SEEKFUNC_FAIL;
	try->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

static bool same_header(const char *one, const char *other)
{
	size_t length = strcspn(one, ":");

	return strncasecmp(one, other, length + 1) == 0;
}

static bool has_header(const struct string_list *headers, const char *line)
{
	for (size_t i = 0; headers && i < headers->count; i++) {
		if (same_header(headers->items[i], line))
			return true;
	}
	return false;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *line)
{
	return xchecked(curl_slist_append(list, line));
}

/* A body is sent at once, without asking whether it is welcome. */
static struct curl_slist *headers_of(const struct request_to *to)
{
	struct curl_slist *list = add_header(NULL, "Expect:");

	for (size_t i = 0; to->given && i < to->given->count; i++)
		list = add_header(list, to->given->items[i]);
	for (size_t i = 0; to->own && i < to->own->count; i++) {
		if (!has_header(to->given, to->own->items[i]))
			list = add_header(list, to->own->items[i]);
	}
	return list;
}

static void set_body(CURL *easy, struct try *try)
{
	const struct request_to *to = try->to;

	if (!to->posts)
		return;
	SET(easy, CURLOPT_POST, 1L);
	SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)to->length);
	if (to->body) {
		SET(easy, CURLOPT_POSTFIELDS, to->body);
		return;
	}
	SET(easy, CURLOPT_READFUNCTION, on_read);
	SET(easy, CURLOPT_READDATA, try);
	SET(easy, CURLOPT_SEEKFUNCTION, on_seek);
	SET(easy, CURLOPT_SEEKDATA, try);
}

/* Headers are for the server alone; libcurl would have them go to a proxy as well. */
static void set_up(CURL *easy, struct try *try, struct curl_slist *headers)
{
	SET(easy, CURLOPT_URL, try->to->url);
	SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(easy, CURLOPT_USERAGENT, "clean-registry/" VERSION);
	SET(easy, CURLOPT_HTTPHEADER, headers);
	SET(easy, CURLOPT_HEADERFUNCTION, on_header);
	SET(easy, CURLOPT_HEADERDATA, try);
	SET(easy, CURLOPT_WRITEFUNCTION, on_body);
	SET(easy, CURLOPT_WRITEDATA, try);
	set_body(easy, try);
}

/* What TRY's answer says, if it can be told; WHOLE: it came to its end. Of a line that did not, a
 * secret may be there in part. */
static void add_said(const struct try *try, const struct request_to *to, bool whole,
		     struct err *err)
{
	CLEANUP(free_p) char *said = xstrdup(buf_string(&try->said));
	size_t length = strcspn(said, "\r\n");
	bool ended = said[length] || (whole && try->read == try->said.length);
	struct err why = *err;

	said[length] = '\0';
	if (length == 0 || !ended || any_part(to->url, ECHOED, is_in, said) ||
	    echoes_headers(to->given, said))
		return;
	secrets_mask(said);
	err_set(err, ERR_IO, "%s: %.*s", why.msg, SAID_MOST, said);
}

static int tell_answer(const struct try *try, long status, bool whole, struct err *err)
{
	const char *words = buf_string(&try->status);

	if (any_part(try->to->url, ECHOED, is_in, words) || echoes_headers(try->to->given, words))
		err_set(err, ERR_IO, "%ld", status);
	else
		err_set(err, ERR_IO, "%s", words);
	if (status / 100 == 3)
		return err_set(err, ERR_IO,
			       "%ld: redirects are not followed; the URL must be the final one",
			       status);
	add_said(try, try->to, whole, err);
	return -1;
}

/* -1: it failed; AGAIN says whether it surely had no effect. What comes behind the head of an
 * answer of 2xx does not matter any more. */
static int send_once(const struct request_to *to, struct deadline *deadline, bool *again,
		     struct err *err)
{
	CLEANUP(clear_try) struct try try = { .to = to };
	CURL *easy = transfer_new(to->ca_cert, try.error, err);
	struct curl_slist *headers;
	CURLcode code;
	long status = 0;

	*again = false;
	if (!easy)
		return -1;
	headers = headers_of(to);
	set_up(easy, &try, headers);
	code = transfer_run(easy, deadline);
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	*again = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
		 code == CURLE_COULDNT_RESOLVE_PROXY ||
		 (code == CURLE_OK && (status == 429 || status == 503));
	if (status / 100 == 2)
		return 0;
	if (status >= 200)
		return tell_answer(&try, status, code == CURLE_OK, err);
	return transfer_failed(code, try.error, deadline, err);
}

int request_send(const struct request_to *to, struct deadline *deadline, struct err *err)
{
	bool again = true;
	int result = -1;

	for (int i = 0; i < TRIES && again; i++) {
		if (i > 0 && !deadline_pause(deadline, PAUSE_MS << (i - 1)))
			return -1;
		result = send_once(to, deadline, &again, err);
	}
	return result;
}
