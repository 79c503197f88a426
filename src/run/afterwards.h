/* What others are told of a run that has ended. A dry run tells nobody (S9). */
#ifndef RUN_AFTERWARDS_H
#define RUN_AFTERWARDS_H

#include <stddef.h>

struct run; /* run/context.h */

/* Writes the files that the configuration names; the exit code in them is that of RUN's report.
 * Returns how many could not be written, each an error that is logged here. */
size_t afterwards_write(struct run *run);
/* Tells whoever waits for RUN that it has begun, and sees that no other one is at work. */
void afterwards_begun(const struct run *run);
/* What comes after that, when the exit code is final; a failure here is a warning. WHY it ended
 * before its state was opened, or NULL. */
void afterwards_tell(struct run *run, const char *why);

#endif
