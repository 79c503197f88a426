/* What init finds out about a registry, step by step, until it can be written down. */
#ifndef INIT_SETUP_H
#define INIT_SETUP_H

#include "engine/engine.h"
#include "registry/server_config.h"
#include "util/err.h"
#include "util/notes.h"
#include "util/string_list.h"

#include <stdbool.h>

struct arena;   /* util/arena.h */
struct options; /* cli/options.h */

enum setup_kind { SETUP_CONTAINER, SETUP_CLUSTER, SETUP_HOST };

/* Strings are never NULL after setup_init; "" is what is not known, or not needed. They live in
 * TEXTS, or are static. */
struct setup {
	struct arena *texts;
	enum setup_kind kind;
	/* What is asked. TARGET: its engine or cluster; CONTAINER: of SETUP_CONTAINER alone. */
	struct engine_target target;
	struct engine_container container;
	bool elsewhere;          /* the engine is on another host */
	struct string_list argv; /* of the registry's own process */
	const char *environment; /* of the same, lines NAME=value; only on this host */
	const char *unit;        /* its service in systemd; only on this host */
	const char *service_url; /* of the service before its pods; only of a cluster */
	struct server_config server;

	/* What the file gets. */
	const char *title; /* what was found, in words */
	const char *url, *program, *config, *storage, *host_storage;
	const char *container_name;
	struct string_list exec, restart; /* with {container} in it */
	/* What could not be found out, and why; and what has to be done by hand. */
	struct notes notes;
};

void setup_init(struct setup *setup);
void setup_clear(struct setup *setup);
/* A copy that lives as long as SETUP. */
const char *setup_text(struct setup *setup, const char *text);
/* What is run so that WORDS reach the registry's place, in one block that the caller frees; its
 * strings are borrowed. */
const char **setup_command(const struct setup *setup, const char *const *words);
/* What WORDS, run in the registry's place, print: the caller's; NULL when they fail or print more
 * than 1 MiB. SIZE may be NULL. */
char *setup_ask(const struct setup *setup, const char *const *words, size_t *size);

/* Finds the registry that OPTIONS name, or the only one that runs. -1 (ERR_USAGE): none, several,
 * or nobody can be asked; what was found is told on stdout. */
int init_find(const struct options *options, struct setup *setup, struct err *err)
	__attribute__((warn_unused_result));
/* One step of it: a process of this host that serves CONFIG (NULL: any file). Returns how many
 * there are; SETUP gets the first. Only those in our own mount namespace count, and of any
 * file only those of one that init_trusts. */
size_t init_find_process(const char *config, struct setup *setup);
/* Whether nobody but root and the user who runs this can change what PATH, from the root, names:
 * other users' processes tell paths, too. */
bool init_trusts(const char *path);
/* NAMESPACE/KIND/NAME. -1 (ERR_USAGE). */
int init_find_in_cluster(const char *text, struct setup *setup, struct err *err)
	__attribute__((warn_unused_result));

/* Reads the registry's configuration, and finds out the rest from it. */
void init_describe(struct setup *setup);
/* The file that `serve FILE` or an entrypoint with a lone *.yml names in ARGV; NULL: none.
 * Borrowed.
 */
const char *init_config_in(const struct string_list *argv);
/* The program before `serve` in ARGV; NULL: none. Borrowed. */
const char *init_program_in(const struct string_list *argv);
/* LENGTH bytes of a /proc/PID/cmdline, as words. */
void init_split(const char *cmdline, size_t length, struct string_list *out);

/* The URL under which this host reaches it. NULL: WHY says why not, in static memory. */
const char *init_address(struct setup *setup, const char **why);
/* What empties the registry's cache: fills setup->restart. */
void init_restart(struct setup *setup);
/* The service in TEXT, what /proc/PID/cgroup has, if it is one of the system's, else "". */
const char *init_unit_in(struct setup *setup, const char *text);

/* Writes the file, which must not be there. -1 (ERR_USAGE). */
int init_write(const struct setup *setup, const char *path, struct err *err)
	__attribute__((warn_unused_result));

#endif
