/* Runs a command with the report on its standard input. Private to src/notify. */
#ifndef NOTIFY_COMMAND_H
#define NOTIFY_COMMAND_H

#include "util/err.h"

struct config_notify;  /* config/config.h */
struct notify_message; /* notify/message.h */
struct string_list;    /* util/string_list.h */

/* -1 (ERR_IO): it did not end with exit status 0 in time, and why. */
int command_tell(const struct config_notify *item, const struct notify_message *message,
		 struct err *err) __attribute__((warn_unused_result));
/* Runs ARGV with what FILE has, from where it stands, as its standard input (0: nothing), within
 * the time of MESSAGE; its whole group is ended then. -1 as above. */
int command_run(const struct string_list *argv, int file, const struct notify_message *message,
		struct err *err) __attribute__((warn_unused_result));

#endif
