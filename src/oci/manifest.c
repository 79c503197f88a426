/* Manifests of all kinds: what a body is, and what it refers to. A body that could be two things,
 * or of which anything that we use has the wrong type, is no manifest. */
#include "oci/manifest.h"

#include "oci/descriptor.h"
#include "oci/digest.h"
#include "oci/mediatype.h"
#include "oci/schema1.h"
#include "util/xalloc.h"
#include "json/scan.h"

#include <string.h>

/* Members of the annotations of a manifest and of an index's descriptors. */
enum { ANNOTATION_CREATED, ANNOTATION_REFERENCE_TYPE, ANNOTATIONS };
static const struct json_name ANNOTATION_NAMES[ANNOTATIONS] = {
	[ANNOTATION_CREATED] = JSON_EXACT_NAME(OCI_ANNOTATION_CREATED),
	[ANNOTATION_REFERENCE_TYPE] = JSON_EXACT_NAME("vnd.docker.reference.type"),
};

/* The fields that decide how a body is read. */
struct head {
	enum mediatype type; /* its own mediaType's, else its Content-Type's */
	bool strange;        /* it has a mediaType that we do not know */
	int version;         /* schemaVersion: 1, 2, or 0 when absent */
};

/* VALUES gets the annotations that we read; none when there are no annotations. */
static int read_annotations(const struct descriptor_fields *fields, struct json_value *values,
			    struct err *err)
{
	const struct json_value *annotations = &fields->value[FIELD_ANNOTATIONS];
	struct json_scan scan;

	if (json_given(annotations) && annotations->type != JSON_OBJECT)
		return err_set(err, ERR_IO, "annotations is not an object");
	json_scan_inside(&scan, annotations);
	/* Nothing of theirs is doubtful: any key may stand there. */
	json_scan_members(&scan, ANNOTATION_NAMES, ANNOTATIONS, values);
	return 0;
}

/* Some clients give an image's descriptor the type of its config. */
static bool is_artifact(const struct json_value *value)
{
	CLEANUP(free_p) char *type = NULL;

	if (value->type != JSON_STRING || value->length == 0)
		return false;
	type = json_string_copy(value, NULL);
	return !mediatype_is_dated_config(mediatype_parse(type));
}

/* Reads an item of a list, which SCAN has opened, into TO, and its digest into *TEXTS. */
typedef int (*read_item)(struct json_scan *scan, enum json_type type, struct oci_descriptor *to,
			 char **texts, struct err *err);

static int read_child(struct json_scan *scan, enum json_type item, struct oci_descriptor *to,
		      char **texts, struct err *err)
{
	struct json_value annotations[ANNOTATIONS];
	struct descriptor_fields fields;
	CLEANUP(descriptor_text_free) struct descriptor_text type = { 0 };

	if (descriptor_fields_in(scan, item, &fields, err) < 0 ||
	    read_annotations(&fields, annotations, err) < 0 ||
	    descriptor_text(&fields, FIELD_MEDIA_TYPE, &type, err) < 0)
		return -1;
	to->blob = type.at && mediatype_of(type.at, type.length) == MEDIATYPE_OTHER;
	to->artifact = is_artifact(&fields.value[FIELD_ARTIFACT_TYPE]);
	to->attestation =
		json_string_is(&annotations[ANNOTATION_REFERENCE_TYPE], "attestation-manifest");
	return descriptor_read(&fields, to, texts, err);
}

static int read_blob(struct json_scan *scan, enum json_type item, struct oci_descriptor *to,
		     char **texts, struct err *err)
{
	struct descriptor_fields fields;

	return descriptor_fields_in(scan, item, &fields, err) < 0
		       ? -1
		       : descriptor_read(&fields, to, texts, err);
}

/* The array under FIELD, which must be there; null is read as an empty array: Go writes it so. */
static int read_list(const struct descriptor_fields *root, enum descriptor_field field,
		     read_item read, struct oci_descriptor **list, size_t *count, char **texts,
		     struct err *err)
{
	const struct json_value *array = &root->value[field];
	const char *key = descriptor_key(field);
	struct json_value item;
	struct json_scan scan;
	size_t capacity = 0;

	if (array->type == JSON_ABSENT)
		return err_set(err, ERR_IO, "not a manifest: %s is missing", key);
	if (json_given(array) && array->type != JSON_LIST)
		return err_set(err, ERR_IO, "%s is not an array", key);
	json_scan_inside(&scan, array);
	for (; json_scan_item_open(&scan, &item); ++*count) {
		GROW(*list, *count, capacity);
		(*list)[*count] = (struct oci_descriptor){ 0 };
		if (read(&scan, item.type, &(*list)[*count], texts, err) < 0)
			return err_wrap(err, "%s[%zu]", key, *count);
	}
	return 0;
}

