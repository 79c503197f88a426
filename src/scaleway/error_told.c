/* What the members of an error say, for people. */
#include "scaleway/error_told.h"

#include "util/buf.h"
#include "util/printable.h"
#include "util/secrets.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define MOST_DETAILS 4
#define WORD         ((size_t)80) /* bytes of a name */

const struct json_name ERROR_TOLD_NAMES[ERROR_MEMBERS] = {
	[ERROR_TYPE] = JSON_EXACT_NAME("type"),
	[ERROR_MESSAGE] = JSON_EXACT_NAME("message"),
	[ERROR_RESOURCE] = JSON_EXACT_NAME("resource"),
	[ERROR_RESOURCE_ID] = JSON_EXACT_NAME("resource_id"),
	[ERROR_DETAILS] = JSON_EXACT_NAME("details"),
	[ERROR_HELP] = JSON_EXACT_NAME("help_message"),
	[ERROR_METHOD] = JSON_EXACT_NAME("method"),
	[ERROR_REASON] = JSON_EXACT_NAME("reason"),
	[ERROR_PRECONDITION] = JSON_EXACT_NAME("precondition"),
	[ERROR_STATE] = JSON_EXACT_NAME("current_state"),
	[ERROR_LIMIT] = JSON_EXACT_NAME("limit"),
	[ERROR_RESET_SECONDS] = JSON_EXACT_NAME("reset_seconds"),
};

void error_told_text(struct buf *out, const char *text, size_t most)
{
	CLEANUP(buf_free) struct buf clean = { 0 };
	CLEANUP(free_p) char *masked = secrets_masked(text);
	size_t length;

	printable_add(&clean, masked);
	length = clean.length;
	if (length > most) {
		length = most;
		/* Not within a character. */
		while (length > 0 && ((unsigned char)clean.data[length] & 0xc0) == 0x80)
			length--;
	}
	buf_add(out, buf_string(&clean), length);
}

void error_told_value(struct buf *out, const char *prefix, const struct json_value *value,
		      size_t most)
{
	CLEANUP(free_p) char *text = NULL;

	if (value->type != JSON_STRING || value->length == 0)
		return;
	text = json_string_copy(value, NULL);
	buf_text(out, prefix);
	error_told_text(out, text, most);
}

/* One of the details of an error: VALUES gets its members under NAMES. */
typedef void (*tell_detail)(const struct json_value *values, struct buf *out);

static void tell_details(const struct json_value *details, const struct json_name names[3],
			 tell_detail tell, struct buf *out)
{
	struct json_value item, values[3];
	struct json_scan list, object;
	unsigned count = 0;

	if (details->type != JSON_LIST)
		return;
	json_scan_inside(&list, details);
	while (json_scan_item(&list, &item)) {
		if (item.type != JSON_OBJECT || ++count > MOST_DETAILS)
			continue;
		json_scan_inside(&object, &item);
		(void)json_scan_members(&object, names, 3, values);
		tell(values, out);
	}
	if (count > MOST_DETAILS)
		buf_format(out, "; and %u more", count - MOST_DETAILS);
}

static void tell_argument(const struct json_value *values, struct buf *out)
{
	error_told_value(out, "; argument ", &values[0], WORD);
	error_told_value(out, ": ", &values[1], WORD);
	error_told_value(out, ", ", &values[2], WORD * 2);
}

void error_told_arguments(const struct json_value *values, struct buf *out)
{
	static const struct json_name NAMES[3] = { JSON_EXACT_NAME("argument_name"),
						   JSON_EXACT_NAME("reason"),
						   JSON_EXACT_NAME("help_message") };

	tell_details(&values[ERROR_DETAILS], NAMES, tell_argument, out);
}

void error_told_authentication(const struct json_value *values, struct buf *out)
{
	error_told_value(out, "; ", &values[ERROR_METHOD], WORD);
	error_told_value(out, ": ", &values[ERROR_REASON], WORD);
	buf_text(out, "; the secret key is not taken");
}

static void tell_right(const struct json_value *values, struct buf *out)
{
	bool named = values[1].type == JSON_STRING && values[1].length;

	error_told_value(out, "; the secret key lacks the right to ", &values[1], WORD);
	error_told_value(out, named ? " " : "; the secret key lacks a right to ", &values[0], WORD);
}

void error_told_rights(const struct json_value *values, struct buf *out)
{
	static const struct json_name NAMES[3] = { JSON_EXACT_NAME("resource"),
						   JSON_EXACT_NAME("action"),
						   JSON_EXACT_NAME("reason") };

	tell_details(&values[ERROR_DETAILS], NAMES, tell_right, out);
}

void error_told_resource(const struct json_value *values, struct buf *out)
{
	bool named = values[ERROR_RESOURCE].type == JSON_STRING && values[ERROR_RESOURCE].length;

	error_told_value(out, "; it is about ", &values[ERROR_RESOURCE], WORD);
	error_told_value(out, named ? " " : "; it is about ", &values[ERROR_RESOURCE_ID], WORD);
	error_told_value(out, "; state: ", &values[ERROR_STATE], WORD);
	error_told_value(out, "; precondition: ", &values[ERROR_PRECONDITION], WORD);
	error_told_value(out, "; ", &values[ERROR_HELP], WORD * 2);
}

static void tell_quota(const struct json_value *values, struct buf *out)
{
	int64_t quota, current;

	error_told_value(out, "; quota of ", &values[0], WORD);
	if (json_integer(&values[1], &quota))
		buf_format(out, ": %" PRId64, quota);
	if (json_integer(&values[2], &current))
		buf_format(out, ", in use %" PRId64, current);
}

void error_told_quotas(const struct json_value *values, struct buf *out)
{
	static const struct json_name NAMES[3] = { JSON_EXACT_NAME("resource"),
						   JSON_EXACT_NAME("quota"),
						   JSON_EXACT_NAME("current") };

	tell_details(&values[ERROR_DETAILS], NAMES, tell_quota, out);
}

void error_told_limit(const struct json_value *values, struct buf *out)
{
	static const struct json_name NAMES[2] = { JSON_EXACT_NAME("quota"),
						   JSON_EXACT_NAME("window_seconds") };
	struct json_value limit[2];
	struct json_scan scan;
	int64_t quota, seconds;

	error_told_value(out, "; ", &values[ERROR_HELP], WORD * 2);
	if (values[ERROR_LIMIT].type == JSON_OBJECT) {
		json_scan_inside(&scan, &values[ERROR_LIMIT]);
		(void)json_scan_members(&scan, NAMES, 2, limit);
		if (json_integer(&limit[0], &quota) && json_integer(&limit[1], &seconds))
			buf_format(out, "; at most %" PRId64 " in %" PRId64 " s", quota, seconds);
	}
	if (json_integer(&values[ERROR_RESET_SECONDS], &seconds))
		buf_format(out, "; it asks to wait %" PRId64 " s", seconds);
}
