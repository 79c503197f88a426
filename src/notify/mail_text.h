/* A mail as text: what RFC 5322 (head), RFC 2045 (encodings) and RFC 2047 (words in the head) want.
 * Whatever is in the texts, each stays in its place: nothing from elsewhere can begin a line of the
 * head, or end a part. Private to src/notify. */
#ifndef NOTIFY_MAIL_TEXT_H
#define NOTIFY_MAIL_TEXT_H

#include "util/string_list.h"

#include <stddef.h>
#include <stdint.h>

struct buf; /* util/buf.h */

struct mail_text {
	int64_t now;                  /* seconds since 1970 */
	const char *from;             /* an address */
	const struct string_list *to; /* addresses */
	const char *subject;          /* one line of UTF-8 */
	const char *text;             /* lines of UTF-8 */
	const char *report;           /* LENGTH bytes of JSON, which are attached; NULL: none */
	size_t length;
	const char *end_of_line; /* "\r\n" for SMTP, "\n" for a program of this host */
};

/* Appends the mail to OUT: lines of ASCII, none of more than 998 bytes, none of which begins with a
 * dot or with "From ". */
void mail_text_write(struct buf *out, const struct mail_text *mail);

#endif
