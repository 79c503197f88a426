/* Descriptors: what a manifest says of a blob, or of another manifest. */
#include "oci/descriptor.h"

#include "oci/digest.h"
#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

/* The keys that manifests and descriptors are read by. */
static const char *const NAMES[] = { "schemaVersion", "mediaType", "config",      "layers",
				     "manifests",     "subject",   "annotations", "digest",
				     "size",          "urls",      "blobs",       "fsLayers",
				     "blobSum",       "history",   NULL };

char *descriptor_digest(struct json_object *value)
{
	const char *text;
	size_t length;

	if (!document_text(value, &text, &length) || !digest_valid(text, length))
		return NULL;
	return xstrndup(text, length);
}

/* json-c saturates what does not fit. */
static int read_size(const struct json_object *object, uint64_t *size, struct err *err)
{
	struct json_object *value = document_get(object, "size");
	int64_t number = json_object_get_int64(value);

	if (!json_object_is_type(value, json_type_int) || number < 0 || number == INT64_MAX)
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

static int read_foreign(const struct json_object *object, bool *foreign, struct err *err)
{
	struct json_object *urls = document_get(object, "urls");
	const char *type;

	if (document_string(object, "mediaType", &type, err) < 0)
		return -1;
	if (urls && !json_object_is_type(urls, json_type_array))
		return err_set(err, ERR_IO, "urls is not an array");
	*foreign = (urls && json_object_array_length(urls) > 0) || (type && is_foreign_type(type));
	return 0;
}

int descriptor_keys(const struct json_object *object, struct err *err)
{
	if (document_ambiguous(object, NAMES))
		return err_set(err, ERR_IO, "a key is written in another case than it should be");
	return 0;
}

int descriptor_read(struct json_object *from, struct oci_descriptor *to, struct err *err)
{
	if (!json_object_is_type(from, json_type_object))
		return err_set(err, ERR_IO, "a descriptor is not an object");
	if (descriptor_keys(from, err) < 0 || read_size(from, &to->size, err) < 0 ||
	    read_foreign(from, &to->foreign, err) < 0)
		return -1;
	/* Set last: a failure leaves nothing to release. */
	to->digest = descriptor_digest(document_get(from, "digest"));
	if (!to->digest)
		return err_set(err, ERR_IO, "a descriptor has no valid digest");
	return 0;
}
