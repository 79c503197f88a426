/* Mail, through a server or a command. Private to src/notify. */
#ifndef NOTIFY_MAIL_H
#define NOTIFY_MAIL_H

#include "util/err.h"

#include <stddef.h>

struct config_notify;  /* config/config.h */
struct notify_message; /* notify/message.h */

/* Bytes of a report that is attached; of a longer one the text says so. */
#define MAIL_REPORT_MOST ((size_t)256 * 1024)

/* Whether ITEM's password can be read. -1 (ERR_USAGE): why not; that everybody can read it is a
 * warning. */
int notify_mail_check(const struct config_notify *item, const char *name, struct err *err)
	__attribute__((warn_unused_result));
/* Sends MESSAGE as ITEM, which notes call NAME, says. -1 (ERR_IO, ERR_USAGE): why not, or for
 * whom not, beginning with the server or the command: one address that a server refuses does not
 * keep the mail from the others. */
int notify_mail(const struct config_notify *item, const char *name,
		const struct notify_message *message, struct err *err)
	__attribute__((warn_unused_result));

#endif
