/* Container engines, beside what registry.exec runs: which engine that is, other commands of the
 * same engine, and what it tells about a container. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "util/err.h"
#include "util/string_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proc_answer; /* util/proc.h */

enum engine_kind {
	ENGINE_HOST, /* no engine: an empty registry.exec */
	ENGINE_DOCKER,
	ENGINE_PODMAN,
	ENGINE_NERDCTL,
	ENGINE_KUBECTL,
	ENGINE_OTHER, /* anything else (ssh, sudo, a script), and what was not understood */
};

/* What registry.exec says. Strings are never NULL. */
struct engine_target {
	enum engine_kind kind;
	/* The program, and the options by which it finds its engine or cluster (-H, --context,
	 * --kubeconfig, -n …): what any other command of the same engine begins with. Empty for
	 * ENGINE_HOST and ENGINE_OTHER. */
	struct string_list prefix;
	/* The container's name or id; for kubectl the pod ("pod/NAME", "NAME") or what has pods
	 * ("deploy/NAME"). "" for ENGINE_HOST and ENGINE_OTHER. */
	char *container;
	/* kubectl alone, "" when not given: the namespace (in PREFIX as well), and the container
	 * inside the pod (-c). */
	char *name_space, *pod_container;
};

/* Reads EXEC, NULL-terminated, {container} replaced (config.registry.exec); NULL is as empty. OUT
 * is the caller's to clear. An option that is not known makes it ENGINE_OTHER, never a guess. Pure.
 */
void engine_target_read(const char *const *exec, struct engine_target *out);
/* The target that `PROGRAM exec CONTAINER` would have, for docker, podman and nerdctl. */
void engine_target_set(const char *program, const char *container, struct engine_target *out);
void engine_target_clear(struct engine_target *target);
/* docker, podman or nerdctl: the only ones that all functions below can be used with. */
bool engine_has_containers(const struct engine_target *target);
/* How many words of EXEC stand before the place where options of docker's, podman's or nerdctl's
 * own `exec` may be put in (-e NAME=VALUE), which is right behind that word. 0: it is none of
 * theirs. */
size_t engine_exec_head(const char *const *exec);
/* TARGET's prefix and WORDS (NULL-terminated): an argv in one block that the caller frees; its
 * strings are borrowed from both. */
const char **engine_command(const struct engine_target *target, const char *const *words);

struct engine_mount {
	char *type;        /* "bind", "volume", "tmpfs" … */
	char *source;      /* the folder or file on the engine's host; "" when there is none */
	char *destination; /* inside the container */
	bool writable;
};
/* A port of the container that the engine publishes; TCP only. */
struct engine_port {
	unsigned container, host; /* 1 to 65535 */
	char *host_ip;            /* "", "0.0.0.0" or "::": all addresses */
};
struct engine_network {
	char *name;
	char *ip; /* the container's IPv4 address; "" when it has none there */
};

/* A container as the engine told. Strings are never NULL; "", 0, false and empty lists: it was not
 * told. ENVIRONMENT may hold secrets: it belongs into no message. */
struct engine_container {
	char *id, *name;                /* the name without the slash that docker puts before it */
	char *image_id;                 /* hexadecimal, without "sha256:" */
	char *image;                    /* the reference by which it was created */
	struct string_list argv;        /* entrypoint and arguments of the process that it runs */
	struct string_list environment; /* NAME=value */
	struct engine_mount *mounts;
	size_t mount_count;
	struct engine_port *ports;
	size_t port_count;
	unsigned exposed_port; /* the first TCP port that its image or its creator exposes */
	char *network_mode;    /* "host", "bridge", "container:ID", a network's name … */
	struct engine_network *networks;
	size_t network_count;
	bool running, restarting, paused;
	long pid;           /* on the engine's host, while it runs */
	int64_t started_at; /* seconds since 1970, of its last start */
	char *compose_project, *compose_service, *compose_folder;
	char *compose_files;  /* absolute, separated by commas */
	char *restart_policy; /* "no", "always", "unless-stopped", "on-failure" */
	bool auto_remove;     /* it is removed when it stops (--rm) */
	char *user;           /* of the process, "" for the image's own */
};

/* Reads what `container inspect --format '{{json .}}'` printed of one container: docker and nerdctl
 * print an object, podman (4.3.1) a list of one. -1 (ERR_IO) if it is neither, or has no id. The
 * message has none of the text. OUT is the caller's to clear in any case. Pure. */
int engine_container_read(const char *text, size_t length, struct engine_container *out,
			  struct err *err) __attribute__((warn_unused_result));
void engine_container_clear(struct engine_container *container);

/* Asks for the container NAME (NULL: TARGET's own). As engine_container_read; -1 (ERR_IO) as well
 * when the engine cannot be asked or does not know it: the message says which, and what to do. */
int engine_inspect(const struct engine_target *target, const char *name,
		   struct engine_container *out, struct err *err)
	__attribute__((warn_unused_result));

struct engine_containers {
	struct engine_container *items;
	size_t count;
};

/* Appends the ids of the containers that run. FILTER as that of `ps --filter`; NULL: all. -1
 * (ERR_IO): the engine cannot be asked. */
int engine_list(const struct engine_target *target, const char *filter, struct string_list *ids,
		struct err *err) __attribute__((warn_unused_result));
/* The running containers that look like registries (engine_is_registry). -1 (ERR_IO): the engine
 * could not be asked. FOUND is the caller's to clear in any case. */
int engine_find_registries(const struct engine_target *target, struct engine_containers *found,
			   struct err *err) __attribute__((warn_unused_result));
void engine_containers_clear(struct engine_containers *containers);
/* The TCP port that TEXT begins with, 1 to 65535, in digits alone; END is behind it. 0: none. Pure.
 */
unsigned engine_port_read(const char *text, const char **end);
/* It runs `registry serve`, or its image is called registry or distribution (docker-registry,
 * docker-distribution as well) and exposes port 5000 or is given a configuration file. Pure. */
bool engine_is_registry(const struct engine_container *container);
/* The image is called so; whatever its tag and the registry that it is from. Pure. */
bool engine_is_registry_image(const char *image);
/* The value of NAME in its environment, borrowed; NULL: it has none. */
const char *engine_variable(const struct engine_container *container, const char *name);
/* The mount that PATH, absolute and in the container, lies in: the deepest. NULL: none. */
const struct engine_mount *engine_mount_of(const struct engine_container *container,
					   const char *path);

/* Runs `PREFIX WORDS` for at most SECONDS. -1 (ERR_IO): it could not be run or did not end with 0;
 * the message begins with WHAT ("docker: ", say, comes before it) and says what to do where that is
 * known. ANSWER has what it printed, and is the caller's to clear (proc_answer_clear) in any case.
 */
int engine_ask(const struct engine_target *target, const char *const *words, unsigned seconds,
	       struct proc_answer *answer, struct err *err) __attribute__((warn_unused_result));

#endif
