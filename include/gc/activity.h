/* Whether a collector of the registry is at work already. */
#ifndef GC_ACTIVITY_H
#define GC_ACTIVITY_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;    /* util/buf.h */
struct config; /* config/config.h */

enum gc_activity { GC_IDLE, GC_RUNNING, GC_ACTIVITY_UNKNOWN };

/* Is a collector at work where registry.exec leads (any counts there), or on this host on the same
 * storage (gc/on_host.h)? One that only tells what it would remove (--dry-run) is none. ERR says
 * why when that cannot be found out. */
enum gc_activity gc_activity(const struct config *config, struct err *err);

/* -1 (ERR_BUSY): one is, so nothing is begun that it could disturb. That it cannot be found out is
 * a warning. */
int gc_check_idle(const struct config *config, struct err *err) __attribute__((warn_unused_result));

/* The same answered from what the question printed where registry.exec leads: for each process a
 * line "=/proc/PID/cmdline" and what is in that file. Text without such a line is taken for one
 * process. Pure. */
bool gc_is_running(const char *text, size_t length);

/* When the container of registry.exec was started, as its engine (docker, podman, nerdctl) says, a
 * word in RFC 3339; appended to OUT. -1 (ERR_IO): there is no such engine, or it does not tell. */
int gc_container_start(const struct config *config, struct buf *out, struct err *err)
	__attribute__((warn_unused_result));

#endif
