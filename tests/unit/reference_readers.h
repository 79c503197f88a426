/* How manifests and image configs were read before there was json/scan.h: from the tree that json-c
 * builds. The readers of today must say the same of every text (reference_compare.h). */
#ifndef REFERENCE_READERS_H
#define REFERENCE_READERS_H

#include "oci/digest.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/mediatype.h"
#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

static bool is_ascii(const char *text)
{
	while (*text && (unsigned char)*text < 0x80)
		text++;
	return !*text;
}

static bool document_ambiguous(const struct json_object *object, const char *const *names)
{
	const struct lh_table *table = json_object_get_object(object);

	for (const struct lh_entry *entry = table->head; entry; entry = entry->next) {
		const char *key = lh_entry_k(entry);

		if (!is_ascii(key))
			return true;
		for (size_t i = 0; names[i]; i++) {
			if (strcasecmp(key, names[i]) == 0 && strcmp(key, names[i]) != 0)
				return true;
		}
	}
	return false;
}

/* The keys that manifests and descriptors are read by. */
static const char *const DESCRIPTOR_KEYS[] = { "schemaVersion", "mediaType", "config",
					       "layers",        "manifests", "subject",
					       "annotations",   "digest",    "size",
					       "urls",          "blobs",     "fsLayers",
					       "blobSum",       "history",   NULL };

static char *descriptor_digest(struct json_object *value)
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

static int descriptor_keys(const struct json_object *object, struct err *err)
{
	if (document_ambiguous(object, DESCRIPTOR_KEYS))
		return err_set(err, ERR_IO, "a key is written in another case than it should be");
	return 0;
}

static int descriptor_read(struct json_object *from, struct oci_descriptor *to, struct err *err)
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

/* The fields that decide how a body is read. */
struct head {
	enum mediatype type; /* its own mediaType's, else its Content-Type's */
	bool strange;        /* it has a mediaType that we do not know */
	int version;         /* schemaVersion: 1, 2, or 0 when absent */
};

static bool is_reference_text(struct json_object *value, const char *wanted)
{
	const char *text;
	size_t length;

	return document_text(value, &text, &length) && length == strlen(wanted) &&
	       memcmp(text, wanted, length) == 0;
}

/* OUT gets the annotations, NULL when there are none. */
static int read_annotations(const struct json_object *object, struct json_object **out,
			    struct err *err)
{
	*out = document_get(object, "annotations");
	if (*out && !json_object_is_type(*out, json_type_object))
		return err_set(err, ERR_IO, "annotations is not an object");
	return 0;
}

/* Some clients give an image's descriptor the type of its config. */
static bool is_artifact(const struct json_object *descriptor)
{
	const char *type;
	size_t length;

	return document_text(document_get(descriptor, "artifactType"), &type, &length) &&
	       length > 0 && !mediatype_is_dated_config(mediatype_parse(type));
}

static int read_child(struct json_object *from, struct oci_descriptor *to, struct err *err)
{
	struct json_object *annotations;
	const char *type;

	if (!json_object_is_type(from, json_type_object))
		return err_set(err, ERR_IO, "a descriptor is not an object");
	if (read_annotations(from, &annotations, err) < 0)
		return -1;
	if (document_string(from, "mediaType", &type, err) < 0)
		return -1;
	to->blob = type && mediatype_parse(type) == MEDIATYPE_OTHER;
	to->artifact = is_artifact(from);
	to->attestation = annotations &&
			  is_reference_text(document_get(annotations, "vnd.docker.reference.type"),
					    "attestation-manifest");
	return descriptor_read(from, to, err);
}

/* Schema1 does not tell its layers' sizes. */
static int read_fs_layer(struct json_object *from, struct oci_descriptor *to, struct err *err)
{
	if (!json_object_is_type(from, json_type_object))
		return err_set(err, ERR_IO, "an entry of fsLayers is not an object");
	to->digest = descriptor_digest(document_get(from, "blobSum"));
	if (!to->digest)
		return err_set(err, ERR_IO, "an entry of fsLayers has no valid blobSum");
	return 0;
}

/* The array under KEY, which must be there; null is read as an empty array: Go writes it so. */
static int read_list(const struct json_object *root, const char *key,
		     int (*read)(struct json_object *, struct oci_descriptor *, struct err *),
		     struct oci_descriptor **list, size_t *count, struct err *err)
{
	struct json_object *array = NULL;
	size_t length;

