/* A run on Scaleway's registry: tags through its own API, then empty namespaces. There is no
 * storage, no collector and no probe: the first DELETE is one (apply_scaleway/apply.h). */
#ifndef RUN_SCALEWAY_H
#define RUN_SCALEWAY_H

#include "util/err.h"

struct run;

/* As struct operations (run/context.h) has them. */
int scaleway_open_state(struct run *run, struct err *err) __attribute__((warn_unused_result));
int scaleway_open_state_read_only(struct run *run, struct err *err)
	__attribute__((warn_unused_result));
int scaleway_execute(struct run *run, struct err *err) __attribute__((warn_unused_result));
int scaleway_dry_run(struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
