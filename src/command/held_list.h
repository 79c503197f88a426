/* The list of what is held, as a table or as JSON, on standard output. */
#ifndef COMMAND_HELD_LIST_H
#define COMMAND_HELD_LIST_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct config;
struct held; /* command/held.h */
struct holds;

/* ANSWERS: one for each of HOLDS. UNKNOWN gets how many of them tell nothing; the first reason is
 * told in the log. -1: ERR_IO. */
int command_held_list(const struct config *config, const struct holds *holds,
		      const struct held *answers, bool json, size_t *unknown, struct err *err)
	__attribute__((warn_unused_result));

#endif
