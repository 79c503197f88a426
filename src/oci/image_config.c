/* When an image, a module or a model was created, as its config says. */
#include "oci/image_config.h"

#include "oci/date.h"
#include "oci/document.h"
#include "util/xalloc.h"

#include <json-c/json.h>

/* Where the kinds of config say it. The first that is there counts, whatever the kind: no kind has
 * another one's fields. */
static const struct {
	const char *object; /* NULL: the config itself */
	const char *field;
} PLACES[] = {
	/* image-spec 1.1.1, config.md, and docker; the CNCF's Wasm OCI Artifact layout (v0) */
	{ NULL, "created" },
	/* the CNCF's ModelPack (model-spec 0.0.7, docs/config.md), docker/model-spec 0.1 */
	{ "descriptor", "createdAt" },
	/* what `docker model` writes (docker/model-distribution) */
	{ "descriptor", "created" },
};

static const char *const NAMES[] = { "created", "history", "descriptor", NULL };
static const char *const DESCRIPTOR_NAMES[] = { "createdAt", "created", NULL };

/* The date of the last entry, which is the newest. */
static int64_t history_created(const struct json_object *config)
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
	return document_ambiguous(last, NAMES) ? DATE_INVALID : document_date(last, "created");
}

static int64_t date_at(const struct json_object *config, const char *object, const char *field)
{
	const struct json_object *place = object ? document_get(config, object) : config;

	if (!place)
		return DATE_ABSENT;
	if (!json_object_is_type(place, json_type_object) ||
	    (object && document_ambiguous(place, DESCRIPTOR_NAMES)))
		return DATE_INVALID;
	return document_date(place, field);
}

int image_config_created(const char *body, size_t length, int64_t *created, struct err *err)
{
	CLEANUP(document_put) struct json_object *config = NULL;

	if (document_parse(body, length, &config, err) < 0)
		return -1;
	*created = document_ambiguous(config, NAMES) ? DATE_INVALID : DATE_ABSENT;
	for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES && *created == DATE_ABSENT; i++) {
		*created = date_at(config, PLACES[i].object, PLACES[i].field);
		/* Only a config that says nothing of itself is as old as its history. */
		if (i == 0 && *created == DATE_ABSENT)
			*created = history_created(config);
	}
	return 0;
}
