/* Whose loopback the door listens on: this host's, or that of the container's network namespace,
 * which is entered for the moment in which a socket is made. */
#ifndef DOOR_PLACE_H
#define DOOR_PLACE_H

#include "util/err.h"

struct engine_target; /* engine/engine.h */

struct door_place {
	int there; /* the other network namespace; -1: it is this host's */
	int here;  /* ours, to come back to; -1 likewise */
};

/* -1 (ERR_UNREACHABLE): it cannot be reached from here, and why. PLACE is the caller's to close in
 * any case. */
int door_place_find(const struct engine_target *target, struct door_place *place, struct err *err)
	__attribute__((warn_unused_result));
void door_place_close(struct door_place *place);

/* A socket of that place, close-on-exec; -1 with errno. Of this thread alone. */
int door_place_socket(const struct door_place *place, int domain, int type, int protocol);
/* A TCP port of its loopback that nobody listens on now. -1: ERR_UNREACHABLE. */
int door_place_port(const struct door_place *place, unsigned *port, struct err *err)
	__attribute__((warn_unused_result));
/* Connects to PORT of its loopback. A blocking socket, or -1 with errno. */
int door_place_connect(const struct door_place *place, unsigned port);

#endif
