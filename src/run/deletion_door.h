/* registry.delete_door in a run: when the deletion door is opened, what goes through it, and what
 * follows. */
#ifndef RUN_DELETION_DOOR_H
#define RUN_DELETION_DOOR_H

#include "util/err.h"

struct run; /* run/context.h */

/* In a dry run: what run_door_open would stop at, without starting anything. -1 (ERR_UNREACHABLE).
 */
int run_door_foresee(const struct run *run, struct err *err) __attribute__((warn_unused_result));

/* Opens it where it is wanted. From then on RUN's deletes, and the looks before and after them, go
 * through it. It must show what the public registry shows of what is to go: what is compared is a
 * sample of tags. -1: ERR_UNREACHABLE, ERR_IO, ERR_STOPPED; it is closed again. */
int run_door_open(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* After the deletes: makes sure that the public registry shows what the door shows of a sample of
 * the tags that went, and closes it. Does nothing where none is open. -1: ERR_UNREACHABLE, the door
 * deleted from another storage; ERR_BUSY, it may still run; ERR_IO, ERR_STOPPED. */
int run_door_close(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* In the end of a run, whatever ended it: closes it if it is still open, and restarts the registry
 * (gc.restart) where that was not done since and it may answer for what went from its cache; after
 * a stop signal the next run does so. What fails is an error of RUN. */
void run_door_settle(struct run *run);

#endif
