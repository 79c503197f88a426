/* The deletion door (registry.delete_door): a second process of the registry, in the same place and
 * on the same storage as the public one, that takes deletes. It listens on a loopback port, for
 * this run alone: its only login is a random one, which never leaves this process but as a hash.
 * The public registry can keep deletion disabled. */
#ifndef DOOR_DOOR_H
#define DOOR_DOOR_H

#include "util/err.h"

#include <stdbool.h>

struct api;           /* registry/api.h */
struct config;        /* config/config.h */
struct door;          /* opaque */
struct http;          /* http/engine.h */
struct leftover;      /* state/leftover.h */
struct server_config; /* registry/server_config.h */
struct state;         /* state/state.h */

/* Whether deletes are to go through a door: the configuration wants that, and the registry, by what
 * SERVER knows of its configuration, does not take them anyway. That it does is a warning. */
bool door_is_wanted(const struct config *config, const struct server_config *server);

/* Whether a door could be opened, found by reading alone: registry.exec leads to it, its loopback
 * can be reached from here, and the public process does not go on to answer from its own cache
 * (gc.restart). -1 (ERR_UNREACHABLE): it could not, and why. */
int door_check(const struct config *config, const struct server_config *server, struct err *err)
	__attribute__((warn_unused_result));

/* Whether the public process, by what SERVER knows of its configuration, may answer from a cache in
 * its memory for what went through a door, until it is restarted. */
bool door_needs_restart(const struct server_config *server);

/* Starts one, and makes sure that it is what answers: nothing but its own random login is ever sent
 * to it. STATE remembers it before it is started. LIKE: the public registry's API; what is expected
 * of its lists is expected of the door's. NULL: ERR_UNREACHABLE (nothing was started, or it was
 * stopped again), ERR_IO (the state), ERR_STOPPED. */
struct door *door_open(const struct config *config, const struct server_config *server,
		       struct state *state, const struct api *like, struct err *err)
	__attribute__((warn_unused_result));
/* What speaks to it; borrowed. */
struct api *door_api(const struct door *door);
struct http *door_http(const struct door *door);

/* Stops it, waits for its end, and releases DOOR. NULL is fine. OWES_RESTART: STATE remembers from
 * then on that the registry is to be restarted, as it may answer for what was deleted. -1
 * (ERR_BUSY): it may still run, and STATE remembers it; ERR_IO. */
int door_close(struct door *door, bool owes_restart, struct err *err)
	__attribute__((warn_unused_result));
/* The registry was restarted, or needs no restart; a door that may still run is not forgotten. -1
 * (ERR_IO): the next run thinks that it needs one. */
int door_forget(const struct state *state, struct err *err) __attribute__((warn_unused_result));

/* A restart is owed, and gc.restart says no way: sets ERR (ERR_IO) to that, and returns -1. */
int door_fail_restart(const struct state *state, struct err *err);

/* What an earlier run left: stops a door that is open, and waits for its end. 1: there was
 * something, and a restart of the registry is owed (door_forget). 0: there was nothing. -1
 * (ERR_BUSY): a door may still run, the message says what to do; ERR_IO. */
int door_recover(const struct config *config, const struct state *state, struct err *err)
	__attribute__((warn_unused_result));
/* What LEFTOVER, of LEFTOVER_DOOR, means, and that the next run sees to it; static. */
const char *door_leftover_text(const struct leftover *leftover);
/* In a dry run: says so. -1 (ERR_BUSY): it is damaged, at which a run would end. */
int door_tell_leftover(const struct state *state, struct err *err)
	__attribute__((warn_unused_result));

#endif
