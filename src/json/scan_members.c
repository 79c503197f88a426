/* The members of an object that are looked for by name. */
#include "json/scan.h"

#include "util/xalloc.h"

#include <string.h>
#include <strings.h>

static bool is_ascii(const char *text, size_t length)
{
	unsigned char bits = 0;

	for (size_t i = 0; i < length; i++)
		bits |= (unsigned char)text[i];
	return bits < 0x80;
}

/* The name that TEXT is, COUNT when it is none; DOUBTFUL is set when it could be one. */
static size_t find_name(const struct json_name *names, size_t count, const char *text,
			size_t length, bool *doubtful)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i].length != length)
			continue;
		if (memcmp(names[i].text, text, length) == 0)
			return i;
		if (names[i].any_case && strncasecmp(names[i].text, text, length) == 0)
			*doubtful = true;
	}
	*doubtful |= !is_ascii(text, length);
	return count;
}

static size_t find_key(const struct json_name *names, size_t count, const struct json_value *key,
		       bool *doubtful)
{
	CLEANUP(free_p) char *copy = NULL;
	size_t length;

	if (!key->escaped)
		return find_name(names, count, key->at, key->length, doubtful);
	copy = json_string_copy(key, &length);
	return find_name(names, count, copy, length, doubtful);
}

bool json_scan_members(struct json_scan *scan, const struct json_name *names, size_t count,
		       struct json_value *values)
{
	struct json_value key, value;
	bool doubtful = false;

	memset(values, 0, count * sizeof *values);
	while (json_scan_member(scan, &key, &value)) {
		size_t found = find_key(names, count, &key, &doubtful);

		if (found < count)
			values[found] = value;
	}
	return doubtful;
}
