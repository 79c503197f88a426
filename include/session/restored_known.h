/* What was restored, brought to the inventory: restored tags have the times from before they were
 * deleted, until somebody pushes them (undo/restored.h). */
#ifndef SESSION_RESTORED_KNOWN_H
#define SESSION_RESTORED_KNOWN_H

#include <stdbool.h>

struct session;
struct state;

/* Reads the list of STATE (may be NULL), before the registry is read. A damaged one is a warning:
 * which push times count is not known in this run, and no rule goes by any (S2). */
void restored_known_read(struct session *session, const struct state *state);
/* After the inventory was read, and before anything goes by its push times. OWN: from the
 * registry's own folder. */
void restored_known_apply(struct session *session, bool own);
/* Before pulls are settled: when restored tags were pulled and seen before they were deleted. */
void restored_known_pulls(struct session *session);
/* Writes down what was struck off, as it was pushed since. A list that cannot be written is a
 * warning. STATE has the locks. */
void restored_known_save(const struct session *session, const struct state *state);

#endif