/* The members that a manifest of any kind but schema1 may have. */
static int read_common(const struct descriptor_fields *root, struct oci_manifest *out,
		       struct err *err)
{
	const struct json_value *subject = &root->value[FIELD_SUBJECT];
	struct oci_descriptor descriptor = { 0 };
	struct descriptor_fields fields;
	struct json_value annotations[ANNOTATIONS];

	if (read_annotations(root, annotations, err) < 0)
		return -1;
	if (json_given(&root->value[FIELD_ANNOTATIONS]))
		out->created = json_date(&annotations[ANNOTATION_CREATED]);
	if (!json_given(subject))
		return 0;
	if (descriptor_fields_of(subject, &fields, err) < 0 ||
	    descriptor_read(&fields, &descriptor, &out->texts_end, err) < 0)
		return err_wrap(err, "subject");
	out->subject = descriptor.digest;
	return 0;
}

/* Says which of FIELDS, FIELD_COUNT at the end, a body has although its kind cannot. */
static int refuse(const struct descriptor_fields *root, const enum descriptor_field *fields,
		  struct err *err)
{
	for (; *fields != FIELD_COUNT; fields++) {
		if (json_given(&root->value[*fields]))
			return err_set(err, ERR_IO, "not one kind of manifest: it also has %s",
				       descriptor_key(*fields));
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

static int read_index(const struct descriptor_fields *root, const struct head *head,
		      struct oci_manifest *out, struct err *err)
{
	static const enum descriptor_field others[] = { FIELD_CONFIG, FIELD_LAYERS, FIELD_FS_LAYERS,
							FIELD_BLOBS, FIELD_COUNT };

	if (head->type != MEDIATYPE_OTHER && head->type != MEDIATYPE_OCI_INDEX &&
	    head->type != MEDIATYPE_DOCKER_LIST)
		return wrong_type(err);
	if (head->version != 2)
		return err_set(err, ERR_IO, "an index whose schemaVersion is not 2");
	out->kind = OCI_INDEX;
	if (refuse(root, others, err) < 0 || read_common(root, out, err) < 0)
		return -1;
	if (read_list(root, FIELD_MANIFESTS, read_child, &out->children, &out->child_count,
		      &out->texts_end, err) < 0)
		return -1;
	set_blobs_aside(out);
	return 0;
}

static int read_schema1(const struct descriptor_fields *root, const struct head *head,
			struct oci_manifest *out, struct err *err)
{
	static const enum descriptor_field others[] = { FIELD_CONFIG, FIELD_LAYERS, FIELD_BLOBS,
							FIELD_COUNT };

	if ((head->type != MEDIATYPE_OTHER && head->type != MEDIATYPE_DOCKER_SCHEMA1) ||
	    head->version != 1)
		return wrong_type(err);
	out->kind = OCI_SCHEMA1;
	if (refuse(root, others, err) < 0 || schema1_date(root, &out->created, err) < 0)
		return -1;
	return read_list(root, FIELD_FS_LAYERS, schema1_layer, &out->layers, &out->layer_count,
			 &out->texts_end, err);
}

/* The OCI artifact manifest, which was withdrawn: blobs, no config, no schemaVersion. */
static int read_artifact(const struct descriptor_fields *root, struct oci_manifest *out,
			 struct err *err)
{
	static const enum descriptor_field others[] = { FIELD_CONFIG, FIELD_LAYERS, FIELD_FS_LAYERS,
							FIELD_COUNT };

	out->kind = OCI_ARTIFACT;
	if (refuse(root, others, err) < 0 || read_common(root, out, err) < 0)
		return -1;
	if (!json_given(&root->value[FIELD_BLOBS]))
		return 0;
	return read_list(root, FIELD_BLOBS, read_blob, &out->layers, &out->layer_count,
			 &out->texts_end, err);
}

/* Only an OCI manifest that says so may be without a config. */
static int read_config(const struct descriptor_fields *root, const struct head *head,
		       struct oci_manifest *out, struct err *err)
{
	const struct json_value *config = &root->value[FIELD_CONFIG];
	struct descriptor_fields fields;
	CLEANUP(descriptor_text_free) struct descriptor_text type = { 0 };

	out->kind = OCI_ARTIFACT;
	if (!json_given(config) && head->type == MEDIATYPE_OCI_MANIFEST)
		return 0;
	if (!json_given(config))
		return err_set(err, ERR_IO, "not a manifest: config is missing");
	if (descriptor_fields_of(config, &fields, err) < 0 ||
	    descriptor_read(&fields, &out->config, &out->texts_end, err) < 0 ||
	    descriptor_text(&fields, FIELD_MEDIA_TYPE, &type, err) < 0)
		return err_wrap(err, "config");
	if (!type.at || mediatype_is_dated_config(mediatype_of(type.at, type.length)))
		out->kind = OCI_IMAGE;
	return 0;
}

static int read_image(const struct descriptor_fields *root, const struct head *head,
		      struct oci_manifest *out, struct err *err)
{
	static const enum descriptor_field others[] = { FIELD_FS_LAYERS, FIELD_COUNT };

	if (head->strange ||
	    (head->type != MEDIATYPE_OTHER && head->type != MEDIATYPE_OCI_MANIFEST &&
	     head->type != MEDIATYPE_DOCKER_MANIFEST))
		return err_set(err, ERR_IO, "a media type that is not known for manifests");
	if (head->version != 2)
		return err_set(err, ERR_IO, "a manifest whose schemaVersion is not 1 or 2");
	if (refuse(root, others, err) < 0 || read_config(root, head, out, err) < 0 ||
	    read_common(root, out, err) < 0)
		return -1;
	return read_list(root, FIELD_LAYERS, read_blob, &out->layers, &out->layer_count,
			 &out->texts_end, err);
}

static int read_form(const struct descriptor_fields *root, struct oci_form *form, struct err *err)
{
	const struct json_value *version = &root->value[FIELD_VERSION];
	CLEANUP(descriptor_text_free) struct descriptor_text own = { 0 };
	int64_t number = 0;

	if (json_given(version) &&
	    (!json_integer(version, &number) || number < 0 || number > INT32_MAX))
		return err_set(err, ERR_IO, "schemaVersion is not 1 or 2");
	if (descriptor_text(root, FIELD_MEDIA_TYPE, &own, err) < 0)
		return -1;
	*form = (struct oci_form){ .version = (int)number,
				   .typed = own.length > 0,
				   .type = own.at ? mediatype_exactly_of(own.at, own.length)
						  : MEDIATYPE_OTHER };
	return 0;
}

static int read_head(const struct descriptor_fields *root, const char *content_type,
		     const struct oci_form *form, struct head *head, struct err *err)
{
	CLEANUP(descriptor_text_free) struct descriptor_text own = { 0 };

	if (json_given(&root->value[FIELD_VERSION]) && (form->version < 1 || form->version > 2))
		return err_set(err, ERR_IO, "schemaVersion is not 1 or 2");
	if (form->typed && descriptor_text(root, FIELD_MEDIA_TYPE, &own, err) < 0)
		return -1;
	head->version = form->version;
	head->type = own.at ? mediatype_of(own.at, own.length) : mediatype_parse(content_type);
	head->strange = own.at && head->type == MEDIATYPE_OTHER;
	return 0;
}

static int read_body(const struct descriptor_fields *root, const char *content_type,
		     struct oci_manifest *out, struct err *err)
{
	struct head head = { 0 };

	if (read_form(root, &out->form, err) < 0 ||
	    read_head(root, content_type, &out->form, &head, err) < 0)
		return -1;
	if (json_given(&root->value[FIELD_MANIFESTS]) || head.type == MEDIATYPE_OCI_INDEX ||
	    head.type == MEDIATYPE_DOCKER_LIST)
		return read_index(root, &head, out, err);
	if (head.version == 1 || head.type == MEDIATYPE_DOCKER_SCHEMA1)
		return read_schema1(root, &head, out, err);
	if (head.type == MEDIATYPE_OCI_ARTIFACT)
		return read_artifact(root, out, err);
	return read_image(root, &head, out, err);
}

/* The members of the whole body, which must be in order. */
static int read_fields(const char *body, size_t length, struct descriptor_fields *root,
		       struct err *err)
{
	struct json_scan scan;

	json_scan_open(&scan, body, length);
	descriptor_fields(&scan, root);
	return json_scan_close(&scan, err) < 0 ? -1 : descriptor_keys(root, err);
}

int oci_manifest_parse(const char *body, size_t length, const char *content_type,
		       struct oci_manifest *out, struct err *err)
{
	struct descriptor_fields root;

	*out = (struct oci_manifest){ .created = DATE_ABSENT };
	if (read_fields(body, length, &root, err) < 0)
		return -1;
	/* Each digest is shorter than the string that it stands in, with its quotes. */
	out->texts = out->texts_end = xmalloc(length);
	if (read_body(&root, content_type, out, err) < 0) {
		oci_manifest_clear(out);
		return -1;
	}
	return 0;
}

int oci_manifest_form(const char *body, size_t length, struct oci_form *form, struct err *err)
{
	struct descriptor_fields root;

	*form = (struct oci_form){ 0 };
	return read_fields(body, length, &root, err) < 0 ? -1 : read_form(&root, form, err);
}

void oci_manifest_clear(struct oci_manifest *manifest)
{
	free(manifest->texts);
	free(manifest->layers);
	free(manifest->children);
	*manifest = (struct oci_manifest){ .created = DATE_ABSENT };
}
