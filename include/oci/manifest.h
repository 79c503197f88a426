/* A manifest's body as a struct. No I/O. */
#ifndef OCI_MANIFEST_H
#define OCI_MANIFEST_H

#include "oci/mediatype.h"
#include "util/date.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OCI_ANNOTATION_CREATED "org.opencontainers.image.created"

enum oci_kind {
	OCI_IMAGE,    /* image manifest whose config is an image config */
	OCI_ARTIFACT, /* image manifest (or OCI artifact manifest) with any other config, or none */
	OCI_INDEX,    /* OCI index or Docker manifest list */
	OCI_SCHEMA1,  /* Docker schema1 (distribution 2.x only) */
};

struct oci_descriptor {
	char *digest;  /* valid (oci/digest.h); lives as long as its manifest */
	uint64_t size; /* bytes */
	bool foreign;  /* it has `urls`, or a nondistributable/foreign layer type: may be absent */
	bool blob;     /* while reading an index: its media type is no manifest's */
	bool attestation; /* children only: vnd.docker.reference.type is attestation-manifest */
	bool artifact;    /* children only: it has an artifactType, which is no config's with a date
			   */
};

/* What a body says that it is; by this a registry decides how it is read. */
struct oci_form {
	int version;         /* schemaVersion; 0 when it has none */
	bool typed;          /* it has a mediaType that is not empty … */
	enum mediatype type; /* … which is exactly this one's name, or MEDIATYPE_OTHER */
};

struct oci_manifest {
	enum oci_kind kind;
	struct oci_form form;
	struct oci_descriptor config; /* digest NULL when there is none */
	struct oci_descriptor *layers;
	size_t layer_count;
	struct oci_descriptor *children; /* an index only, in the order of the body */
	size_t child_count;
	char *subject; /* digest, or NULL */
	/* What the manifest itself says: the annotation org.opencontainers.image.created of images,
	 * artifacts and indexes; `created` inside history[0].v1Compatibility of schema1. Never a
	 * descriptor's annotation, never a label. */
	int64_t created;
	char *texts, *texts_end; /* what the digests above are in; private to src/oci */
};

/* CONTENT_TYPE (may be NULL) decides only where the body has no mediaType of its own; a body with
 * "manifests" is an index, one with schemaVersion 1 is schema1. -1 (ERR_IO) for what is not JSON,
 * not a manifest, or has a descriptor without a valid digest: "unknown means keep" is then the
 * caller's duty. On success OUT is the caller's: oci_manifest_clear. */
int oci_manifest_parse(const char *body, size_t length, const char *content_type,
		       struct oci_manifest *out, struct err *err)
	__attribute__((warn_unused_result));
/* The same, but only FORM, also of what is no manifest to us. -1 (ERR_IO) for what is not JSON, or
 * does not say clearly what it is. */
int oci_manifest_form(const char *body, size_t length, struct oci_form *form, struct err *err)
	__attribute__((warn_unused_result));
void oci_manifest_clear(struct oci_manifest *manifest);

#endif
