/* One mail to an SMTP server. Private to src/notify. */
#ifndef NOTIFY_SMTP_H
#define NOTIFY_SMTP_H

#include "util/err.h"
#include "util/string_list.h"

#include <stdbool.h>
#include <stddef.h>

struct deadline; /* notify/deadline.h */

struct smtp_mail {
	const char *server;          /* smtp:// or smtps://, HOST or HOST:PORT */
	bool encrypted;              /* of smtp://: without STARTTLS nothing is said but EHLO */
	const char *ca_cert;         /* "" when none */
	const char *user, *password; /* "" when none */
	const char *from;
	const struct string_list *to;
	const char *text; /* LENGTH bytes, lines that end in CRLF */
	size_t length;
};

/* 0: the server took it for all recipients. -1 (ERR_IO): why not, and for whom; where one is
 * refused the others get it. AGAIN: there was no connection. */
int smtp_send(const struct smtp_mail *mail, struct deadline *deadline, bool *again, struct err *err)
	__attribute__((warn_unused_result));

#endif
