/* Media types by name. */
#include "oci/mediatype.h"

#include <string.h>
#include <strings.h>

#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define SCHEMA1_SIGNED  "application/vnd.docker.distribution.manifest.v1+prettyjws"

#define ROW(name, type)                          \
	{                                        \
		(name), sizeof(name) - 1, (type) \
	}
static const struct {
	const char *name;
	size_t length;
	enum mediatype type;
} NAMES[] = {
	ROW(DOCKER_MANIFEST, MEDIATYPE_DOCKER_MANIFEST),
	ROW(DOCKER_LIST, MEDIATYPE_DOCKER_LIST),
	ROW(OCI_MANIFEST, MEDIATYPE_OCI_MANIFEST),
	ROW(OCI_INDEX, MEDIATYPE_OCI_INDEX),
	ROW("application/vnd.docker.distribution.manifest.v1+json", MEDIATYPE_DOCKER_SCHEMA1),
	ROW(SCHEMA1_SIGNED, MEDIATYPE_DOCKER_SCHEMA1),
	ROW("application/vnd.docker.container.image.v1+json", MEDIATYPE_DOCKER_CONFIG),
	ROW("application/vnd.oci.image.config.v1+json", MEDIATYPE_OCI_CONFIG),
	ROW("application/vnd.oci.artifact.manifest.v1+json", MEDIATYPE_OCI_ARTIFACT),
	ROW("application/vnd.wasm.config.v0+json", MEDIATYPE_WASM_CONFIG),
	ROW("application/vnd.cncf.model.config.v1+json", MEDIATYPE_MODEL_CONFIG),
	ROW("application/vnd.docker.ai.model.config.v0.1+json", MEDIATYPE_DOCKER_MODEL_CONFIG),
};

const char MEDIATYPE_ACCEPT[] =
	DOCKER_MANIFEST ", " DOCKER_LIST ", " OCI_MANIFEST ", " OCI_INDEX ", " SCHEMA1_SIGNED;

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

enum mediatype mediatype_of(const char *text, size_t length)
{
	const char *parameters = memchr(text, ';', length), *end = text + length;

	if (parameters)
		end = parameters;
	while (text < end && is_blank(*text))
		text++;
	while (text < end && is_blank(end[-1]))
		end--;
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		if (NAMES[i].length == (size_t)(end - text) &&
		    strncasecmp(NAMES[i].name, text, NAMES[i].length) == 0)
			return NAMES[i].type;
	}
	return MEDIATYPE_OTHER;
}

enum mediatype mediatype_parse(const char *text)
{
	return text ? mediatype_of(text, strlen(text)) : MEDIATYPE_OTHER;
}

const char *mediatype_name(enum mediatype type)
{
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		if (NAMES[i].type == type)
			return NAMES[i].name;
	}
	return NULL;
}

enum mediatype mediatype_exactly_of(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		if (NAMES[i].length == length && memcmp(NAMES[i].name, text, length) == 0)
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
