/* The second opinion on a collection: asked before it is begun (gc.second_opinion). */
#ifndef COMMAND_OPINION_H
#define COMMAND_OPINION_H

#include "util/err.h"

#include <stdbool.h>

struct gc_result; /* gc.h */
struct session;   /* command/session.h */

/* Names what the collector would stumble over, as far as the storage can be seen. -1
 * (ERR_COLLECTOR) when it would abort, or remove what it should keep; ERR_STOPPED. */
int opinion_obstacles(const struct session *session, struct err *err)
	__attribute__((warn_unused_result));

/* Whether the collector of this version removes nothing when it is only asked. */
bool opinion_can_ask(const struct session *session);

/* Asks the collector what it would remove, reads the storage anew, and compares. Nothing is done
 * where the inventory is not from the storage. -1: ERR_COLLECTOR when it failed (ANSWER is what it
 * said, with FAILED_ASKED set) or when a tag needs what it would remove, twice in a row; ERR_IO
 * when the storage cannot be read; ERR_STOPPED. ANSWER is the caller's to clear. */
int opinion_ask(const struct session *session, struct gc_result *answer, struct err *err)
	__attribute__((warn_unused_result));

#endif
