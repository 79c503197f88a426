/* The readers of manifests and image configs against those that they took the place of: the same
 * verdict, the same fields, the same message but for the byte that it names. */
#ifndef REFERENCE_COMPARE_H
#define REFERENCE_COMPARE_H

#include "reference_readers.h"

#include <stdio.h>
#include <string.h>

static const char *const REFERENCE_TYPES[] __attribute__((unused)) = {
	NULL,
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.docker.distribution.manifest.v1+prettyjws",
	"application/vnd.oci.artifact.manifest.v1+json",
};

#define REFERENCE_TYPE_COUNT (sizeof REFERENCE_TYPES / sizeof *REFERENCE_TYPES)

/* What is no object may be called no JSON by one and no object by the other. */
static bool same_message(const struct err *now, const struct err *before)
{
	static const char syntax[] = "not JSON";

	if (strncmp(before->msg, syntax, sizeof syntax - 1) == 0)
		return strncmp(now->msg, syntax, sizeof syntax - 1) == 0 ||
		       strcmp(now->msg, "not a JSON object") == 0;
	return now->kind == before->kind && strcmp(now->msg, before->msg) == 0;
}

static bool same_text(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool same_descriptor(const struct oci_descriptor *one, const struct oci_descriptor *other)
{
	return same_text(one->digest, other->digest) && one->size == other->size &&
	       one->foreign == other->foreign && one->blob == other->blob &&
	       one->attestation == other->attestation && one->artifact == other->artifact;
}

static bool same_list(const struct oci_descriptor *one, size_t count,
		      const struct oci_descriptor *other, size_t other_count)
{
	if (count != other_count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!same_descriptor(&one[i], &other[i]))
			return false;
	}
	return true;
}

static bool same_form(const struct oci_form *one, const struct oci_form *other)
{
	return one->version == other->version && one->typed == other->typed &&
	       one->type == other->type;
}

static bool same_manifest(const struct oci_manifest *one, const struct oci_manifest *other)
{
	return one->kind == other->kind && same_form(&one->form, &other->form) &&
	       same_descriptor(&one->config, &other->config) &&
	       same_list(one->layers, one->layer_count, other->layers, other->layer_count) &&
	       same_list(one->children, one->child_count, other->children, other->child_count) &&
	       same_text(one->subject, other->subject) && one->created == other->created;
}

/* Says on stderr how the two differ; returns AGREE. */
static bool reference_tell(bool agree, const char *what, int now, const struct err *now_err,
			   int before, const struct err *before_err)
{
	if (!agree)
		fprintf(stderr, "%s: %d (%s), and before %d (%s)\n", what, now, now_err->msg,
			before, before_err->msg);
	return agree;
}

static inline bool compare_manifest(const char *body, size_t length, const char *type)
{
	struct oci_manifest now, before;
	struct err now_err = { 0 }, before_err = { 0 };
	int read = oci_manifest_parse(body, length, type, &now, &now_err);
	int other = reference_manifest(body, length, type, &before, &before_err);
	bool agree = read == other && (read < 0 ? same_message(&now_err, &before_err)
						: same_manifest(&now, &before));

	if (read == 0)
		oci_manifest_clear(&now);
	if (other == 0)
		reference_clear(&before);
	return reference_tell(agree, "manifest", read, &now_err, other, &before_err);
}

static inline bool compare_form(const char *body, size_t length)
{
	struct oci_form now, before;
	struct err now_err = { 0 }, before_err = { 0 };
	int read = oci_manifest_form(body, length, &now, &now_err);
	int other = reference_form(body, length, &before, &before_err);
	bool agree = read == other &&
		     (read < 0 ? same_message(&now_err, &before_err) : same_form(&now, &before));

	return reference_tell(agree, "form", read, &now_err, other, &before_err);
}

static inline bool compare_config(const char *body, size_t length)
{
	int64_t now = 0, before = 0;
	struct err now_err = { 0 }, before_err = { 0 };
	int read = image_config_created(body, length, &now, &now_err);
	int other = reference_created(body, length, &before, &before_err);
	bool agree =
		read == other && (read < 0 ? same_message(&now_err, &before_err) : now == before);

	return reference_tell(agree, "config", read, &now_err, other, &before_err);
}

#endif
