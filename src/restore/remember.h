/* What the state is told of what was put back, so that no run takes it for what it is not. */
#ifndef RESTORE_REMEMBER_H
#define RESTORE_REMEMBER_H

#include "util/err.h"

#include <stdint.h>

struct config;
struct layout;
struct restore_list;
struct state;

struct restore_memory {
	const struct config *config;
	struct state *state;
	const struct layout *own; /* the registry's own folder, proved; or NULL */
	int64_t now;              /* seconds since 1970 */
};

/* Before anything is put: holds it for undo.hold_days, and keeps the times that it had. -1: nothing
 * may be put, the next run would delete it again. */
int restore_remember(const struct restore_memory *memory, const struct restore_list *list,
		     struct err *err) __attribute__((warn_unused_result));
/* After that: what was put is not owed and not gone any more, and its links have their times; what
 * could not be put is held no longer. -1: ERR says what could not be written. */
int restore_conclude(const struct restore_memory *memory, const struct restore_list *list,
		     struct err *err) __attribute__((warn_unused_result));

#endif
