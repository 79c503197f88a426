/* After all was put: the bytes of it, from the registry. */
#ifndef RESTORE_CONFIRM_H
#define RESTORE_CONFIRM_H

#include "util/err.h"

struct restore_list;
struct session;

/* Fetches each blob of what was put, or was there, once. What is not whole has failed, and is named
 * in the log. -1: ERR_UNREACHABLE, ERR_STOPPED: nothing is known to be whole. */
int restore_confirm(struct session *session, struct restore_list *list, struct err *err)
	__attribute__((warn_unused_result));

#endif