	if (!json_object_object_get_ex(root, key, &array))
		return err_set(err, ERR_IO, "not a manifest: %s is missing", key);
	if (!array)
		return 0;
	if (!json_object_is_type(array, json_type_array))
		return err_set(err, ERR_IO, "%s is not an array", key);
	length = json_object_array_length(array);
	if (length == 0)
		return 0;
	*list = xcalloc(length, sizeof **list);
	for (; *count < length; ++*count) {
		if (read(json_object_array_get_idx(array, *count), &(*list)[*count], err) < 0)
			return err_wrap(err, "%s[%zu]", key, *count);
	}
	return 0;
}

/* The members that a manifest of any kind but schema1 may have. */
static int read_common(const struct json_object *root, struct oci_manifest *out, struct err *err)
{
	struct json_object *subject = document_get(root, "subject");
	struct oci_descriptor descriptor = { 0 };
	struct json_object *annotations;

	if (read_annotations(root, &annotations, err) < 0)
		return -1;
	if (annotations)
		out->created = document_date(annotations, OCI_ANNOTATION_CREATED);
	if (!subject)
		return 0;
	if (descriptor_read(subject, &descriptor, err) < 0)
		return err_wrap(err, "subject");
	out->subject = descriptor.digest;
	return 0;
}

/* Says which of KEYS, NULL at the end, a body has although its kind cannot. */
static int refuse(const struct json_object *root, const char *const *keys, struct err *err)
{
	for (; *keys; keys++) {
		if (document_get(root, *keys))
			return err_set(err, ERR_IO, "not one kind of manifest: it also has %s",
				       *keys);
	}
	return 0;
}

static int wrong_type(struct err *err)
{
	return err_set(err, ERR_IO, "the media type contradicts the manifest's body");
}

/* What an index lists that says to be no manifest (a build cache lists layers) is not a child but a
 * blob; and nothing says how old such an index is. */
static void set_blobs_aside(struct oci_manifest *out)
{
	size_t kept = 0;

	out->layers = xcalloc(out->child_count + 1, sizeof *out->layers);
	for (size_t i = 0; i < out->child_count; i++) {
		if (out->children[i].blob)
			out->layers[out->layer_count++] = out->children[i];
		else
			out->children[kept++] = out->children[i];
	}
	out->child_count = kept;
	if (out->layer_count > 0)
		out->created = DATE_INVALID;
}

static int read_index(const struct json_object *root, const struct head *head,
		      struct oci_manifest *out, struct err *err)
{
	static const char *const others[] = { "config", "layers", "fsLayers", "blobs", NULL };

	if (head->type != MEDIATYPE_OTHER && head->type != MEDIATYPE_OCI_INDEX &&
	    head->type != MEDIATYPE_DOCKER_LIST)
		return wrong_type(err);
	if (head->version != 2)
		return err_set(err, ERR_IO, "an index whose schemaVersion is not 2");
	out->kind = OCI_INDEX;
	if (refuse(root, others, err) < 0 || read_common(root, out, err) < 0)
		return -1;
	if (read_list(root, "manifests", read_child, &out->children, &out->child_count, err) < 0)
		return -1;
	set_blobs_aside(out);
	return 0;
}

/* The date in the newest entry's v1Compatibility, which is JSON inside a string. */
static int read_schema1_date(const struct json_object *root, int64_t *created, struct err *err)
{
	CLEANUP(document_put) struct json_object *compatibility = NULL;
	struct json_object *history = document_get(root, "history");
	struct json_object *newest;
	struct err ignored = { 0 };
	const char *text;
	size_t length;

	if (!history)
		return 0;
	if (!json_object_is_type(history, json_type_array))
		return err_set(err, ERR_IO, "history is not an array");
	if (json_object_array_length(history) == 0)
		return 0;
	newest = json_object_array_get_idx(history, 0);
	if (!json_object_is_type(newest, json_type_object) ||
	    !document_text(document_get(newest, "v1Compatibility"), &text, &length))
		return err_set(err, ERR_IO, "history[0] has no v1Compatibility");
	*created = DATE_INVALID;
	if (document_parse(text, length, &compatibility, &ignored) == 0)
		*created = document_date(compatibility, "created");
	return 0;
}

static int read_schema1(const struct json_object *root, const struct head *head,
			struct oci_manifest *out, struct err *err)
{
	static const char *const others[] = { "config", "layers", "blobs", NULL };

