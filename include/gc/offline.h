/* A collection while the registry's container is stopped: the steps, as far as the container engine
 * carries them out. Nothing is remembered here, and nothing is put right again. */
#ifndef GC_OFFLINE_H
#define GC_OFFLINE_H

#include "engine/engine.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;    /* util/buf.h */
struct config; /* config/config.h */

/* Labels of the containers that collect: the registry's container, by its id; and who made them. */
#define OFFLINE_COLLECTS "clean-registry.collects"
#define OFFLINE_OWNER    "clean-registry.owner"

struct offline {
	struct engine_target target;
	char *registry; /* the id of the registry's container */
	/* Of the container that collects, and with "-ask" behind it of the one that only tells what
	 * it would remove. */
	char *name;
	char *owner; /* host and state folder: what another one made is not touched */
};

/* REGISTRY: the id, or "" when it is not known yet. */
void offline_init(const struct config *config, const char *registry, const char *name,
		  const char *owner, struct offline *out);
void offline_clear(struct offline *offline);

/* Asks for the registry's container (by its id if OFFLINE has one, else by registry.container). OUT
 * is the caller's to clear in any case. -1 (ERR_COLLECTOR): it is not there or the engine cannot be
 * asked. */
int offline_engine_inspect(const struct offline *offline, struct engine_container *out,
			   struct err *err) __attribute__((warn_unused_result));
/* Whether CONTAINER, which is running, can be stopped and be started again as it was. -1
 * (ERR_COLLECTOR). Pure. */
int offline_may_stop(const struct engine_container *container, struct err *err)
	__attribute__((warn_unused_result));

/* The environment of CONTAINER: what fits into a file of lines NAME=value goes to OUT; the names of
 * what does not, as it has several lines, to NAMES. Pure. */
void offline_split_environment(const struct engine_container *container, struct buf *out,
			       struct string_list *names);
/* Whether OTHER has each variable REGISTRY_* of ONE but that of the log's level; MISSING is one
 * that it has not, with its value. Pure. */
bool offline_same_environment(const struct engine_container *one,
			      const struct engine_container *other, const char **missing);
/* Appends the command that makes the container NAME, or with ASKS the other one, from CONTAINER's
 * image, with its volumes, its user, and no network. ENV_FILE has its environment; NAMES are
 * variables that are taken from ours. Pure. */
void offline_create_words(const struct offline *offline, const struct config *config,
			  const struct engine_container *container, bool asks, const char *env_file,
			  const struct string_list *names, struct string_list *out);

/* Makes both containers; nothing runs yet. FOLDER is for a file with the environment, which is
 * there for that moment, readable for nobody else. -1 (ERR_COLLECTOR): one of them may be there. */
int offline_engine_create(const struct offline *offline, const struct config *config,
			  const struct engine_container *container, const char *folder,
			  struct err *err) __attribute__((warn_unused_result));

/* Until the engine says that it stopped. -1 (ERR_COLLECTOR): it may have. */
int offline_engine_stop(const struct offline *offline, struct err *err)
	__attribute__((warn_unused_result));
/* -1 (ERR_COLLECTOR): it was not started. */
int offline_engine_start(const struct offline *offline, struct err *err)
	__attribute__((warn_unused_result));
/* Appends the command that starts the container that collects, or the one that asks, and shows what
 * it prints. Pure. */
void offline_run_words(const struct offline *offline, bool asks, struct string_list *out);

/* What became of a container of ours. */
enum offline_state {
	OFFLINE_MADE,    /* it was never started */
	OFFLINE_AT_WORK, /* or that cannot be told */
	OFFLINE_ENDED,
};
struct offline_container {
	char *name;
	char *owner;
	enum offline_state state;
	int status; /* the exit status, where it has ended */
};
struct offline_containers {
	struct offline_container *items;
	size_t count;
};
/* All that are labelled to collect OFFLINE's registry, whoever made them. -1 (ERR_COLLECTOR): that
 * is not known. OUT is the caller's to clear in any case. */
int offline_engine_list(const struct offline *offline, struct offline_containers *out,
			struct err *err) __attribute__((warn_unused_result));
void offline_containers_clear(struct offline_containers *containers);
/* Reads "/NAME STATUS CODE OWNER", as the engine printed it. False: it is no such line. Pure. */
bool offline_read(const char *line, struct offline_container *out);
/* Whether OFFLINE's owner made it, or it has OFFLINE's own name: a host may be called otherwise by
 * now. */
bool offline_is_own(const struct offline *offline, const struct offline_container *container);

/* It only tells what it would remove. */
bool offline_asks(const struct offline_container *container);

/* Waits until the container NAME has ended, at most SECONDS (0: without an end). 1: they are over.
 * -1: ERR_STOPPED, at the first stop signal; ERR_COLLECTOR. */
int offline_engine_wait(const struct offline *offline, const char *name, unsigned seconds,
			struct err *err) __attribute__((warn_unused_result));
/* Ends the container NAME. -1 (ERR_COLLECTOR): that it has ended is not known. */
int offline_engine_end(const struct offline *offline, const char *name, struct err *err)
	__attribute__((warn_unused_result));
/* Removes the container NAME unless it is at work. -1 (ERR_COLLECTOR). */
int offline_engine_remove(const struct offline *offline, const char *name, struct err *err)
	__attribute__((warn_unused_result));

#endif
