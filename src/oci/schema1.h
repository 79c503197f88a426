/* What only Docker's schema1 has. For src/oci/manifest.c only. */
#ifndef OCI_SCHEMA1_H
#define OCI_SCHEMA1_H

#include "oci/descriptor.h"

/* Reads an entry of fsLayers, which SCAN has opened as an item of TYPE: its digest, as
 * descriptor_read; no size is told there. */
int schema1_layer(struct json_scan *scan, enum json_type type, struct oci_descriptor *to,
		  char **texts, struct err *err) __attribute__((warn_unused_result));
/* CREATED gets the date in the newest entry of ROOT's history, and stays as it is when there is no
 * history. -1 (ERR_IO) for a history that is none. */
int schema1_date(const struct descriptor_fields *root, int64_t *created, struct err *err)
	__attribute__((warn_unused_result));

#endif
