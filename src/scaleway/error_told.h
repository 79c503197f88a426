/* What the members of an error say, for people: masked, printable, cut. Private to src/scaleway. */
#ifndef SCALEWAY_ERROR_TOLD_H
#define SCALEWAY_ERROR_TOLD_H

#include "json/scan.h"

#include <stddef.h>

struct buf;

enum error_member {
	ERROR_TYPE,
	ERROR_MESSAGE,
	ERROR_RESOURCE,
	ERROR_RESOURCE_ID,
	ERROR_DETAILS,
	ERROR_HELP,
	ERROR_METHOD,
	ERROR_REASON,
	ERROR_PRECONDITION,
	ERROR_STATE,
	ERROR_LIMIT,
	ERROR_RESET_SECONDS,
	ERROR_MEMBERS
};
extern const struct json_name ERROR_TOLD_NAMES[ERROR_MEMBERS];

/* Appends at most MOST bytes of TEXT. */
void error_told_text(struct buf *out, const char *text, size_t most);
/* Appends PREFIX and VALUE, unless that is no string, or an empty one. */
void error_told_value(struct buf *out, const char *prefix, const struct json_value *value,
		      size_t most);

/* Appends what errors of a type have to say beside their message, from their VALUES
 * (ERROR_MEMBERS). */
typedef void (*error_told_more)(const struct json_value *values, struct buf *out);
void error_told_arguments(const struct json_value *values, struct buf *out);
void error_told_authentication(const struct json_value *values, struct buf *out);
void error_told_rights(const struct json_value *values, struct buf *out);
void error_told_resource(const struct json_value *values, struct buf *out);
void error_told_quotas(const struct json_value *values, struct buf *out);
void error_told_limit(const struct json_value *values, struct buf *out);

#endif
