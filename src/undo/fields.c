/* Values of the right kind, or none: what is damaged is never guessed. */
#include "undo/fields.h"

#include "oci/digest.h"
#include "registry/api.h"
#include "undo/journal.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <string.h>

bool fields_take_text(const struct json_value *value, char **out)
{
	*out = json_text_copy(value);
	return *out != NULL;
}

bool fields_take_digest(const struct json_value *value, char **out)
{
	return fields_take_text(value, out) && digest_valid(*out, strlen(*out));
}

bool fields_take_repository(const struct json_value *value, char **out)
{
	return fields_take_text(value, out) && api_repository_valid(*out);
}

/* null says that it is not known. */
bool fields_take_time(const struct json_value *value, int64_t *out)
{
	*out = json_date(value);
	return value->type != JSON_ABSENT && *out != DATE_INVALID;
}

bool fields_take_known_time(const struct json_value *value, int64_t *out)
{
	*out = json_date(value);
	return value->type == JSON_ABSENT || date_known(*out);
}

bool fields_take_number(const struct json_value *value, uint64_t *out)
{
	int64_t number = 0;

	*out = UNDO_UNKNOWN;
	if (value->type == JSON_NULL)
		return true;
	if (!json_integer(value, &number) || number < 0)
		return false;
	*out = (uint64_t)number;
	return true;
}

/* IS_GOOD: of each; NULL: any is. */
bool fields_take_list(const struct json_value *value, bool (*is_good)(const char *text),
		      struct string_list *out)
{
	struct json_scan scan;
	struct json_value item;

	if (value->type != JSON_LIST)
		return false;
	json_scan_inside(&scan, value);
	while (json_scan_item(&scan, &item)) {
		char *text = json_text_copy(&item);

		if (!text)
			return false;
		string_list_add(out, text);
		if (is_good && !is_good(text))
			return false;
	}
	return true;
}

bool fields_is_digest(const char *text)
{
	return digest_valid(text, strlen(text));
}

/* It becomes a header of a request. */
bool fields_is_media_type(const char *text)
{
	for (const char *at = text; *at; at++) {
		if (*at < ' ' || *at > '~')
			return false;
	}
	return *text != '\0';
}

static const struct json_name NAMES[FIELDS] = {
	[FIELD_REPOSITORY] = JSON_EXACT_NAME("repository"),
	[FIELD_DIGEST] = JSON_EXACT_NAME("digest"),
	[FIELD_MEDIA_TYPE] = JSON_EXACT_NAME("media_type"),
	[FIELD_BODY] = JSON_EXACT_NAME("body"),
	[FIELD_TAGS] = JSON_EXACT_NAME("tags"),
	[FIELD_REASONS] = JSON_EXACT_NAME("reasons"),
	[FIELD_CHILDREN] = JSON_EXACT_NAME("children"),
	[FIELD_SUBJECT] = JSON_EXACT_NAME("subject"),
	[FIELD_NAME] = JSON_EXACT_NAME("name"),
	[FIELD_CREATED_AT] = JSON_EXACT_NAME("created_at"),
	[FIELD_PUSHED_AT] = JSON_EXACT_NAME("pushed_at"),
	[FIELD_SEEN_AT] = JSON_EXACT_NAME("seen_at"),
	[FIELD_PULLED_AT] = JSON_EXACT_NAME("pulled_at"),
	[FIELD_TAG] = JSON_EXACT_NAME("tag"),
	[FIELD_AT] = JSON_EXACT_NAME("at"),
	[FIELD_METHOD] = JSON_EXACT_NAME("method"),
	[FIELD_BLOBS_DELETED] = JSON_EXACT_NAME("blobs_deleted"),
	[FIELD_FREED_BYTES] = JSON_EXACT_NAME("freed_bytes"),
	[FIELD_UNTIL] = JSON_EXACT_NAME("until"),
	[FIELD_EXIT_CODE] = JSON_EXACT_NAME("exit_code"),
	[FIELD_TAGS_DELETED] = JSON_EXACT_NAME("tags_deleted"),
	[FIELD_IMAGE_ID] = JSON_EXACT_NAME("image_id"),
	[FIELD_TAG_ID] = JSON_EXACT_NAME("tag_id"),
};

bool fields_of(const struct json_value *object, struct json_value values[FIELDS])
{
	struct json_scan scan;

	memset(values, 0, FIELDS * sizeof *values);
	if (object->type != JSON_OBJECT)
		return false;
	json_scan_inside(&scan, object);
	(void)json_scan_members(&scan, NAMES, FIELDS, values);
	return true;
}
