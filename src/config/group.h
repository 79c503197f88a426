/* Lists of objects in the configuration, each with keys of its own. Shared by the files config*.c
 * only. */
#ifndef CONFIG_GROUP_H
#define CONFIG_GROUP_H

#include <stdbool.h>

struct config_key; /* config/value.h */
struct json_object;
struct notes; /* util/notes.h */

/* Reads VALUE, which notes call NAME, into the field of KEY, a group, in BASE: a pointer to items
 * and their number. False: FAULTS got lines, and the field stays as it was. */
bool config_group_set(const struct config_key *key, const char *name, struct json_object *value,
		      void *base, struct notes *faults);
/* Releases the items of the field of KEY, a group, in BASE and zeroes it. */
void config_group_clear(const struct config_key *key, void *base);

#endif
