/* Configuration text as JSON, read strictly (RFC 8259): the grammar is checked here, because json-c
 * accepts comments, single quotes, NaN and keys given twice; json-c then builds the object. */
#ifndef JSON_STRICT_H
#define JSON_STRICT_H

#include "util/err.h"

#include <stddef.h>

#define JSON_TEXT_DEPTH_LIMIT  32
#define JSON_STRICT_SIZE_LIMIT ((size_t)1024 * 1024)

struct json_object;

/* A key that its object had already. */
struct json_repeat {
	char *path;          /* dotted: "cleanup.days_to_keep", "list[2].name" */
	unsigned first_line; /* where it was first given */
	unsigned line;       /* where it is given again */
};

struct json_repeats {
	struct json_repeat *items;
	size_t count;
};
void json_repeats_clear(struct json_repeats *repeats);

/* Reads LENGTH bytes of UTF-8, with or without a byte order mark; lines end in LF or CRLF.
 * 0: OUT is the caller's to json_object_put, and holds the last of keys given twice; REPEATS names
 * them, in the order of the text. -1 (ERR_USAGE): the message begins with "line N: "; OUT and
 * REPEATS hold nothing. No message contains any of the text. */
int json_strict_parse(const char *text, size_t length, struct json_object **out,
		      struct json_repeats *repeats, struct err *err)
	__attribute__((warn_unused_result));

#endif
