/* The configuration from the environment: a variable for each key, and strings "__ENV: NAME".
 * Shared by the files config*.c only. */
#ifndef CONFIG_ENVIRONMENT_H
#define CONFIG_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

struct config_key; /* config/value.h */
struct notes;      /* util/notes.h */
struct json_object;
struct string_list; /* util/string_list.h */

/* "CLEAN_REGISTRY_SECTION_KEY"; the caller's. */
char *config_environment_name(const struct config_key *key);

/* A line in FAULTS for every variable CLEAN_REGISTRY_* that belongs to none of KEYS. */
void config_environment_check(const struct config_key *keys, size_t count, struct notes *faults);

/* True when VALUE is a string that names a variable. */
bool config_environment_is_reference(struct json_object *value);
/* Puts what the variables hold in the place of every string in VALUE that names one; VALUE is
 * called NAME in notes. The names of the variables are added to USED (may be NULL). False: FAULTS
 * got a line for each that cannot be taken. */
bool config_environment_replace(struct json_object *value, const char *name,
				struct string_list *used, struct notes *faults);

/* TEXT, which VARIABLE holds, as a value for KEY: strings as they are; all else is JSON, in which
 * strings may name variables. USED as above, with VARIABLE itself. VALUE is the caller's to put.
 * False: FAULTS got a line. */
bool config_environment_read(const struct config_key *key, const char *variable, const char *text,
			     struct json_object **value, struct string_list *used,
			     struct notes *faults);

/* Adds the variable that VALUE, which is not used, would be taken from to USED. */
void config_environment_note(struct json_object *value, struct string_list *used);

#endif
