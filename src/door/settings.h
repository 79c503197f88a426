/* The variables by which a registry process becomes a deletion door. */
#ifndef DOOR_SETTINGS_H
#define DOOR_SETTINGS_H

#include <stddef.h>

/* The variable that tells a door among processes: DOOR_MARK=its mark. */
#define DOOR_MARK "CLEAN_REGISTRY_DOOR"

struct door_settings {
	char **variables; /* NAME=value each, NULL-terminated */
	/* The names, NULL-terminated: those of VARIABLES, then those that must not be set. */
	const char **names;
};

/* For a door on the loopback PORT whose login has REALM and is read from its standard input. Both
 * words are hexadecimal. Pure. */
void door_settings_make(struct door_settings *settings, const char *mark, const char *realm,
			unsigned port);
void door_settings_clear(struct door_settings *settings);
/* The environment of the child that is started: that of this process (`environ`) with these
 * settings, one NULL-terminated block that the caller frees; strings are borrowed. */
char **door_settings_environment(const struct door_settings *settings, char *const *current);

#endif
