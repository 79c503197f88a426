/* JSON read straight from its bytes, in one strict pass and without a tree (RFC 8259; the rules are
 * those of json/document.h): for documents of which a few members matter.
 *
 * A caller opens the document, pulls members and items, and closes it; only when json_scan_close
 * returned 0 is what it pulled to be believed. Values are borrowed from the document's bytes; one
 * that was pulled may be read again, as often as needed, with a scan of its own (json_scan_inside).
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_SCAN_DEPTH 32 /* a value stands within fewer objects and lists than that */
#define JSON_SCAN_KEYS  64 /* of one object, compared with each other; more are sorted */

enum json_type {
	JSON_ABSENT = 0,
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_LIST,
	JSON_OBJECT,
};

/* A value as it stands in the text: of a string what is between the quotes, else all of it. */
struct json_value {
	enum json_type type;
	bool escaped; /* a string: it has a backslash */
	const char *at;
	size_t length; /* bytes */
};

/* A key of an object that is open. */
struct json_scan_key {
	const char *text; /* escapes undone */
	size_t length;
	uint32_t mark; /* differs only where the keys differ */
};

/* The keys of all open objects, the outermost's first. */
struct json_scan_keys {
	size_t count;
	size_t capacity;
	struct json_scan_key *list; /* INLINE until there are more */
	struct json_scan_key in_place[JSON_SCAN_KEYS];
	size_t first[JSON_SCAN_DEPTH]; /* of each open object */
	char **copies;                 /* of keys with escapes */
	size_t copy_count;
	size_t copy_capacity;
};

/* On the caller's stack; private to src/json. */
struct json_scan {
	const char *begin;
	const char *at;
	const char *end;
	bool failed;      /* the text is no JSON, at AT */
	bool no_object;   /* it is JSON, but no object */
	bool twice;       /* a key is given twice */
	bool fresh;       /* an object or list was opened, and nothing of it read yet */
	bool inside;      /* the text was looked through before */
	unsigned depth;   /* open objects and lists */
	uint32_t objects; /* bit N: the (N + 1)th of them is an object */
	struct json_scan_keys keys;
};

/* A name that a caller looks for. */
struct json_name {
	const char *text;
	size_t length;
	bool any_case; /* a key that differs from it in the case of its letters alone is doubtful */
};
#define JSON_NAME(text)                        \
	{                                      \
		(text), sizeof(text) - 1, true \
	}
#define JSON_EXACT_NAME(text)                   \
	{                                       \
		(text), sizeof(text) - 1, false \
	}

/* Opens the object that BODY is. What is pulled from anything else is nothing. */
void json_scan_open(struct json_scan *scan, const char *body, size_t length);
/* Ends it and releases what it has; the document's bytes must still be there. -1 (ERR_IO), with a
 * message that has none of the text: BODY is longer than INT_MAX, not JSON, no object, nested too
 * deep, has a key twice, or one that holds a NUL. Wherever that is, also in what was not pulled. */
int json_scan_close(struct json_scan *scan, struct err *err) __attribute__((warn_unused_result));
/* Opens VALUE, an object or a list that was pulled from a document that is in order. Nothing is
 * to be closed. */
void json_scan_inside(struct json_scan *scan, const struct json_value *value);

/* The next member's key, as a string, with its value. False at the end of the object. */
bool json_scan_member(struct json_scan *scan, struct json_value *key, struct json_value *value);
/* The next item of a list that json_scan_inside opened. False at its end. */
bool json_scan_item(struct json_scan *scan, struct json_value *value);
/* The same, but an item that is an object or a list is left open, so that what is in it is read
 * once: of an object its members are to be pulled down to the last. VALUE has its type alone then.
 */
bool json_scan_item_open(struct json_scan *scan, struct json_value *value);
/* Pulls all members of the open object: VALUES gets those under NAMES, in their order, COUNT of
 * them. True when a key is doubtful: it is one of NAMES but for the case of its letters, or not
 * ASCII: the registry, whose reader folds case, might read what we do not. */
bool json_scan_members(struct json_scan *scan, const struct json_name *names, size_t count,
		       struct json_value *values);

/* True for what is there, and is not null. */
static inline bool json_given(const struct json_value *value)
{
	return value->type > JSON_NULL;
}
/* A copy of a string with its escapes undone, the caller's, with a NUL behind it; LENGTH (may be
 * NULL) gets its bytes, as it may have NULs in it. Half a surrogate pair becomes U+FFFD. */
char *json_string_copy(const struct json_value *string, size_t *length)
	__attribute__((malloc, returns_nonnull));
/* The same of a string without NULs; NULL for anything else. */
char *json_text_copy(const struct json_value *value);
/* True for the string that means TEXT. */
bool json_string_is(const struct json_value *value, const char *text);
/* A number without fraction and exponent: OUT gets it, or the nearest int64_t. False for any other
 * value. */
bool json_integer(const struct json_value *value, int64_t *out);
/* DATE_ABSENT for what is not there or null, DATE_INVALID for anything that is no date. */
int64_t json_date(const struct json_value *value);

#endif
