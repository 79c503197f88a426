/* Strict JSON on json-c: the text is looked through first, because json-c accepts single quotes,
 * NaN, "00", "1.", and control characters, keeps the last of two equal keys, and cuts a key at a
 * NUL. All else of the grammar is left to it. */
#include "json/document.h"

#include "util/xalloc.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

struct scan {
	const char *at;
	const char *end;
	size_t members; /* colons outside strings: what the object must hold in the end */
};

/* From behind the opening quote to behind the closing one; NUL says whether the string has one. */
static bool scan_string(struct scan *scan, bool *nul)
{
	static const char escaped_nul[] = "u0000";

	*nul = false;
	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '"') {
			scan->at++;
			return true;
		}
		if ((unsigned char)*scan->at < 0x20)
			return false;
		if (*scan->at != '\\')
			continue;
		if (++scan->at == scan->end)
			return false;
		if ((size_t)(scan->end - scan->at) >= sizeof escaped_nul - 1 &&
		    memcmp(scan->at, escaped_nul, sizeof escaped_nul - 1) == 0)
			*nul = true;
	}
	return false;
}

static bool is_digit_at(const struct scan *scan, const char *at)
{
	return at < scan->end && *at >= '0' && *at <= '9';
}

/* From the sign or first digit of a number to behind it. */
static bool scan_number(struct scan *scan)
{
	static const char parts[] = "+-.0123456789Ee";

	if (*scan->at == '-')
		scan->at++;
	if (!is_digit_at(scan, scan->at) || (*scan->at == '0' && is_digit_at(scan, scan->at + 1)))
		return false;
	while (is_digit_at(scan, scan->at))
		scan->at++;
	if (scan->at < scan->end && *scan->at == '.' && !is_digit_at(scan, scan->at + 1))
		return false;
	while (scan->at < scan->end && memchr(parts, *scan->at, sizeof parts - 1))
		scan->at++;
	return true;
}

static bool scan_text(struct scan *scan)
{
	static const char plain[] = "{}[]:, \t\r\naeflnrstu";
	bool nul = false;

	while (scan->at < scan->end) {
		if (*scan->at == '-' || is_digit_at(scan, scan->at)) {
			if (!scan_number(scan))
				return false;
			continue;
		}
		if (*scan->at == '"') {
			scan->at++;
			if (!scan_string(scan, &nul))
				return false;
			continue;
		}
		if (!memchr(plain, *scan->at, sizeof plain - 1))
			return false;
		if (*scan->at == ':' && nul)
			return false;
		scan->members += *scan->at == ':';
		scan->at++;
	}
	return true;
}

/* How many members all objects below VALUE have; its depth is limited by the parser. */
static size_t count_members(struct json_object *value)
{
	struct json_object_iter iterator;
	size_t members = 0;

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			members += count_members(json_object_array_get_idx(value, i));
	}
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreachC(value, iterator)
		{
			members += 1 + count_members(iterator.val);
		}
	}
	return members;
}

/* json-c does not survive it everywhere when memory ends, and loses members in silence: it takes at
 * most so much for each byte of a text ("[[],[]...": a list for three bytes). */
#define ROOM_PER_BYTE 128
#define ROOM_MOST     ((size_t)64 << 20)

void document_ensure_memory(size_t length)
{
	xensure(4096 + (length < ROOM_MOST / ROOM_PER_BYTE ? length * ROOM_PER_BYTE : ROOM_MOST));
}

bool document_lacks_memory(int error, const struct json_object *root, const char *text,
			   size_t length)
{
	static const char blanks[] = " \t\r\n";
	size_t blank = 0;

	while (blank < length && memchr(blanks, text[blank], sizeof blanks - 1))
		blank++;
	/* An error of its own has only json-c 0.17 and later. */
	if (error != json_tokener_success)
		return strstr(json_tokener_error_desc((enum json_tokener_error)error), "memory");
	return !root && blank < length && text[blank] != 'n';
}

/* NULL when json-c refuses the text. */
static struct json_object *build(const char *body, size_t length)
{
	struct json_tokener *tokener = NULL;
	struct json_object *root;

	document_ensure_memory(length);
	tokener = xchecked(json_tokener_new_ex(DOCUMENT_DEPTH));
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tokener, body, (int)length);
	if (document_lacks_memory((int)json_tokener_get_error(tokener), root, body, length))
		xchecked(NULL);
	if (root && json_tokener_get_parse_end(tokener) != length) {
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

int document_parse(const char *body, size_t length, struct json_object **out, struct err *err)
{
	CLEANUP(document_put) struct json_object *root = NULL;
	struct scan scan = { .at = body, .end = body + length };

	*out = NULL;
	if (length > INT_MAX)
		return err_set(err, ERR_IO, "too long to be read as JSON");
	if (!scan_text(&scan))
		return err_set(err, ERR_IO, "not JSON (byte %zu)", (size_t)(scan.at - body));
	root = build(body, length);
	if (!root)
		return err_set(err, ERR_IO, "not JSON");
	if (!json_object_is_type(root, json_type_object))
		return err_set(err, ERR_IO, "not a JSON object");
	if (count_members(root) != scan.members)
		return err_set(err, ERR_IO, "a JSON key is given twice");
	*out = steal(&root);
	return 0;
}

void document_put(struct json_object **slot)
{
	json_object_put(*slot);
	*slot = NULL;
}

struct json_object *document_get(const struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

bool document_text(struct json_object *value, const char **text, size_t *length)
{
	if (!json_object_is_type(value, json_type_string))
		return false;
	*text = json_object_get_string(value);
	*length = (size_t)json_object_get_string_len(value);
	return true;
}

int64_t document_date(const struct json_object *object, const char *key)
{
	struct json_object *value = document_get(object, key);
	const char *text;
	size_t length;

	if (!value)
		return DATE_ABSENT;
	return document_text(value, &text, &length) ? date_parse(text, length) : DATE_INVALID;
}

int document_string(const struct json_object *object, const char *key, const char **text,
		    struct err *err)
{
	struct json_object *value = document_get(object, key);
	size_t length;

	*text = NULL;
	if (!value)
		return 0;
	if (!document_text(value, text, &length) || strlen(*text) != length)
		return err_set(err, ERR_IO, "%s is not a plain string", key);
	return 0;
}
