/* Which rehearsal proved what (gc.rehearsal_days), in the file `rehearsal` of the registry's state.
 */
#ifndef COMMAND_REHEARSAL_MEMORY_H
#define COMMAND_REHEARSAL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct run; /* command/context.h */

/* Whether a rehearsal of the last gc.rehearsal_days proved that this collector works, and works on
 * this registry: the same address, command, container, image and configuration. What cannot be told
 * of these is another one. AT: when that was, seconds since 1970. */
bool rehearsal_remembered(const struct run *run, int64_t *at);
/* This one did. Nothing is written where gc.rehearsal_days is 0, or in a dry run. */
void rehearsal_remember(const struct run *run);

#endif
