/* Text goes as quoted-printable, the report as base64. */
#include "notify/mail_text.h"

#include "util/buf.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define WIDTH  76 /* of an encoded line (RFC 2045, 6.7 and 6.8) and of one of the head */
#define WORD   45 /* bytes in an encoded word, which has 75 characters at most (RFC 2047, 2) */
#define BINARY 57 /* bytes that make a line of base64 */

static void add_base64(struct buf *out, const char *bytes, size_t length)
{
	CLEANUP(free_p) char *encoded = xcalloc(length / 3 + 1, 4 + 1);

	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)bytes, (int)length);
	buf_text(out, encoded);
}

/* True when TEXT is ASCII without control characters, and its words fit into lines. */
static bool is_plain(const char *text)
{
	size_t word = 0;

	for (const char *at = text; *at; at++) {
		word = *at == ' ' ? 0 : word + 1;
		if (*at < ' ' || *at > '~' || word > WIDTH)
			return false;
	}
	/* What looks like an encoded word would be read as one. */
	return !strstr(text, "=?");
}

/* Whole characters of TEXT, as many as fit into an encoded word. */
static size_t word_length(const char *text)
{
	size_t length = strnlen(text, WORD), whole = length;

	if (length < WORD)
		return length;
	while (whole > 1 && ((unsigned char)text[whole] & 0xc0) == 0x80)
		whole--;
	/* No UTF-8 at all. */
	return length - whole > 3 ? length : whole;
}

static void add_encoded(struct buf *out, const char *text, const char *end_of_line)
{
	while (*text) {
		size_t length = word_length(text);

		buf_text(out, "=?UTF-8?B?");
		add_base64(out, text, length);
		buf_text(out, "?=");
		text += length;
		if (*text)
			buf_format(out, "%s ", end_of_line);
	}
}

/* Adds "NAME: TEXT"; a line that grows too long goes on in the next one, which begins with a blank.
 */
static void add_header(struct buf *out, const char *name, const char *text, const char *end_of_line)
{
	size_t width = strlen(name) + 1;

	buf_format(out, "%s:", name);
	while (*text) {
		size_t blanks = strspn(text, " "), length = strcspn(text + blanks, " ");

		if (width + 1 + length > WIDTH && width > strlen(name) + 1) {
			buf_text(out, end_of_line);
			width = 0;
		}
		if (length > 0) {
			buf_text(out, " ");
			buf_add(out, text + blanks, length);
			width += 1 + length;
		}
		text += blanks + length;
	}
	buf_text(out, end_of_line);
}

static void add_subject(struct buf *out, const struct mail_text *mail)
{
	if (is_plain(mail->subject)) {
		add_header(out, "Subject", mail->subject, mail->end_of_line);
		return;
	}
	buf_text(out, "Subject: ");
	add_encoded(out, mail->subject, mail->end_of_line);
	buf_text(out, mail->end_of_line);
}

static void add_recipients(struct buf *out, const struct mail_text *mail)
{
	CLEANUP(buf_free) struct buf list = { 0 };

	for (size_t i = 0; i < mail->to->count; i++)
		buf_format(&list, "%s%s", i > 0 ? ", " : "", mail->to->items[i]);
	add_header(out, "To", buf_string(&list), mail->end_of_line);
}

/* Nobody else can foresee it, so no text has it. */
static uint64_t random_number(void)
{
	uint64_t number = 0;

	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		die_internal("no random numbers");
	return number;
}

static void add_head(struct buf *out, const struct mail_text *mail)
{
	const char *domain = strrchr(mail->from, '@'), *end = mail->end_of_line;
	char date[TIME_TEXT];

	buf_format(out, "Date: %s%s", time_mail(mail->now, date), end);
	add_header(out, "From", mail->from, end);
	add_recipients(out, mail);
	add_subject(out, mail);
	buf_format(out, "Message-ID: <%" PRId64 ".%016" PRIx64 "@%s>%s", mail->now, random_number(),
		   domain ? domain + 1 : "localhost", end);
	buf_format(out, "Auto-Submitted: auto-generated%s", end);
	buf_format(out, "MIME-Version: 1.0%s", end);
}

/* True for what stands for itself in quoted-printable: not a blank at the end of a line, nor what
 * some programs on the way take for more than text at the beginning of one. */
static bool is_literal(const char *at, size_t column)
{
	if ((*at == ' ' || *at == '\t') && (at[1] == '\n' || at[1] == '\0'))
		return false;
	if (column == 0 && (*at == '.' || strncmp(at, "From ", 5) == 0))
		return false;
	return *at == '\t' || (*at >= ' ' && *at <= '~' && *at != '=');
}

static void add_quoted(struct buf *out, const char *text, const char *end_of_line)
{
	size_t column = 0;

	for (const char *at = text; *at; at++) {
		size_t size = is_literal(at, column) ? 1 : 3;

		if (*at == '\n') {
			buf_text(out, end_of_line);
			column = 0;
			continue;
		}
		/* One place is for the sign that the line goes on. */
		if (column + size > WIDTH - 1) {
			buf_format(out, "=%s", end_of_line);
			column = 0;
			size = is_literal(at, column) ? 1 : 3;
		}
		if (size == 1)
			buf_add(out, at, 1);
		else
			buf_format(out, "=%02X", (unsigned char)*at);
		column += size;
	}
	if (column > 0)
		buf_text(out, end_of_line);
}

static void add_text(struct buf *out, const struct mail_text *mail)
{
	buf_format(out, "Content-Type: text/plain; charset=UTF-8%s", mail->end_of_line);
	buf_format(out, "Content-Transfer-Encoding: quoted-printable%s%s", mail->end_of_line,
		   mail->end_of_line);
	add_quoted(out, mail->text, mail->end_of_line);
}

static void add_report(struct buf *out, const struct mail_text *mail)
{
	const char *end = mail->end_of_line;

	buf_format(out, "Content-Type: application/json%s", end);
	buf_format(out, "Content-Disposition: attachment; filename=\"report.json\"%s", end);
	buf_format(out, "Content-Transfer-Encoding: base64%s%s", end, end);
	for (size_t at = 0; at < mail->length; at += BINARY) {
		size_t left = mail->length - at;

		add_base64(out, mail->report + at, left < BINARY ? left : BINARY);
		buf_text(out, end);
	}
}

void mail_text_write(struct buf *out, const struct mail_text *mail)
{
	const char *end = mail->end_of_line;
	char boundary[32];

	add_head(out, mail);
	if (!mail->report) {
		add_text(out, mail);
		return;
	}
	/* Neither encoding has "=_" in it. */
	(void)snprintf(boundary, sizeof boundary, "=_%016" PRIx64, random_number());
	buf_format(out, "Content-Type: multipart/mixed; boundary=\"%s\"%s%s", boundary, end, end);
	buf_format(out, "--%s%s", boundary, end);
	add_text(out, mail);
	buf_format(out, "%s--%s%s", end, boundary, end);
	add_report(out, mail);
	buf_format(out, "%s--%s--%s", end, boundary, end);
}
