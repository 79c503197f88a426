/* The body of a config that says when something was created: only its date. No I/O. */
#ifndef OCI_IMAGE_CONFIG_H
#define OCI_IMAGE_CONFIG_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

/* CREATED gets the config's `created`; only when that is absent or null, the `created` of the last
 * history entry, then descriptor.createdAt and descriptor.created, as models have them; when all
 * are absent or null, DATE_ABSENT. Present but no date (wrong type included): DATE_INVALID. -1
 * (ERR_IO) when BODY is not a JSON object. */
int image_config_created(const char *body, size_t length, int64_t *created, struct err *err)
	__attribute__((warn_unused_result));
/* The field that it looks at as NUMBER, from 0 on, in words for people; NULL behind the last. */
const char *image_config_field(size_t number);

#endif
