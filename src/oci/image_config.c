/* When an image, a module or a model was created, as its config says. */
#include "oci/image_config.h"

#include "util/date.h"
#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>

static const char *const NAMES[] = { "created", "history", "descriptor", NULL };

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
	return document_ambiguous(last, NAMES) ? DATE_INVALID : document_date(last, key);
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
	const char *field; /* for people */
	int64_t (*read)(const struct json_object *config, const char *key);
	const char *key;
} PLACES[] = {
	/* Images (image-spec 1.1.1, config.md, and docker); Wasm modules (the CNCF's Wasm OCI
	 * Artifact layout, v0). */
	{ "created", own_created, "created" },
	/* Images, likewise. */
	{ "history[last].created", history_created, "created" },
	/* Models: the CNCF's ModelPack (model-spec 0.0.7, docs/config.md), and Docker's as
	 * specified (docker/model-spec 0.1). */
	{ "descriptor.createdAt", descriptor_created, "createdAt" },
	/* Models that `docker model` wrote (docker/model-distribution). */
	{ "descriptor.created", descriptor_created, "created" },
};

#define PLACE_COUNT (sizeof PLACES / sizeof *PLACES)

const char *image_config_field(size_t number)
{
	return number < PLACE_COUNT ? PLACES[number].field : NULL;
}

int image_config_created(const char *body, size_t length, int64_t *created, struct err *err)
{
	CLEANUP(document_put) struct json_object *config = NULL;

	if (document_parse(body, length, &config, err) < 0)
		return -1;
	*created = document_ambiguous(config, NAMES) ? DATE_INVALID : DATE_ABSENT;
	for (size_t i = 0; i < PLACE_COUNT && *created == DATE_ABSENT; i++)
		*created = PLACES[i].read(config, PLACES[i].key);
	return 0;
}
