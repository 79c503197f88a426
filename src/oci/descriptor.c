/* Descriptors: what a manifest says of a blob, or of another manifest. */
#include "oci/descriptor.h"

#include "oci/digest.h"
#include "util/xalloc.h"

#include <string.h>
#include <strings.h>

static const struct json_name NAMES[FIELD_COUNT] = {
	[FIELD_VERSION] = JSON_NAME("schemaVersion"),
	[FIELD_MEDIA_TYPE] = JSON_NAME("mediaType"),
	[FIELD_CONFIG] = JSON_NAME("config"),
	[FIELD_LAYERS] = JSON_NAME("layers"),
	[FIELD_MANIFESTS] = JSON_NAME("manifests"),
	[FIELD_SUBJECT] = JSON_NAME("subject"),
	[FIELD_ANNOTATIONS] = JSON_NAME("annotations"),
	[FIELD_DIGEST] = JSON_NAME("digest"),
	[FIELD_SIZE] = JSON_NAME("size"),
	[FIELD_URLS] = JSON_NAME("urls"),
	[FIELD_BLOBS] = JSON_NAME("blobs"),
	[FIELD_FS_LAYERS] = JSON_NAME("fsLayers"),
	[FIELD_BLOB_SUM] = JSON_NAME("blobSum"),
	[FIELD_HISTORY] = JSON_NAME("history"),
	[FIELD_ARTIFACT_TYPE] = JSON_EXACT_NAME("artifactType"),
};

void descriptor_fields(struct json_scan *scan, struct descriptor_fields *fields)
{
	fields->doubtful = json_scan_members(scan, NAMES, FIELD_COUNT, fields->value);
}

int descriptor_fields_in(struct json_scan *scan, enum json_type type,
			 struct descriptor_fields *fields, struct err *err)
{
	if (type != JSON_OBJECT)
		return err_set(err, ERR_IO, "a descriptor is not an object");
	descriptor_fields(scan, fields);
	return 0;
}

int descriptor_fields_of(const struct json_value *value, struct descriptor_fields *fields,
			 struct err *err)
{
	struct json_scan scan;

	json_scan_inside(&scan, value);
	return descriptor_fields_in(&scan, value->type, fields, err);
}

const char *descriptor_key(enum descriptor_field field)
{
	return NAMES[field].text;
}

int descriptor_keys(const struct descriptor_fields *fields, struct err *err)
{
	if (fields->doubtful)
		return err_set(err, ERR_IO, "a key is written in another case than it should be");
	return 0;
}

void descriptor_text_free(struct descriptor_text *text)
{
	free(text->copy);
}

int descriptor_text(const struct descriptor_fields *fields, enum descriptor_field field,
		    struct descriptor_text *text, struct err *err)
{
	const struct json_value *value = &fields->value[field];

	*text = (struct descriptor_text){ 0 };
	if (!json_given(value))
		return 0;
	text->length = value->length;
	if (value->type == JSON_STRING && value->escaped)
		text->at = text->copy = json_string_copy(value, &text->length);
	else if (value->type == JSON_STRING)
		text->at = value->at;
	if (!text->at || memchr(text->at, '\0', text->length))
		return err_set(err, ERR_IO, "%s is not a plain string", NAMES[field].text);
	return 0;
}

static char *keep_digest(const char *digest, size_t length, char **texts)
{
	char *kept = *texts;

	if (!digest_valid(digest, length))
		return NULL;
	memcpy(kept, digest, length);
	kept[length] = '\0';
	*texts += length + 1;
	return kept;
}

char *descriptor_digest(const struct json_value *value, char **texts)
{
	CLEANUP(free_p) char *copy = NULL;
	size_t length;

	if (value->type != JSON_STRING)
		return NULL;
	if (!value->escaped)
		return keep_digest(value->at, value->length, texts);
	copy = json_string_copy(value, &length);
	return keep_digest(copy, length, texts);
}

/* What does not fit is the largest number. */
static int read_size(const struct json_value *value, uint64_t *size, struct err *err)
{
	int64_t number;

	if (!json_integer(value, &number) || number < 0 || number == INT64_MAX)
		return err_set(err, ERR_IO, "a descriptor has no valid size");
	*size = (uint64_t)number;
	return 0;
}

static bool is_foreign_type(const struct descriptor_text *type)
{
	static const struct {
		const char *text;
		size_t length;
	} prefixes[] = {
#define PREFIX(text) { (text), sizeof(text) - 1 }
		PREFIX("application/vnd.docker.image.rootfs.foreign."),
		PREFIX("application/vnd.oci.image.layer.nondistributable."),
	};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		/* The dot at its end tells most of them apart. */
		if (type->length >= prefixes[i].length && type->at[prefixes[i].length - 1] == '.' &&
		    strncasecmp(type->at, prefixes[i].text, prefixes[i].length) == 0)
			return true;
	}
	return false;
}

static bool has_items(const struct json_value *list)
{
	struct json_value item;
	struct json_scan scan;

	json_scan_inside(&scan, list);
	return json_scan_item(&scan, &item);
}

static int read_foreign(const struct descriptor_fields *fields, bool *foreign, struct err *err)
{
	const struct json_value *urls = &fields->value[FIELD_URLS];
	CLEANUP(descriptor_text_free) struct descriptor_text type = { 0 };

	if (descriptor_text(fields, FIELD_MEDIA_TYPE, &type, err) < 0)
		return -1;
	if (json_given(urls) && urls->type != JSON_LIST)
		return err_set(err, ERR_IO, "urls is not an array");
	*foreign = (json_given(urls) && has_items(urls)) || (type.at && is_foreign_type(&type));
	return 0;
}

int descriptor_read(const struct descriptor_fields *fields, struct oci_descriptor *to, char **texts,
		    struct err *err)
{
	if (descriptor_keys(fields, err) < 0 ||
	    read_size(&fields->value[FIELD_SIZE], &to->size, err) < 0 ||
	    read_foreign(fields, &to->foreign, err) < 0)
		return -1;
	to->digest = descriptor_digest(&fields->value[FIELD_DIGEST], texts);
	if (!to->digest)
		return err_set(err, ERR_IO, "a descriptor has no valid digest");
	return 0;
}
