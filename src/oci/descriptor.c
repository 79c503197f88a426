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

int descriptor_fields_of(const struct json_value *value, struct descriptor_fields *fields,
			 struct err *err)
{
	struct json_scan scan;

	if (value->type != JSON_OBJECT)
		return err_set(err, ERR_IO, "a descriptor is not an object");
	json_scan_inside(&scan, value);
	descriptor_fields(&scan, fields);
	return 0;
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

int descriptor_string(const struct descriptor_fields *fields, enum descriptor_field field,
		      char **text, struct err *err)
{
	const struct json_value *value = &fields->value[field];
	CLEANUP(free_p) char *copy = NULL;
	size_t length = 0;

	*text = NULL;
	if (!json_given(value))
		return 0;
	if (value->type == JSON_STRING)
		copy = json_string_copy(value, &length);
	if (!copy || strlen(copy) != length)
		return err_set(err, ERR_IO, "%s is not a plain string", NAMES[field].text);
	*text = steal(&copy);
	return 0;
}

char *descriptor_digest(const struct json_value *value)
{
	CLEANUP(free_p) char *copy = NULL;
	size_t length;

	if (value->type != JSON_STRING)
		return NULL;
	copy = json_string_copy(value, &length);
	return digest_valid(copy, length) ? steal(&copy) : NULL;
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

static bool is_foreign_type(const char *type)
{
	static const char *const prefixes[] = {
		"application/vnd.docker.image.rootfs.foreign.",
		"application/vnd.oci.image.layer.nondistributable.",
	};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		if (strncasecmp(type, prefixes[i], strlen(prefixes[i])) == 0)
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
	CLEANUP(free_p) char *type = NULL;

	if (descriptor_string(fields, FIELD_MEDIA_TYPE, &type, err) < 0)
		return -1;
	if (json_given(urls) && urls->type != JSON_LIST)
		return err_set(err, ERR_IO, "urls is not an array");
	*foreign = has_items(urls) || (type && is_foreign_type(type));
	return 0;
}

int descriptor_read(const struct descriptor_fields *fields, struct oci_descriptor *to,
		    struct err *err)
{
	if (descriptor_keys(fields, err) < 0 ||
	    read_size(&fields->value[FIELD_SIZE], &to->size, err) < 0 ||
	    read_foreign(fields, &to->foreign, err) < 0)
		return -1;
	/* Set last: a failure leaves nothing to release. */
	to->digest = descriptor_digest(&fields->value[FIELD_DIGEST]);
	if (!to->digest)
		return err_set(err, ERR_IO, "a descriptor has no valid digest");
	return 0;
}
