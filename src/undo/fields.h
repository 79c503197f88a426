/* What the lines of a journal hold, for src/undo/parse.c. */
#ifndef UNDO_FIELDS_H
#define UNDO_FIELDS_H

#include "util/string_list.h"
#include "json/scan.h"

#include <stdbool.h>
#include <stdint.h>

enum field {
	FIELD_REPOSITORY,
	FIELD_DIGEST,
	FIELD_MEDIA_TYPE,
	FIELD_BODY,
	FIELD_TAGS,
	FIELD_REASONS,
	FIELD_CHILDREN,
	FIELD_SUBJECT,
	FIELD_NAME,
	FIELD_CREATED_AT,
	FIELD_PUSHED_AT,
	FIELD_SEEN_AT,
	FIELD_PULLED_AT,
	FIELD_TAG,
	FIELD_AT,
	FIELD_METHOD,
	FIELD_BLOBS_DELETED,
	FIELD_FREED_BYTES,
	FIELD_UNTIL,
	FIELD_EXIT_CODE,
	FIELD_TAGS_DELETED,
	FIELD_IMAGE_ID,
	FIELD_TAG_ID,
	FIELDS
};

/* Pulls the members of OBJECT. False: it is no object. */
bool fields_of(const struct json_value *object, struct json_value values[FIELDS]);

/* Each takes VALUE to OUT, which is the caller's to release also where it is false: VALUE is not of
 * that kind. A string without NULs; */
bool fields_take_text(const struct json_value *value, char **out);
bool fields_take_digest(const struct json_value *value, char **out);
bool fields_take_repository(const struct json_value *value, char **out);
/* a time, null is DATE_ABSENT; */
bool fields_take_time(const struct json_value *value, int64_t *out);
/* a time that is there only where it is known; */
bool fields_take_known_time(const struct json_value *value, int64_t *out);
/* a number, null is UNDO_UNKNOWN; */
bool fields_take_number(const struct json_value *value, uint64_t *out);
/* a list of strings, IS_GOOD tells of each (NULL: any is). */
bool fields_take_list(const struct json_value *value, bool (*is_good)(const char *text),
		      struct string_list *out);
bool fields_is_digest(const char *text);
/* It becomes a header of a request. */
bool fields_is_media_type(const char *text);

#endif
