/* From JSON to objects. What would have to be guessed is a fault; a date, a digest or a status that
 * cannot be read is one that is not known. */
#include "scaleway/object_read.h"

#include "oci/digest.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/printable.h"
#include "util/uuid.h"
#include "util/xalloc.h"
#include "json/scan.h"

#include <string.h>

#define LONGEST_NAME 255
#define LONGEST_DATE 64

enum member {
	MEMBER_ID,
	MEMBER_NAME,
	MEMBER_STATUS,
	MEMBER_CREATED,
	MEMBER_UPDATED,
	MEMBER_NAMESPACE,
	MEMBER_IMAGE,
	MEMBER_DIGEST,
	MEMBER_IMAGES,
	MEMBERS
};

static const struct json_name NAMES[MEMBERS] = {
	[MEMBER_ID] = JSON_EXACT_NAME("id"),
	[MEMBER_NAME] = JSON_EXACT_NAME("name"),
	[MEMBER_STATUS] = JSON_EXACT_NAME("status"),
	[MEMBER_CREATED] = JSON_EXACT_NAME("created_at"),
	[MEMBER_UPDATED] = JSON_EXACT_NAME("updated_at"),
	[MEMBER_NAMESPACE] = JSON_EXACT_NAME("namespace_id"),
	[MEMBER_IMAGE] = JSON_EXACT_NAME("image_id"),
	[MEMBER_DIGEST] = JSON_EXACT_NAME("digest"),
	[MEMBER_IMAGES] = JSON_EXACT_NAME("image_count"),
};

/* NULL for what is no UUID. The caller's, in lower case. */
static char *id_of(const struct json_value *value)
{
	char *id = json_text_copy(value);

	if (!id || !uuid_valid(id)) {
		free(id);
		return NULL;
	}
	uuid_lower(id);
	return id;
}

static char *printable_of(const char *text)
{
	struct buf out = { 0 };

	printable_add(&out, text);
	return out.data ? out.data : xstrdup("");
}

/* NULL for what is no name of a KIND. The caller's. */
static char *name_of(const struct json_value *value, enum scaleway_kind kind)
{
	CLEANUP(free_p) char *name = json_text_copy(value);
	CLEANUP(free_p) char *printable = name ? printable_of(name) : NULL;

	if (!name || !*name || strlen(name) > LONGEST_NAME || strcmp(name, printable) != 0 ||
	    (kind == SCALEWAY_NAMESPACE && strchr(name, '/')))
		return NULL;
	return steal(&name);
}

static enum scaleway_status status_of(const struct json_value *value)
{
	for (enum scaleway_status status = SCALEWAY_READY; status <= SCALEWAY_LOCKED; status++)
		if (json_string_is(value, scaleway_status_name(status)))
			return status;
	return SCALEWAY_UNKNOWN;
}

static int64_t date_of(const struct json_value *value)
{
	int64_t date = json_date(value);

	return date_known(date) ? date : DATE_ABSENT;
}

static char *date_text(const struct json_value *value)
{
	CLEANUP(free_p) char *text = json_text_copy(value);

	if (!text)
		return NULL;
	if (strlen(text) > LONGEST_DATE)
		text[LONGEST_DATE] = '\0';
	return printable_of(text);
}

static char *digest_text(const struct json_value *value)
{
	CLEANUP(free_p) char *text = json_text_copy(value);

	return text && digest_valid(text, strlen(text)) ? steal(&text) : NULL;
}

static uint64_t count_of(const struct json_value *value)
{
	int64_t count;

	return json_integer(value, &count) && count >= 0 ? (uint64_t)count : UINT64_MAX;
}

/* What is missing without which it is no object of its kind, or NULL. */
static const char *fault_of(const struct scaleway_object *object)
{
	if (!object->id)
		return "its id is no UUID";
	if (!object->name)
		return "it has no name that can be one";
	if (object->kind == SCALEWAY_IMAGE && !object->parent)
		return "its namespace_id is no UUID";
	if (object->kind == SCALEWAY_TAG && !object->parent)
		return "its image_id is no UUID";
	return NULL;
}

static int take(const struct json_value *values, enum scaleway_kind kind,
		struct scaleway_object *out, struct err *err)
{
	const char *fault;

	*out = (struct scaleway_object){
		.kind = kind,
		.status = status_of(&values[MEMBER_STATUS]),
		.id = id_of(&values[MEMBER_ID]),
		.name = name_of(&values[MEMBER_NAME], kind),
		.created = date_of(&values[MEMBER_CREATED]),
		.updated = date_of(&values[MEMBER_UPDATED]),
		.created_text = date_text(&values[MEMBER_CREATED]),
		.updated_text = date_text(&values[MEMBER_UPDATED]),
		.image_count =
			kind == SCALEWAY_NAMESPACE ? count_of(&values[MEMBER_IMAGES]) : UINT64_MAX,
	};
	if (kind != SCALEWAY_NAMESPACE)
		out->parent =
			id_of(&values[kind == SCALEWAY_IMAGE ? MEMBER_NAMESPACE : MEMBER_IMAGE]);
	if (kind == SCALEWAY_TAG)
		out->digest = digest_text(&values[MEMBER_DIGEST]);
	fault = fault_of(out);
	if (!fault)
		return 0;
	scaleway_object_clear(out);
	return err_set(err, ERR_IO, "not a usable %s: %s", scaleway_kind_name(kind), fault);
}

int scaleway_object_read(const struct json_value *value, enum scaleway_kind kind,
			 struct scaleway_object *out, struct err *err)
{
	struct json_value values[MEMBERS];
	struct json_scan scan;

	*out = (struct scaleway_object){ 0 };
	if (value->type != JSON_OBJECT)
		return err_set(err, ERR_IO, "not a %s", scaleway_kind_name(kind));
	json_scan_inside(&scan, value);
	(void)json_scan_members(&scan, NAMES, MEMBERS, values);
	return take(values, kind, out, err);
}

int scaleway_object_parse(const char *body, size_t length, enum scaleway_kind kind,
			  struct scaleway_object *out, struct err *err)
{
	struct json_value values[MEMBERS];
	struct json_scan scan;

	*out = (struct scaleway_object){ 0 };
	json_scan_open(&scan, body, length);
	(void)json_scan_members(&scan, NAMES, MEMBERS, values);
	if (json_scan_close(&scan, err) < 0)
		return -1;
	return take(values, kind, out, err);
}
