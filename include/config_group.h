/* Lists of objects in the configuration, each with keys of its own. Shared by the files config*.c
 * only. */
#ifndef CONFIG_GROUP_H
#define CONFIG_GROUP_H

#include <stdbool.h>

struct config_group; /* config_value.h */
struct config_notes; /* config.h */
struct json_object;

/* Reads the list VALUE, which notes call NAME, into FIELD: a pointer to items and their number.
 * False: FAULTS got lines, and the field stays as it was. */
bool config_group_set(const struct config_group *group, const char *name, struct json_object *value,
		      void *field, struct config_notes *faults);
/* Releases the items of FIELD and zeroes it. */
void config_group_clear(const struct config_group *group, void *field);

#endif
