/* Makes sure that what answers on the door's port is our door, before anything else is sent to it.
 */
#ifndef DOOR_QUESTION_H
#define DOOR_QUESTION_H

#include "util/err.h"

#include <stdbool.h>

struct door_place; /* door/place.h */

/* Whether HEAD, an answer's head, is 401 and asks for Basic authentication for REALM, which only
 * our door knows. Pure. */
bool door_head_is_ours(const char *head, const char *realm);
/* The status of an answer's head; 0: it is none. Pure. */
int door_head_status(const char *head);

/* Asks who is there without a login, with a wrong one, and with DOOR_USER and PASSWORD: it must
 * refuse the first two as our door would, and take the last. -1: ERR_UNREACHABLE. */
int door_question(const struct door_place *place, unsigned port, const char *realm,
		  const char *password, struct err *err) __attribute__((warn_unused_result));

#endif
