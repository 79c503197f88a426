/* Which folder a path is, where registry.exec leads. */
#ifndef REGISTRY_FOLDER_IDENTITY_H
#define REGISTRY_FOLDER_IDENTITY_H

#include "util/err.h"

#include <stdint.h>

struct folder_identity {
	uint64_t device, inode; /* as stat(2) tells them */
};

/* Asks `EXEC… stat -L -c '%d %i' PATH`; EXEC is a NULL-terminated argv prefix. -1 (ERR_IO) when
 * that cannot be asked or the answer is not understood. */
int folder_identity_ask(const char *const *exec, const char *path, struct folder_identity *out,
			struct err *err) __attribute__((warn_unused_result));

#endif
