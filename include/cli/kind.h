/* What a kind of registry cannot do. */
#ifndef CLI_KIND_H
#define CLI_KIND_H

#include "util/err.h"

struct config;  /* config/config.h */
struct options; /* cli/options.h */

/* -1 (ERR_USAGE): OPTIONS have a command that registry.kind of CONFIG has not; the message says
 * why, on one line. */
int cli_kind_check(const struct options *options, const struct config *config, struct err *err)
	__attribute__((warn_unused_result));

#endif
