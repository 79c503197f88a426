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
/* Reads what SCAN has opened as an item of TYPE. -1 (ERR_IO) when it is no object. */
int descriptor_fields_in(struct json_scan *scan, enum json_type type,
			 struct descriptor_fields *fields, struct err *err)
	__attribute__((warn_unused_result));
/* The key that FIELD stands under. */
const char *descriptor_key(enum descriptor_field field);
/* -1 (ERR_IO) when a key is one of those that we read, but for the case of its letters. */
int descriptor_keys(const struct descriptor_fields *fields, struct err *err)
	__attribute__((warn_unused_result));
/* A string without a NUL in it, where it stands in the body, or a copy without its escapes. */
struct descriptor_text {
	const char *at; /* NULL: it is absent or null */
	size_t length;
	char *copy; /* to be released, or NULL */
};
/* For CLEANUP. */
void descriptor_text_free(struct descriptor_text *text);
/* The string under FIELD. -1 (ERR_IO) for any other type, and for a string with a NUL. */
int descriptor_text(const struct descriptor_fields *fields, enum descriptor_field field,
		    struct descriptor_text *text, struct err *err)
	__attribute__((warn_unused_result));
/* VALUE as a valid digest, written to *TEXTS, which moves behind it: a body has room for all of
 * its digests. NULL when it is none. */
char *descriptor_digest(const struct json_value *value, char **texts);
/* Reads digest (to *TEXTS likewise), size and whether it is foreign. */
int descriptor_read(const struct descriptor_fields *fields, struct oci_descriptor *to, char **texts,
		    struct err *err) __attribute__((warn_unused_result));

#endif
