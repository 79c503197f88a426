/* When an image, a module or a model was created, as its config says. */
#include "oci/image_config.h"

#include "oci/date.h"
#include "oci/document.h"
#include "util/xalloc.h"

#include <json-c/json.h>

static const char *const NAMES[] = { "created", "history", "descriptor", NULL };

/* What a model's descriptor has, the first that is there: as the CNCF's ModelPack (model-spec
 * 0.0.7, docs/config.md) and docker/model-spec 0.1 specify, and what `docker model` writes
 * (docker/model-distribution). */
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

static int64_t descriptor_created(const struct json_object *config)
{
	const struct json_object *descriptor = document_get(config, "descriptor");
	int64_t created = DATE_ABSENT;

	if (!descriptor)
		return DATE_ABSENT;
	if (!json_object_is_type(descriptor, json_type_object) ||
	    document_ambiguous(descriptor, DESCRIPTOR_NAMES))
		return DATE_INVALID;
	for (size_t i = 0; DESCRIPTOR_NAMES[i] && created == DATE_ABSENT; i++)
		created = document_date(descriptor, DESCRIPTOR_NAMES[i]);
	return created;
}

/* The first that is there counts, whatever the kind of config: no kind has another one's fields.
 * `created` and `history` are those of images (image-spec 1.1.1, config.md, and docker), the former
 * also that of Wasm modules (the CNCF's Wasm OCI Artifact layout, v0). */
int image_config_created(const char *body, size_t length, int64_t *created, struct err *err)
{
	CLEANUP(document_put) struct json_object *config = NULL;

	if (document_parse(body, length, &config, err) < 0)
		return -1;
	*created =
		document_ambiguous(config, NAMES) ? DATE_INVALID : document_date(config, "created");
	if (*created == DATE_ABSENT)
		*created = history_created(config);
	if (*created == DATE_ABSENT)
		*created = descriptor_created(config);
	return 0;
}
