/* One key of the configuration: what it may hold, and how a JSON value becomes a field. Shared by
 * the files config*.c only. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>

struct config;       /* config.h */
struct config_notes; /* config.h */
struct string_list;  /* config.h */
struct json_object;

#define CONFIG_TYPE_NAME 128

enum config_type {
	CONFIG_STRING,  /* char * */
	CONFIG_NUMBER,  /* long */
	CONFIG_LIST,    /* struct string_list */
	CONFIG_CHOICE,  /* an enum, stored as int: one of CHOICES by its place there */
	CONFIG_BOOLEAN, /* bool */
};

/* What a string, or each string of a list, must look like. */
enum config_rule {
	RULE_ANY,
	RULE_NOT_EMPTY,
	RULE_URL,       /* replaced by its normal form (config_url.h) */
	RULE_USER,      /* may be empty */
	RULE_CONTAINER, /* may be empty */
	RULE_PATH,      /* absolute */
	RULE_PATH_OR_NONE,
	RULE_TAG,
};

struct config_key {
	const char *path; /* "section.name" */
	enum config_type type;
	enum config_rule rule;
	long minimum, maximum;      /* of a number, both allowed */
	const char *const *choices; /* of a choice, NULL-terminated */
	const char *fallback;       /* as JSON; NULL: the key is required */
	bool secret;
	size_t offset; /* of the field in struct config */
	const char *meaning;
};

/* "a string", "a whole number", "\"always\" or \"never\"": what KEY holds, in words; into TEXT,
 * returned. */
const char *config_type_name(const struct config_key *key, char text[CONFIG_TYPE_NAME]);
/* The same for a value that was found. */
const char *config_found_name(struct json_object *value);

/* Puts VALUE into the field of KEY. False: FAULTS got a line, and the field stays as it was. */
bool config_value_set(const struct config_key *key, struct json_object *value,
		      struct config *config, struct config_notes *faults);
/* Releases the field of KEY and zeroes it. */
void config_value_clear(const struct config_key *key, struct config *config);

/* Control characters become '?', so that a note is one line. */
void config_note(struct config_notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
