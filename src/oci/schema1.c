/* Docker's schema1: layers without sizes, and a date in JSON inside a string. */
#include "oci/schema1.h"

#include "util/date.h"
#include "util/xalloc.h"
#include "json/scan.h"

int schema1_layer(struct json_scan *scan, enum json_type type, struct oci_descriptor *to,
		  char **texts, struct err *err)
{
	struct descriptor_fields fields;

	if (type != JSON_OBJECT)
		return err_set(err, ERR_IO, "an entry of fsLayers is not an object");
	descriptor_fields(scan, &fields);
	to->digest = descriptor_digest(&fields.value[FIELD_BLOB_SUM], texts);
	if (!to->digest)
		return err_set(err, ERR_IO, "an entry of fsLayers has no valid blobSum");
	return 0;
}

/* The date in v1Compatibility, which is JSON inside a string. */
static int64_t read_compatibility(const struct json_value *string)
{
	static const struct json_name names[] = { JSON_EXACT_NAME("created") };
	CLEANUP(free_p) char *text = NULL;
	struct json_value created;
	struct json_scan scan;
	struct err ignored;
	size_t length;

	text = json_string_copy(string, &length);
	json_scan_open(&scan, text, length);
	json_scan_members(&scan, names, 1, &created);
	return json_scan_close(&scan, &ignored) < 0 ? DATE_INVALID : json_date(&created);
}

/* False when ENTRY of the history has none. */
static bool find_compatibility(const struct json_value *entry, struct json_value *string)
{
	static const struct json_name names[] = { JSON_EXACT_NAME("v1Compatibility") };
	struct json_scan scan;

	json_scan_inside(&scan, entry);
	json_scan_members(&scan, names, 1, string);
	return entry->type == JSON_OBJECT && string->type == JSON_STRING;
}

int schema1_date(const struct descriptor_fields *root, int64_t *created, struct err *err)
{
	const struct json_value *history = &root->value[FIELD_HISTORY];
	struct json_value newest, string;
	struct json_scan scan;

	if (!json_given(history))
		return 0;
	if (history->type != JSON_LIST)
		return err_set(err, ERR_IO, "history is not an array");
	json_scan_inside(&scan, history);
	if (!json_scan_item(&scan, &newest))
		return 0;
	if (!find_compatibility(&newest, &string))
		return err_set(err, ERR_IO, "history[0] has no v1Compatibility");
	*created = read_compatibility(&string);
	return 0;
}
