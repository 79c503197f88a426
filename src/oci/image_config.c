/* When an image was created, as its config says. */
#include "oci/image_config.h"

#include "oci/date.h"
#include "oci/document.h"
#include "util/xalloc.h"

#include <json-c/json.h>

static const char *const NAMES[] = { "created", "history", NULL };

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

int image_config_created(const char *body, size_t length, int64_t *created, struct err *err)
{
	CLEANUP(document_put) struct json_object *config = NULL;

	if (document_parse(body, length, &config, err) < 0)
		return -1;
	*created = document_date(config, "created");
	if (document_ambiguous(config, NAMES))
		*created = DATE_INVALID;
	if (*created == DATE_ABSENT)
		*created = history_created(config);
	return 0;
}
