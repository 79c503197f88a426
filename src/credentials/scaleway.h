/* The secret key of Scaleway's API. Private to src/credentials. */
#ifndef CREDENTIALS_SCALEWAY_H
#define CREDENTIALS_SCALEWAY_H

#include "util/err.h"

struct config; /* config/config.h */
struct notes;  /* util/notes.h */

/* As credentials_complete, for registry.scaleway_config, which is given. */
int credentials_scaleway(struct config *config, struct notes *told, struct notes *warnings,
			 struct err *err) __attribute__((warn_unused_result));

#endif