	if ((head->type != MEDIATYPE_OTHER && head->type != MEDIATYPE_DOCKER_SCHEMA1) ||
	    head->version != 1)
		return wrong_type(err);
	out->kind = OCI_SCHEMA1;
	if (refuse(root, others, err) < 0 || read_schema1_date(root, &out->created, err) < 0)
		return -1;
	return read_list(root, "fsLayers", read_fs_layer, &out->layers, &out->layer_count, err);
}

/* The OCI artifact manifest, which was withdrawn: blobs, no config, no schemaVersion. */
static int read_artifact(const struct json_object *root, struct oci_manifest *out, struct err *err)
{
	static const char *const others[] = { "config", "layers", "fsLayers", NULL };

	out->kind = OCI_ARTIFACT;
	if (refuse(root, others, err) < 0 || read_common(root, out, err) < 0)
		return -1;
	if (!document_get(root, "blobs"))
		return 0;
	return read_list(root, "blobs", descriptor_read, &out->layers, &out->layer_count, err);
}

/* Only an OCI manifest that says so may be without a config. */
static int read_config(const struct json_object *root, const struct head *head,
		       struct oci_manifest *out, struct err *err)
{
	struct json_object *config = document_get(root, "config");
	const char *type;

	out->kind = OCI_ARTIFACT;
	if (!config && head->type == MEDIATYPE_OCI_MANIFEST)
		return 0;
	if (!config)
		return err_set(err, ERR_IO, "not a manifest: config is missing");
	if (descriptor_read(config, &out->config, err) < 0 ||
	    document_string(config, "mediaType", &type, err) < 0)
		return err_wrap(err, "config");
	if (!type || mediatype_is_dated_config(mediatype_parse(type)))
		out->kind = OCI_IMAGE;
	return 0;
}

static int read_image(const struct json_object *root, const struct head *head,
		      struct oci_manifest *out, struct err *err)
{
	static const char *const others[] = { "fsLayers", NULL };

	if (head->strange ||
	    (head->type != MEDIATYPE_OTHER && head->type != MEDIATYPE_OCI_MANIFEST &&
	     head->type != MEDIATYPE_DOCKER_MANIFEST))
		return err_set(err, ERR_IO, "a media type that is not known for manifests");
	if (head->version != 2)
		return err_set(err, ERR_IO, "a manifest whose schemaVersion is not 1 or 2");
	if (refuse(root, others, err) < 0 || read_config(root, head, out, err) < 0 ||
	    read_common(root, out, err) < 0)
		return -1;
	return read_list(root, "layers", descriptor_read, &out->layers, &out->layer_count, err);
}

static int read_form(const struct json_object *root, struct oci_form *form, struct err *err)
{
	struct json_object *version = document_get(root, "schemaVersion");
	int64_t number = json_object_get_int64(version);
	const char *own;

	if (version &&
	    (!json_object_is_type(version, json_type_int) || number < 0 || number > INT32_MAX))
		return err_set(err, ERR_IO, "schemaVersion is not 1 or 2");
	if (document_string(root, "mediaType", &own, err) < 0)
		return -1;
	*form = (struct oci_form){ .version = version ? (int)number : 0,
				   .typed = own && *own,
				   .type = own ? mediatype_exactly_of(own, strlen(own))
					       : MEDIATYPE_OTHER };
	return 0;
}

static int read_head(const struct json_object *root, const char *content_type,
		     const struct oci_form *form, struct head *head, struct err *err)
{
	const char *own = NULL;

	if (document_get(root, "schemaVersion") && (form->version < 1 || form->version > 2))
		return err_set(err, ERR_IO, "schemaVersion is not 1 or 2");
	if (form->typed && document_string(root, "mediaType", &own, err) < 0)
		return -1;
	head->version = form->version;
	head->type = mediatype_parse(own ? own : content_type);
	head->strange = own && head->type == MEDIATYPE_OTHER;
	return 0;
}

static int read_body(const struct json_object *root, const char *content_type,
		     struct oci_manifest *out, struct err *err)
{
	struct head head = { 0 };

