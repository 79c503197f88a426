/* The command that starts the door. */
#ifndef DOOR_WORDS_H
#define DOOR_WORDS_H

struct config;        /* config/config.h */
struct engine_target; /* engine/engine.h */

/* `registry serve CONFIG` by CONFIG's registry.exec, which TARGET was read from: an engine is
 * handed the variables NAMES (NULL-terminated) by their names alone, so that no value is seen in a
 * command line. One NULL-terminated block that the caller frees; strings are borrowed. Pure. */
const char **door_serve_words(const struct config *config, const struct engine_target *target,
			      const char *const *names);

#endif
