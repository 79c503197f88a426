/* Whether the names in a configuration are known. */
#ifndef CONFIG_NAMES_H
#define CONFIG_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct config_group; /* config/value.h */
struct config_key;   /* config/value.h */
struct notes;        /* util/notes.h */
struct json_object;
struct json_repeats; /* json/strict.h */

/* A line in FAULTS for every section and key of ROOT that KEYS does not have, and for every section
 * that is no object. */
void config_names_check(struct json_object *root, const struct config_key *keys, size_t count,
			struct notes *faults);
/* The same for one ITEM of a group, which is an object and called NAME. False: FAULTS got a line.
 */
bool config_names_check_item(struct json_object *item, const char *name,
			     const struct config_group *group, struct notes *faults);
/* A line in FAULTS for every key given twice. */
void config_names_repeats(const struct json_repeats *repeats, const struct config_key *keys,
			  size_t count, struct notes *faults);

#endif
