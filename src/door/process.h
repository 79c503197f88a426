/* Finds the processes of a door by its mark, which is in their environment, and ends them. */
#ifndef DOOR_PROCESS_H
#define DOOR_PROCESS_H

#include "util/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct config;        /* config/config.h */
struct door_place;    /* door/place.h */
struct engine_target; /* engine/engine.h */

/* From TERM, after which it finishes what it has begun (REGISTRY_HTTP_DRAINTIMEOUT), to KILL. */
#define DOOR_DRAIN_SECONDS 35

/* Whether ENVIRONMENT, SIZE bytes of NAME=value, each with its NUL, has MARK. Pure. */
bool door_process_has(const char *environment, size_t size, const char *mark);

/* Whether SAID, why an engine could not tell of a container, means that it has no such one, and not
 * that its socket, its context or its host is not there ("no such host", say). Pure. */
bool door_process_no_container(const char *said);

/* How many processes that this host shows have MARK, without SPARED (0: none); each is sent the
 * signal NUMBER, unless that is 0. */
size_t door_process_here(const char *mark, pid_t spared, int number);

struct door_process {
	const struct config *config;
	const struct engine_target *target; /* its registry.exec */
	const char *mark;
	unsigned port;
	const struct door_place *place; /* NULL: its loopback cannot be reached */
	pid_t client;                   /* the engine's client that runs it, or 0 */
	bool seen;                      /* this host shows the door itself */
};

/* Ends it and waits for that. It has ended when the host, where that shows it, or its container
 * shows it no more, and nobody listens on its port; or its container does not run. -1 (ERR_BUSY).
 */
int door_process_end(const struct door_process *process, struct err *err)
	__attribute__((warn_unused_result));

#endif
