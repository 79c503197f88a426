/* Collectors among the processes of this host, as far as /proc shows them. */
#ifndef GC_ON_HOST_H
#define GC_ON_HOST_H

#include "util/err.h"

#include <stdbool.h>

struct config; /* config/config.h */

/* The variable that marks what a run of ours starts to collect; its value is that run's name. */
#define GC_RUN_VARIABLE "COLLECTION_OF_RUN"

enum gc_on_host {
	GC_HOST_NONE,
	GC_HOST_FOUND,
	/* None was found, but not every process could be looked at; ERR says why. */
	GC_HOST_HIDDEN,
};

/* Is a collector at work here on what CONFIG's registry has? HERE: registry.exec is empty, so its
 * own collector would be one of these processes: any counts that reads the same configuration file
 * or works on the same root (by device and inode, from its arguments, environment and working
 * directory), and any of which that cannot be told. Otherwise, as in a container, only one counts
 * that surely works on paths.host_storage. */
enum gc_on_host gc_on_host(const struct config *config, bool here, struct err *err);

/* Does anything still live here that RUN started to collect (its client, say)? */
bool gc_on_host_of_run(const char *run);

#endif
