/* Media types by name. */
#include "oci/mediatype.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define SCHEMA1_SIGNED  "application/vnd.docker.distribution.manifest.v1+prettyjws"

static const char WHITESPACE[] = " \t\r\n";

static const struct {
	const char *name;
	enum mediatype type;
} NAMES[] = {
	{ DOCKER_MANIFEST, MEDIATYPE_DOCKER_MANIFEST },
	{ DOCKER_LIST, MEDIATYPE_DOCKER_LIST },
	{ OCI_MANIFEST, MEDIATYPE_OCI_MANIFEST },
	{ OCI_INDEX, MEDIATYPE_OCI_INDEX },
	{ "application/vnd.docker.distribution.manifest.v1+json", MEDIATYPE_DOCKER_SCHEMA1 },
	{ SCHEMA1_SIGNED, MEDIATYPE_DOCKER_SCHEMA1 },
	{ "application/vnd.docker.container.image.v1+json", MEDIATYPE_DOCKER_CONFIG },
	{ "application/vnd.oci.image.config.v1+json", MEDIATYPE_OCI_CONFIG },
	{ "application/vnd.oci.artifact.manifest.v1+json", MEDIATYPE_OCI_ARTIFACT },
	{ "application/vnd.wasm.config.v0+json", MEDIATYPE_WASM_CONFIG },
	{ "application/vnd.cncf.model.config.v1+json", MEDIATYPE_MODEL_CONFIG },
	{ "application/vnd.docker.ai.model.config.v0.1+json", MEDIATYPE_DOCKER_MODEL_CONFIG },
};

const char MEDIATYPE_ACCEPT[] =
	DOCKER_MANIFEST ", " DOCKER_LIST ", " OCI_MANIFEST ", " OCI_INDEX ", " SCHEMA1_SIGNED;

enum mediatype mediatype_parse(const char *text)
{
	size_t length;

	if (!text)
		return MEDIATYPE_OTHER;
	text += strspn(text, WHITESPACE);
	length = strcspn(text, ";");
	while (length > 0 && strchr(WHITESPACE, text[length - 1]))
		length--;
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		if (strlen(NAMES[i].name) == length &&
		    strncasecmp(NAMES[i].name, text, length) == 0)
			return NAMES[i].type;
	}
	return MEDIATYPE_OTHER;
}

const char *mediatype_name(enum mediatype type)
{
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		if (NAMES[i].type == type)
			return NAMES[i].name;
	}
	return NULL;
}

enum mediatype mediatype_exactly(const char *text)
{
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		if (strcmp(NAMES[i].name, text) == 0)
			return NAMES[i].type;
	}
	return MEDIATYPE_OTHER;
}

bool mediatype_is_dated_config(enum mediatype type)
{
	return type == MEDIATYPE_DOCKER_CONFIG || type == MEDIATYPE_OCI_CONFIG ||
	       type == MEDIATYPE_WASM_CONFIG || type == MEDIATYPE_MODEL_CONFIG ||
	       type == MEDIATYPE_DOCKER_MODEL_CONFIG;
}
