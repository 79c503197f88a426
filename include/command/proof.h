/* Whether paths.host_storage is the registry's own folder. For src/command/session.c only. */
#ifndef COMMAND_PROOF_H
#define COMMAND_PROOF_H

#include "util/err.h"

struct session;

/* SESSION's inventory was read from its layout. 0: it is what the registry has; `proved` is set
 * when it is the very folder. -1: ERR_IO says what differs; ERR_UNREACHABLE, ERR_STOPPED. */
int proof_of_storage(struct session *session, struct err *err) __attribute__((warn_unused_result));

#endif
