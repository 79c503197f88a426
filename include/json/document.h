/* JSON of answers and of others' files as a tree, read strictly: what two readers could understand
 * differently is no document. Manifests and configs are read by json/scan.h, after the same rules.
 */
#ifndef JSON_DOCUMENT_H
#define JSON_DOCUMENT_H

#include "util/date.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOCUMENT_DEPTH 32

struct json_object;

/* Reads BODY as one JSON object (RFC 8259, UTF-8), nested less deep than DOCUMENT_DEPTH, without a
 * key given twice or one that holds a NUL. 0: OUT is the caller's to document_put. -1 (ERR_IO):
 * OUT is NULL; the message has none of the text. */
int document_parse(const char *body, size_t length, struct json_object **out, struct err *err)
	__attribute__((warn_unused_result));
/* Before json-c reads a text of LENGTH bytes: ends the process where the memory for that is not to
 * be had (util/xalloc.h). */
void document_ensure_memory(size_t length);
/* True if json-c ran out of memory while it parsed TEXT, of LENGTH bytes, into ROOT, with ERROR
 * (json_tokener_get_error). */
bool document_lacks_memory(int error, const struct json_object *root, const char *text,
			   size_t length);
/* Releases what *SLOT points at; for CLEANUP(). NULL is fine. */
void document_put(struct json_object **slot);

/* The value of KEY; NULL when it is absent or null. Borrowed from OBJECT. */
struct json_object *document_get(const struct json_object *object, const char *key);
/* The bytes of VALUE, NULs in it included; borrowed from it. False when it is not a string. */
bool document_text(struct json_object *value, const char **text, size_t *length);
/* TEXT gets the string under KEY, borrowed from OBJECT; NULL when it is absent or null. -1 (ERR_IO)
 * for any other type, and for a string with a NUL. */
int document_string(const struct json_object *object, const char *key, const char **text,
		    struct err *err) __attribute__((warn_unused_result));
/* The date under KEY: DATE_ABSENT when it is absent or null, DATE_INVALID for any other type. */
int64_t document_date(const struct json_object *object, const char *key);

#endif
