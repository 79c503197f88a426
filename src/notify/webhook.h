/* Posts a message. Private to src/notify. */
#ifndef NOTIFY_WEBHOOK_H
#define NOTIFY_WEBHOOK_H

#include "util/err.h"

struct config_notify;  /* config/config.h */
struct notify_message; /* notify/message.h */

#define WEBHOOK_WHOLE_MOST ((size_t)1 << 20) /* bytes of a report that is sent whole */

/* Whether ITEM's URL can be read. -1 (ERR_USAGE): why not; that everybody can read it is a warning.
 */
int webhook_check(const struct config_notify *item, const char *name, struct err *err)
	__attribute__((warn_unused_result));
/* To ITEM, which notes call NAME. -1 (ERR_IO, ERR_USAGE): why not, beginning with where it goes. */
int webhook_send(const struct config_notify *item, const char *name,
		 const struct notify_message *message, struct err *err)
	__attribute__((warn_unused_result));

#endif
