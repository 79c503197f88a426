/* The report, or a text, in one request. */
#include "notify/webhook.h"

#include "config/config.h"
#include "config/format.h"
#include "credentials/credentials.h"
#include "notify/format.h"
#include "notify/message.h"
#include "notify/request.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <string.h>

/* The URL in ITEM or in the file that it names; the caller's, masked from now on. */
static char *read_url(const struct config_notify *item, const char *name, struct err *err)
{
	CLEANUP(free_p) char *key = xasprintf("%s.url_file", name);
	CLEANUP(free_p) char *url = NULL;
	struct err why = { 0 };
	bool exposed = false;

	if (*item->url)
		return xstrdup(item->url);
	if (credentials_read_line(key, item->url_file, &url, &exposed, err) < 0)
		return NULL;
	request_hide(url);
	if (config_format_check(RULE_SECRET_URL, url, strlen(url), &why) < 0) {
		err_set(err, ERR_USAGE, "%s: %s: the URL in it %s", key, item->url_file, why.msg);
		return NULL;
	}
	if (exposed)
		log_warning("%s: everybody can read it; run: chmod o-r %s", key, item->url_file);
	return steal(&url);
}

int webhook_check(const struct config_notify *item, const char *name, struct err *err)
{
	CLEANUP(free_p) char *url = read_url(item, name, err);

	return url ? 0 : -1;
}

/* The report, or what of it is not too long. */
static int set_report(struct request_to *to, const struct notify_message *message, struct err *err)
{
	bool whole = message->whole.fd >= 0 && message->whole.length <= WEBHOOK_WHOLE_MOST;
	const struct report_file *file = whole ? &message->whole : &message->brief;

	if (file->fd < 0)
		return err_set(err, ERR_IO, "the report could not be written");
	to->file = file->fd;
	to->length = file->length;
	return 0;
}

static int set_body(struct request_to *to, enum notify_format format,
		    const struct notify_message *message, struct buf *text,
		    struct string_list *headers, struct err *err)
{
	string_list_add(headers,
			xstrdup(format == NOTIFY_NTFY ? "Content-Type: text/plain; charset=utf-8"
						      : "Content-Type: application/json"));
	if (format == NOTIFY_JSON)
		return set_report(to, message, err);
	if (format == NOTIFY_SLACK) {
		format_slack(message, text);
	} else {
		format_ntfy(message, text);
		format_ntfy_headers(message, headers);
	}
	to->body = buf_string(text);
	to->length = text->length;
	return 0;
}

int webhook_send(const struct config_notify *item, const char *name,
		 const struct notify_message *message, struct err *err)
{
	CLEANUP(free_p) char *url = read_url(item, name, err);
	CLEANUP(string_list_clear) struct string_list headers = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *place = NULL;
	struct request_to to = {
		.url = url,
		.ca_cert = item->ca_cert,
		.given = &item->headers,
		.own = &headers,
		.posts = true,
	};

	if (!url)
		return -1;
	place = request_place(url);
	if (set_body(&to, item->format, message, &text, &headers, err) < 0 ||
	    request_send(&to, message->deadline, err) < 0)
		return err_wrap(err, "%s", place);
	return 0;
}
