/* One table of members, by which a line is written and read. */
#include "history/history.h"

#include "util/buf.h"
#include "json/scan.h"

#include <inttypes.h>
#include <string.h>

#define MEMBER(field)                                         \
	{                                                     \
#field, offsetof(struct history_entry, field) \
	}

static const struct {
	const char *name;
	size_t offset; /* of a uint64_t */
} NUMBERS[] = {
	MEMBER(duration_ms),    MEMBER(repositories), MEMBER(tags),
	MEMBER(tags_kept),      MEMBER(tags_deleted), MEMBER(manifests_deleted),
	MEMBER(tags_damaged),   MEMBER(warnings),     MEMBER(errors),
	MEMBER(collected),      MEMBER(bytes_freed),  MEMBER(blobs_freed),
	MEMBER(storage_bytes),  MEMBER(image_bytes),  MEMBER(garbage_bytes),
	MEMBER(untagged_bytes), MEMBER(trash_bytes),  MEMBER(free_bytes),
};
#define NUMBER_COUNT (sizeof NUMBERS / sizeof *NUMBERS)

/* Those that a line must have, and the end, come first. */
enum { STARTED, COMMAND, CODE, FINISHED, FIRST_NUMBER };
#define MEMBER_COUNT (FIRST_NUMBER + NUMBER_COUNT)

static uint64_t *number_of(struct history_entry *entry, size_t number)
{
	return (uint64_t *)(void *)((char *)entry + NUMBERS[number].offset);
}

/* What cannot be told is left out, so that the line is short. */
void history_line_write(const struct history_entry *entry, struct buf *out)
{
	struct history_entry copy = *entry;

	buf_format(out,
		   "{\"started_at\":%" PRId64 ",\"finished_at\":%" PRId64
		   ",\"command\":\"%s\",\"exit_code\":%d",
		   entry->started_at, entry->finished_at, entry->command, entry->exit_code);
	for (size_t i = 0; i < NUMBER_COUNT; i++) {
		uint64_t value = *number_of(&copy, i);

		if (value == HISTORY_UNKNOWN)
			continue;
		if (value > INT64_MAX)
			value = INT64_MAX;
		buf_format(out, ",\"%s\":%" PRIu64, NUMBERS[i].name, value);
	}
	buf_text(out, "}\n");
}

static void name_members(struct json_name names[MEMBER_COUNT])
{
	names[STARTED] = (struct json_name)JSON_EXACT_NAME("started_at");
	names[COMMAND] = (struct json_name)JSON_EXACT_NAME("command");
	names[CODE] = (struct json_name)JSON_EXACT_NAME("exit_code");
	names[FINISHED] = (struct json_name)JSON_EXACT_NAME("finished_at");
	for (size_t i = 0; i < NUMBER_COUNT; i++)
		names[FIRST_NUMBER + i] =
			(struct json_name){ NUMBERS[i].name, strlen(NUMBERS[i].name), false };
}

static bool read_command(const struct json_value *value, char command[HISTORY_COMMAND])
{
	if (value->type != JSON_STRING || value->length == 0 || value->length >= HISTORY_COMMAND)
		return false;
	for (size_t i = 0; i < value->length; i++)
		if (value->at[i] < 'a' || value->at[i] > 'z')
			return false;
	memcpy(command, value->at, value->length);
	command[value->length] = '\0';
	return true;
}

static bool read_number(const struct json_value *value, uint64_t *number)
{
	int64_t given;

	*number = HISTORY_UNKNOWN;
	if (!json_given(value))
		return true;
	if (!json_integer(value, &given) || given < 0)
		return false;
	*number = (uint64_t)given;
	return true;
}

static bool read_members(const struct json_value values[MEMBER_COUNT], struct history_entry *entry)
{
	int64_t code = 0;
	bool good = json_integer(&values[STARTED], &entry->started_at) && entry->started_at >= 0 &&
		    read_command(&values[COMMAND], entry->command) &&
		    json_integer(&values[CODE], &code) && code >= 0 && code <= 255;

	entry->exit_code = (int)code;
	entry->finished_at = entry->started_at;
	if (json_given(&values[FINISHED]))
		good = good && json_integer(&values[FINISHED], &entry->finished_at) &&
		       entry->finished_at >= 0;
	for (size_t i = 0; good && i < NUMBER_COUNT; i++)
		good = read_number(&values[FIRST_NUMBER + i], number_of(entry, i));
	return good;
}

bool history_line_read(const char *line, size_t length, struct history_entry *entry)
{
	struct json_name names[MEMBER_COUNT];
	struct json_value values[MEMBER_COUNT];
	struct json_scan scan;
	struct err err;
	bool good;

	*entry = (struct history_entry){ 0 };
	name_members(names);
	json_scan_open(&scan, line, length);
	(void)json_scan_members(&scan, names, MEMBER_COUNT, values);
	good = read_members(values, entry);
	return json_scan_close(&scan, &err) == 0 && good;
}
