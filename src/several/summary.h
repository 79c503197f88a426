/* How it went, registry by registry. Private to src/several. */
#ifndef SEVERAL_SUMMARY_H
#define SEVERAL_SUMMARY_H

#include "several/member.h"

#include <stddef.h>
#include <stdio.h>

/* Writes a line for each of MEMBERS, all of which have ended. */
void summary_print(const struct member *members, size_t count, FILE *out);

#endif
