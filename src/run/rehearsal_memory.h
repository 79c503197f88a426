/* Which rehearsal proved what (gc.rehearsal_days), in the file `rehearsal` of the registry's state.
 */
#ifndef RUN_REHEARSAL_MEMORY_H
#define RUN_REHEARSAL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct run; /* run/context.h */

/* Whether a rehearsal of the last gc.rehearsal_days proved that this collector works, and works on
 * this registry: the same address, command, container, image and configuration. What cannot be told
 * of these is another one. AT: when that was, seconds since 1970. */
bool rehearsal_memory_read(const struct run *run, int64_t *at);
/* This one did. Nothing is written where gc.rehearsal_days is 0, or in a dry run. */
void rehearsal_memory_write(const struct run *run);

#endif
