/* Whether a collector of the registry is at work already. */
#ifndef GC_ACTIVITY_H
#define GC_ACTIVITY_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct config; /* config.h */

enum gc_activity { GC_IDLE, GC_RUNNING, GC_ACTIVITY_UNKNOWN };

/* Is a collector with this paths.config running where registry.exec leads? ERR says why when that
 * cannot be found out. */
enum gc_activity gc_activity(const struct config *config, struct err *err);
/* The same question answered from the concatenated /proc/<pid>/cmdline files: pure. */
bool gc_is_running(const char *cmdlines, size_t length, const char *config_path);

#endif
