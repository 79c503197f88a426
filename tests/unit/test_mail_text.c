/* notify/mail_text: what a mail looks like on its way. That readers of mail get back what went in
 * is in tests/e2e/mail.py. */
#include "notify/mail_text.h"

#include "util/buf.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HUNDRED                                                                                    \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"890123456789"
#define HEAD \
	"Date: Sat, 31 Jan 2026 23:59:59 +0000\r\nFrom: from@example.org\r\nTo: a@example.org\r\n"
#define TAIL                                                                                \
	"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; " \
	"charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"

static struct string_list to;

static int set_up(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	string_list_add(&to, xstrdup("a@example.org"));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	string_list_clear(&to);
	return 0;
}

static struct mail_text a_mail(const char *subject, const char *text)
{
	return (struct mail_text){ .now = 1769903999,
				   .from = "from@example.org",
				   .to = &to,
				   .subject = subject,
				   .text = text,
				   .end_of_line = "\r\n" };
}

/* Without the one line that is different each time. */
static void drop_id(struct buf *mail)
{
	static const char BEGIN[] = "Message-ID: <1769903999.";
	char *id = strstr(mail->data, BEGIN), *end;

	assert_non_null(id);
	end = strstr(id, "\r\n") + 2;
	assert_int_equal(end - id, strlen(BEGIN) + 16 + strlen("@example.org>\r\n"));
	assert_memory_equal(end - 15, "@example.org>\r\n", 15);
	memmove(id, end, strlen(end) + 1);
	mail->length -= (size_t)(end - id);
}

static const struct {
	const char *subject, *text;
	const char *line; /* of the subject */
	const char *body;
} ROWS[] = {
	{ "plain", "one\ntwo\n", "Subject: plain\r\n", "one\r\ntwo\r\n" },
	{ "", "", "Subject:\r\n", "" },
	{ "no line end", "one", "Subject: no line end\r\n", "one\r\n" },
	{ "clean-registry: host.example.org: 12 tags deleted, 3.2 GiB freed, and the storage is "
	  "fine",
	  "",
	  "Subject: clean-registry: host.example.org: 12 tags deleted, 3.2 GiB freed,\r\n and the"
	  " storage is fine\r\n",
	  "" },
	{ "a\r\nBcc: evil@example.org", "",
	  "Subject: =?UTF-8?B?YQ0KQmNjOiBldmlsQGV4YW1wbGUub3Jn?="
	  "\r\n",
	  "" },
	{ "é", "é=\n", "Subject: =?UTF-8?B?w6k=?=\r\n", "=C3=A9=3D\r\n" },
	{ "=?UTF-8?B?w6k=?=", "", "Subject: =?UTF-8?B?PT9VVEYtOD9CP3c2az0/PQ==?=\r\n", "" },
	/* 44 bytes and a character of two: it goes to the next word as a whole. */
	{ "01234567890123456789012345678901234567890123é", "",
	  "Subject: =?UTF-8?B?MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM=?=\r\n "
	  "=?UTF-8?B?w6k=?=\r\n",
	  "" },
	{ "x", ".\n..\nFrom me\nfrom\n>From\n", "Subject: x\r\n",
	  "=2E\r\n=2E.\r\n=46rom me\r\nfrom\r\n>From\r\n" },
	{ "x", "blank \ntab\t\n \nthe middle\tx\nlast ", "Subject: x\r\n",
	  "blank=20\r\ntab=09\r\n=20\r\nthe middle\tx\r\nlast=20\r\n" },
	{ "x", "a\r\nb\x01\x1b[m\x7f\xff\n", "Subject: x\r\n", "a=0D\r\nb=01=1B[m=7F=FF\r\n" },
	{ "x", HUNDRED "\n", "Subject: x\r\n",
	  "012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
	  "5678901234567890123456789\r\n" },
	/* What is first in a line that goes on, too. */
	{ "x", "012345678901234567890123456789012345678901234567890123456789012345678901234.From\n",
	  "Subject: x\r\n",
	  "012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
	  "=2EFrom\r\n" },
};

