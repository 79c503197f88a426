/* Values that are one or some of a few words. Shared by the files config*.c only. */
#ifndef CONFIG_CHOICE_H
#define CONFIG_CHOICE_H

#include "config/value.h"

#include <stdbool.h>

struct json_object;
struct notes; /* util/notes.h */

/* Adds "a", "b" or "c", the choices of KEY, to what stands in TEXT. */
void config_choice_list(const struct config_key *key, char text[CONFIG_TYPE_NAME]);
/* As config_value_set, of a string, */
bool config_choice_set(const struct config_key *key, const char *name, struct json_object *value,
		       int *field, struct notes *faults);
/* and of a string or a list. */
bool config_choices_set(const struct config_key *key, const char *name, struct json_object *value,
			unsigned *field, struct notes *faults);

#endif
