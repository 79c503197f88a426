/* The trace of one decision: each rule, whether it is about the tag, what it says, what decided. */
#ifndef REPORT_WHY_H
#define REPORT_WHY_H

#include <stdint.h>
#include <stdio.h>

struct forecast;
struct inventory;
struct plan;
struct policy;

/* Writes to STREAM why PLAN, made of INVENTORY and POLICY, keeps or deletes TAG. Write errors are
 * the caller's to look for. */
void why_write(const struct inventory *inventory, const struct policy *policy,
	       const struct plan *plan, uint32_t tag, FILE *stream);

#endif
