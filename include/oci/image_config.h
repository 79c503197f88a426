/* An image config's body (image-spec v1.1.1, config.md): only its dates. No I/O. */
#ifndef OCI_IMAGE_CONFIG_H
#define OCI_IMAGE_CONFIG_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

/* CREATED gets the config's `created`; only when that is absent or null, the `created` of the last
 * history entry; when that is absent or null too, DATE_ABSENT. Present but no date (wrong type
 * included): DATE_INVALID. -1 (ERR_IO) when BODY is not a JSON object. */
int image_config_created(const char *body, size_t length, int64_t *created, struct err *err)
	__attribute__((warn_unused_result));

#endif
