/* From JSON to objects. Private to src/scaleway. */
#ifndef SCALEWAY_OBJECT_READ_H
#define SCALEWAY_OBJECT_READ_H

#include "scaleway/object.h"

struct json_value;

/* As scaleway_object_parse, for VALUE of a document that is in order. */
int scaleway_object_read(const struct json_value *value, enum scaleway_kind kind,
			 struct scaleway_object *out, struct err *err)
	__attribute__((warn_unused_result));

#endif
