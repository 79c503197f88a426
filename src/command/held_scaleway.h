/* The same question as in command/held.h, of Scaleway's registry. */
#ifndef COMMAND_HELD_SCALEWAY_H
#define COMMAND_HELD_SCALEWAY_H

#include "util/err.h"

#include <stddef.h>

struct config;
struct held; /* command/held.h */
struct hold;
struct http;

/* Asks for the namespaces, then for the images of those that HOLDS name, then for the tags of
 * these. Each of ANSWERS is HELD_UNKNOWN already, with a reason, and stays so where that is not
 * found out. -1: as http_run. */
int command_held_scaleway(struct http *http, const struct config *config, const struct hold *holds,
			  size_t count, struct held *answers, struct err *err)
	__attribute__((warn_unused_result));

#endif
