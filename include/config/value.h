/* One key of the configuration: what it may hold, and how a JSON value becomes a field. Shared by
 * the files config*.c. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/format.h"

#include <stdbool.h>
#include <stddef.h>

struct notes; /* util/notes.h */
struct json_object;

#define CONFIG_TYPE_NAME 128

enum config_type {
	CONFIG_STRING,   /* char * */
	CONFIG_NUMBER,   /* long */
	CONFIG_DECIMAL,  /* double */
	CONFIG_DATE,     /* int64_t, seconds since 1970; a string in the text */
	CONFIG_LIST,     /* struct string_list */
	CONFIG_COMMANDS, /* struct command_list */
	CONFIG_CHOICE,   /* an enum, stored as int: one of CHOICES by its place there */
	CONFIG_CHOICES,  /* unsigned: a bit for each of CHOICES that is in a list of them, or given
			  * alone */
	CONFIG_BOOLEAN,  /* bool */
	CONFIG_GROUP,    /* a pointer to items and a size_t, as in struct config_jobs */
};

struct config_group;

struct config_key {
	const char *path; /* "section.name"; "name" of a group; "group[].name" inside a group */
	enum config_type type;
	enum config_rule rule;      /* of a string, or each string of a list */
	long minimum, maximum;      /* of a number, both allowed */
	const char *const *choices; /* of a choice, or choices, NULL-terminated */
	const char *refusal;        /* why a boolean must not be true; NULL: it may */
	const char *fallback;       /* as JSON; NULL: the key is required, unless OPTIONAL */
	bool optional;              /* the field stays zero when it is not given */
	bool filled;                /* a list must not be empty */
	bool secret;                /* no note tells the value; a group: it has such keys */
	bool selects;               /* it says which images are to be deleted */
	/* In a group whose first key is a choice: a bit for each of its values that go with this
	 * key; 0: all do. */
	unsigned kinds;
	/* With registry.kind "scaleway" (config/kind.h): why it must not be given, NULL: it may;
	 * its default instead of FALLBACK, and its MAXIMUM, NULL and 0: the same. Not in groups. */
	const char *not_scaleway;
	const char *scaleway_fallback;
	long scaleway_maximum;
	bool only_scaleway; /* with "v2" it must not be given */
	size_t offset;      /* of the field in struct config, or in the group's item */
	const struct config_group *group;
	const char *meaning;
};

/* A list of objects, each with the same keys. */
struct config_group {
	const struct config_key *keys;
	size_t key_count;
	size_t item_size;
	size_t maximum; /* of items */
	/* Rules between the keys of one item, none of which was at fault; NULL: none. False: FAULTS
	 * got a line, which begins with NAME, the item's. */
	bool (*check_item)(const void *item, const char *name, struct notes *faults);
	/* Rules between the items, which may lack fields that were at fault; NULL: none. False:
	 * FAULTS got a line. */
	bool (*check)(const void *items, size_t count, const char *name, struct notes *faults);
};

/* "a string", "a whole number", "\"always\" or \"never\"": what KEY holds, in words; into TEXT,
 * returned. */
const char *config_type_name(const struct config_key *key, char text[CONFIG_TYPE_NAME]);
/* The same for a value that was found. */
const char *config_found_name(struct json_object *value);
/* What KEY is called inside its section or group. */
const char *config_key_name(const struct config_key *key);

/* Puts VALUE into the field of KEY, which is no group (config/group.h), in BASE, a struct config or
 * an item of a group. NAME is what notes call it: its path with indices, or a variable. False:
 * FAULTS got a line, and the field stays as it was. */
bool config_value_set(const struct config_key *key, const char *name, struct json_object *value,
		      void *base, struct notes *faults);
/* Releases the field of KEY, which is no group, in BASE and zeroes it. */
void config_value_clear(const struct config_key *key, void *base);

#endif
