/* A mail: the subject is ASCII, the addresses were checked, and the text is what people read. */
#include "config/config.h"
#include "notify/mail.h"
#include "notify/message.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#define LINE_MOST   998 /* bytes (RFC 5322, 2.1.1) */
#define BASE64_LINE 57  /* bytes of the text in a line of 76 (RFC 2045, 6.8) */

/* It can be sent as it is. */
static bool is_plain(const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		column = *text == '\n' ? 0 : column + 1;
		if ((unsigned char)*text >= 0x80 || column > LINE_MOST)
			return false;
	}
	return true;
}

static void add_lines(struct buf *out, const char *text, const char *end)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		buf_format(out, "%.*s%s", (int)length, text, end);
		text += length + (text[length] == '\n');
	}
}

static void add_base64(struct buf *out, const char *text, const char *end)
{
	size_t left = strlen(text);

	while (left > 0) {
		unsigned char line[BASE64_LINE / 3 * 4 + 1];
		size_t length = left < BASE64_LINE ? left : BASE64_LINE;

		EVP_EncodeBlock(line, (const unsigned char *)text, (int)length);
		buf_format(out, "%s%s", (const char *)line, end);
		text += length;
		left -= length;
	}
}

/* Lines of a header must not be too long: an address stands on one of its own. */
static void add_recipients(struct buf *out, const struct string_list *to, const char *end)
{
	for (size_t i = 0; i < to->count; i++)
		buf_format(out, "%s%s%s%s", i ? " " : "To: ", to->items[i],
			   i + 1 < to->count ? "," : "", end);
}

/* Auto-Submitted keeps those away who answer that they are on holiday (RFC 3834). */
void mail_text_write(const struct config_notify *item, const struct notify_message *message,
		     int64_t now, const char *id, const char *end, struct buf *out)
{
	bool plain = is_plain(message->text);
	char date[TIME_TEXT];

	buf_format(out, "Date: %s%sFrom: %s%s", time_mail(now, date), end, item->from, end);
	add_recipients(out, &item->to, end);
	buf_format(out, "Subject: %.*s%s", (int)message_cut(message->subject, LINE_MOST - 20),
		   message->subject, end);
	buf_format(out, "Message-ID: <%s%s>%s", id, strchr(item->from, '@'), end);
	buf_format(out, "Auto-Submitted: auto-generated%sMIME-Version: 1.0%s", end, end);
	buf_format(out,
		   "Content-Type: text/plain; charset=utf-8%sContent-Transfer-Encoding: %s%s%s",
		   end, plain ? "7bit" : "base64", end, end);
	if (plain)
		add_lines(out, message->text, end);
	else
		add_base64(out, message->text, end);
}
