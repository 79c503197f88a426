/* Mail, through a server or a command. Private to src/notify. */
#ifndef NOTIFY_MAIL_H
#define NOTIFY_MAIL_H

#include "util/buf.h"
#include "util/err.h"

#include <stdint.h>

struct config_notify;  /* config/config.h */
struct notify_message; /* notify/message.h */

/* Sends MESSAGE as ITEM, which notes call NAME, says. -1 (ERR_IO, ERR_USAGE): why not, or for
 * whom not, beginning with the server or the command: one address that a server refuses does not
 * keep the mail from the others. */
int notify_mail(const struct config_notify *item, const char *name,
		const struct notify_message *message, struct err *err)
	__attribute__((warn_unused_result));

/* The mail as it is sent (RFC 5322), its lines ended by END: plain text, in base64 where it is not
 * ASCII. NOW: seconds since 1970; ID makes it another one than all others. Pure. */
void mail_text_write(const struct config_notify *item, const struct notify_message *message,
		     int64_t now, const char *id, const char *end, struct buf *out);

#endif
