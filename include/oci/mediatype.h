/* Media types of manifests and configs (registry notes, sections 2 and 7). */
#ifndef OCI_MEDIATYPE_H
#define OCI_MEDIATYPE_H

#include <stdbool.h>
#include <stddef.h>

enum mediatype {
	MEDIATYPE_OTHER = 0,
	MEDIATYPE_DOCKER_MANIFEST, /* application/vnd.docker.distribution.manifest.v2+json */
	MEDIATYPE_DOCKER_LIST,     /* application/vnd.docker.distribution.manifest.list.v2+json */
	MEDIATYPE_OCI_MANIFEST,    /* application/vnd.oci.image.manifest.v1+json */
	MEDIATYPE_OCI_INDEX,       /* application/vnd.oci.image.index.v1+json */
	MEDIATYPE_DOCKER_SCHEMA1,  /* application/vnd.docker.distribution.manifest.v1+json,
				      +prettyjws */
	MEDIATYPE_DOCKER_CONFIG,   /* application/vnd.docker.container.image.v1+json */
	MEDIATYPE_OCI_CONFIG,      /* application/vnd.oci.image.config.v1+json */
	MEDIATYPE_OCI_ARTIFACT,    /* application/vnd.oci.artifact.manifest.v1+json */
	MEDIATYPE_WASM_CONFIG,     /* application/vnd.wasm.config.v0+json */
	MEDIATYPE_MODEL_CONFIG,    /* application/vnd.cncf.model.config.v1+json */
	MEDIATYPE_DOCKER_MODEL_CONFIG, /* application/vnd.docker.ai.model.config.v0.1+json */
};

/* The Accept header of every manifest request: without the right type a registry converts, and
 * answers with another digest (registry notes, section 2). */
extern const char MEDIATYPE_ACCEPT[];

/* TEXT is a Content-Type or mediaType value, parameters and case ignored; NULL is OTHER. */
enum mediatype mediatype_parse(const char *text);
/* The same for LENGTH bytes without a NUL among them. */
enum mediatype mediatype_of(const char *text, size_t length);
/* The name of TYPE; NULL for OTHER. */
const char *mediatype_name(enum mediatype type);
/* The type whose name is exactly TEXT of LENGTH bytes, as the registry compares what a body says.
 */
enum mediatype mediatype_exactly_of(const char *text, size_t length);
/* True for the configs that say when what they belong to was created (oci/image_config.h); others
 * must not be parsed (image-spec, manifest.md). */
bool mediatype_is_dated_config(enum mediatype type);

#endif
