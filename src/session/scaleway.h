/* Scaleway's registry, reached and read. For src/session/session.c only. */
#ifndef SESSION_SCALEWAY_H
#define SESSION_SCALEWAY_H

#include "util/err.h"

#include <stdbool.h>

struct session;
struct state;

/* As session_open and session_read, with registry.kind "scaleway". */
int session_scaleway_open(struct session *session, bool read_only, struct err *err)
	__attribute__((warn_unused_result));
int session_scaleway_read(struct session *session, const struct state *state, struct err *err)
	__attribute__((warn_unused_result));

#endif