	if (read_form(root, &out->form, err) < 0 ||
	    read_head(root, content_type, &out->form, &head, err) < 0)
		return -1;
	if (document_get(root, "manifests") || head.type == MEDIATYPE_OCI_INDEX ||
	    head.type == MEDIATYPE_DOCKER_LIST)
		return read_index(root, &head, out, err);
	if (head.version == 1 || head.type == MEDIATYPE_DOCKER_SCHEMA1)
		return read_schema1(root, &head, out, err);
	if (head.type == MEDIATYPE_OCI_ARTIFACT)
		return read_artifact(root, out, err);
	return read_image(root, &head, out, err);
}

static void clear_list(struct oci_descriptor *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].digest);
	free(list);
}

/* Of one whose digests have each their own memory. */
static void reference_clear(struct oci_manifest *manifest)
{
	free(manifest->config.digest);
	free(manifest->subject);
	clear_list(manifest->layers, manifest->layer_count);
	clear_list(manifest->children, manifest->child_count);
}

static int reference_manifest(const char *body, size_t length, const char *content_type,
			      struct oci_manifest *out, struct err *err)
{
	CLEANUP(document_put) struct json_object *root = NULL;

	*out = (struct oci_manifest){ .created = DATE_ABSENT };
	if (document_parse(body, length, &root, err) < 0)
		return -1;
	if (descriptor_keys(root, err) < 0)
		return -1;
	if (read_body(root, content_type, out, err) < 0) {
		reference_clear(out);
		return -1;
	}
	return 0;
}

static int reference_form(const char *body, size_t length, struct oci_form *form, struct err *err)
{
	CLEANUP(document_put) struct json_object *root = NULL;

	*form = (struct oci_form){ 0 };
	if (document_parse(body, length, &root, err) < 0)
		return -1;
	return descriptor_keys(root, err) < 0 ? -1 : read_form(root, form, err);
}

static const char *const CONFIG_KEYS[] = { "created", "history", "descriptor", NULL };

static const char *const DESCRIPTOR_NAMES[] = { "createdAt", "created", NULL };

static int64_t own_created(const struct json_object *config, const char *key)
{
	return document_date(config, key);
}

/* The date of the last entry, which is the newest. */
static int64_t history_created(const struct json_object *config, const char *key)
{
	struct json_object *history = document_get(config, "history");
	struct json_object *last;
	size_t length;

	if (!history)
		return DATE_ABSENT;
	if (!json_object_is_type(history, json_type_array))
		return DATE_INVALID;
	length = json_object_array_length(history);
	if (length == 0)
		return DATE_ABSENT;
	last = json_object_array_get_idx(history, length - 1);
	if (!json_object_is_type(last, json_type_object))
		return DATE_INVALID;
	return document_ambiguous(last, CONFIG_KEYS) ? DATE_INVALID : document_date(last, key);
}

static int64_t descriptor_created(const struct json_object *config, const char *key)
{
	const struct json_object *descriptor = document_get(config, "descriptor");

	if (!descriptor)
		return DATE_ABSENT;
	if (!json_object_is_type(descriptor, json_type_object) ||
	    document_ambiguous(descriptor, DESCRIPTOR_NAMES))
		return DATE_INVALID;
	return document_date(descriptor, key);
}

/* The first that is there counts, whatever the kind of config: no kind has another one's fields. */
static const struct {
	int64_t (*read)(const struct json_object *config, const char *key);
	const char *key;
} PLACES[] = {
	/* Images (image-spec 1.1.1, config.md, and docker); Wasm modules (the CNCF's Wasm OCI
	 * Artifact layout, v0). */
	{ own_created, "created" },
	/* Images, likewise. */
	{ history_created, "created" },
	/* Models: the CNCF's ModelPack (model-spec 0.0.7, docs/config.md), and Docker's as
	 * specified (docker/model-spec 0.1). */
	{ descriptor_created, "createdAt" },
	/* Models that `docker model` wrote (docker/model-distribution). */
	{ descriptor_created, "created" },
};

#define PLACE_COUNT (sizeof PLACES / sizeof *PLACES)

static int reference_created(const char *body, size_t length, int64_t *created, struct err *err)
{
	CLEANUP(document_put) struct json_object *config = NULL;

	if (document_parse(body, length, &config, err) < 0)
		return -1;
	*created = document_ambiguous(config, CONFIG_KEYS) ? DATE_INVALID : DATE_ABSENT;
	for (size_t i = 0; i < PLACE_COUNT && *created == DATE_ABSENT; i++)
		*created = PLACES[i].read(config, PLACES[i].key);
	return 0;
}

#endif
