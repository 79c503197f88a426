/* Whether the registry answers again after it was started. */
#ifndef SESSION_HEALTH_H
#define SESSION_HEALTH_H

#include "util/err.h"

#include <stdbool.h>

struct config; /* config/config.h */

/* Waits for up to a minute until CONFIG's registry answers /v2/ as it should. BY_TOKEN: it is known
 * to want tokens. -1: ERR_UNREACHABLE, it does not; ERR_USAGE, ERR_STOPPED. */
int health_await(const struct config *config, bool by_token, struct err *err)
	__attribute__((warn_unused_result));

#endif
