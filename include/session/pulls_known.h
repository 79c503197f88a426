/* What is known of pulls, brought from the registry's access log and the folder of the state. */
#ifndef SESSION_PULLS_KNOWN_H
#define SESSION_PULLS_KNOWN_H

#include "util/err.h"

#include <stdint.h>

struct session;
struct state;

/* Where a rule asks for pulls: sends the proof (pulls/pulls.h), two reading requests, reads the
 * log, and tells the inventory of SESSION what came of it, for a plan that is made at NOW. A log
 * that is not believed is a failure of the inventory, named in the log. STATE may be NULL. -1: as
 * http_run; ERR_STOPPED. */
int pulls_known_read(struct session *session, const struct state *state, int64_t now,
		     struct err *err) __attribute__((warn_unused_result));
/* Keeps it for the next run, if the log was believed. Where that cannot be written, which is a
 * warning, the next run reads the log from where this one began. */
void pulls_known_save(const struct session *session, const struct state *state);

#endif
