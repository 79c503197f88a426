/* Descriptors inside manifests (image-spec v1.1.1, descriptor.md). For src/oci/manifest.c only. */
#ifndef OCI_DESCRIPTOR_H
#define OCI_DESCRIPTOR_H

#include "oci/manifest.h"
#include "util/err.h"

struct json_object;

/* Reads digest, size and whether it is foreign. -1 (ERR_IO) leaves nothing to release. */
int descriptor_read(struct json_object *from, struct oci_descriptor *to, struct err *err)
	__attribute__((warn_unused_result));
/* VALUE as a valid digest, the caller's; NULL when it is none. */
char *descriptor_digest(struct json_object *value);
/* -1 (ERR_IO) when a key of OBJECT is one of those that we read, but for the case of its letters.
 */
int descriptor_keys(const struct json_object *object, struct err *err)
	__attribute__((warn_unused_result));

#endif
