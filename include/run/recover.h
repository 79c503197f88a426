/* The verb `recover`: ends what runs left behind that were killed, or could not end what they
 * began. */
#ifndef RUN_RECOVER_H
#define RUN_RECOVER_H

struct config; /* config/config.h */

/* Returns the exit code: 0 only if nothing is left over, and no registry that was stopped by a run
 * is known to be stopped. */
int recover_command(const struct config *config);

#endif
