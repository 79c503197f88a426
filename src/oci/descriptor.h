/* Descriptors inside manifests (image-spec v1.1.1, descriptor.md). For src/oci/manifest.c only. */
#ifndef OCI_DESCRIPTOR_H
#define OCI_DESCRIPTOR_H

#include "oci/manifest.h"
#include "util/err.h"
#include "json/scan.h"

/* The members that manifests and descriptors are read by. */
enum descriptor_field {
	FIELD_VERSION,
	FIELD_MEDIA_TYPE,
	FIELD_CONFIG,
	FIELD_LAYERS,
	FIELD_MANIFESTS,
	FIELD_SUBJECT,
	FIELD_ANNOTATIONS,
	FIELD_DIGEST,
	FIELD_SIZE,
	FIELD_URLS,
	FIELD_BLOBS,
	FIELD_FS_LAYERS,
	FIELD_BLOB_SUM,
	FIELD_HISTORY,
	FIELD_ARTIFACT_TYPE,
	FIELD_COUNT,
};

struct descriptor_fields {
	struct json_value value[FIELD_COUNT]; /* by enum descriptor_field */
	bool doubtful;                        /* see json_scan_members */
};

/* Reads the object that SCAN has open. */
void descriptor_fields(struct json_scan *scan, struct descriptor_fields *fields);
/* Reads VALUE. -1 (ERR_IO) when it is no object. */
int descriptor_fields_of(const struct json_value *value, struct descriptor_fields *fields,
			 struct err *err) __attribute__((warn_unused_result));
/* The key that FIELD stands under. */
const char *descriptor_key(enum descriptor_field field);
/* -1 (ERR_IO) when a key is one of those that we read, but for the case of its letters. */
int descriptor_keys(const struct descriptor_fields *fields, struct err *err)
	__attribute__((warn_unused_result));
/* TEXT, the caller's, gets the string under FIELD; NULL when it is absent or null. -1 (ERR_IO) for
 * any other type, and for a string with a NUL. */
int descriptor_string(const struct descriptor_fields *fields, enum descriptor_field field,
		      char **text, struct err *err) __attribute__((warn_unused_result));
/* VALUE as a valid digest, the caller's; NULL when it is none. */
char *descriptor_digest(const struct json_value *value);
/* Reads digest, size and whether it is foreign. -1 (ERR_IO) leaves nothing to release. */
int descriptor_read(const struct descriptor_fields *fields, struct oci_descriptor *to,
		    struct err *err) __attribute__((warn_unused_result));

#endif
