/* The registry's own folder below paths.state, for what is read and written there beside a run. */
#ifndef STATE_PLACE_H
#define STATE_PLACE_H

#include "util/err.h"

#include <stdbool.h>

struct state_options; /* state/state.h */

/* Opens the folder as it is, takes no lock and makes nothing. PATH gets its path, the caller's, in
 * any case. -1 (ERR_USAGE): it cannot be opened (errno is ENOENT when there is none), or others can
 * write it or a file in it (state/folder.h). */
int state_place_open(const struct state_options *options, char **path, struct err *err)
	__attribute__((warn_unused_result));
/* Whether both mean the same registry, whose folder has the same path. */
bool state_place_same(const struct state_options *one, const struct state_options *other);

#endif