static void texts_are_encoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct mail_text mail = a_mail(ROWS[i].subject, ROWS[i].text);
		CLEANUP(buf_free) struct buf out = { 0 };
		CLEANUP(free_p)
		char *expected = xasprintf(HEAD "%s" TAIL "%s", ROWS[i].line, ROWS[i].body);

		mail_text_write(&out, &mail);
		drop_id(&out);
		if (strcmp(out.data, expected) != 0)
			fail_msg("row %zu:\n%s\ninstead of\n%s", i, out.data, expected);
	}
}

/* What every mail keeps to, whatever is in it. */
static void assert_lines(const struct buf *mail, const char *end)
{
	size_t ends = strlen(end);

	for (const char *at = mail->data; *at;) {
		const char *newline = strchr(at, '\n');

		assert_non_null(newline);
		newline += 1 - ends;
		assert_memory_equal(newline, end, ends);
		assert_true(newline - at <= 998);
		assert_true(at[0] != '.' && strncmp(at, "From ", 5) != 0);
		for (; at < newline; at++)
			assert_true(*at == '\t' || (*at >= ' ' && *at <= '~'));
		at += ends;
	}
	assert_int_equal(strlen(mail->data), mail->length);
}

static void lines_are_in_order_whatever_comes(void **state)
{
	static const char *const ENDS[] = { "\r\n", "\n" };
	char noise[4000];

	(void)state;
	srandom(20);
	for (int i = 0; i < 400; i++) {
		size_t length = (size_t)random() % (sizeof noise - 1);
		struct mail_text mail = a_mail(noise, noise);
		CLEANUP(buf_free) struct buf out = { 0 };

		for (size_t k = 0; k < length; k++)
			noise[k] = random() % 3 ? " .=\n\rF\xc3\xa9"[random() % 8]
						: (char)(1 + random() % 255);
		noise[length] = '\0';
		mail.end_of_line = ENDS[i % 2];
		mail.report = i % 3 ? noise : NULL;
		mail.length = length;
		mail_text_write(&out, &mail);
		assert_lines(&out, mail.end_of_line);
	}
}

static void a_report_is_attached(void **state)
{
	struct mail_text mail = a_mail("x", "text\n");
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(free_p) char *expected = NULL;
	CLEANUP(free_p) char *boundary = NULL;
	const char *at;

	(void)state;
	mail.report = HUNDRED;
	mail.length = 60;
	mail_text_write(&out, &mail);
	at = strstr(out.data, "boundary=\"");
	assert_non_null(at);
	boundary = xstrndup(at + 10, strcspn(at + 10, "\""));
	assert_int_equal(strlen(boundary), 18);
	expected = xasprintf(
		"\r\n\r\n--%s\r\nContent-Type: text/plain; charset=UTF-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\ntext\r\n\r\n--%s\r\n"
		"Content-Type: application/json\r\n"
		"Content-Disposition: attachment; filename=\"report.json\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2\r\n"
		"Nzg5\r\n\r\n--%s--\r\n",
		boundary, boundary, boundary);
	assert_string_equal(at + 29, expected);
}

static void many_recipients_are_folded(void **state)
{
	struct string_list many = { 0 };
	struct mail_text mail = a_mail("x", "");
	CLEANUP(buf_free) struct buf out = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++)
		string_list_add(&many, xasprintf("somebody-%d@mail.example.org", i));
	mail.to = &many;
	mail_text_write(&out, &mail);
	string_list_clear(&many);
	assert_non_null(strstr(
		out.data, "\r\nTo: somebody-0@mail.example.org, somebody-1@mail.example.org,\r\n"
			  " somebody-2@mail.example.org, somebody-3@mail.example.org\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_encoded),
		cmocka_unit_test(lines_are_in_order_whatever_comes),
		cmocka_unit_test(a_report_is_attached),
		cmocka_unit_test(many_recipients_are_folded),
	};

	return cmocka_run_group_tests_name("mail text", tests, set_up, tear_down);
}
