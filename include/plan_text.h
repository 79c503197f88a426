/* The plan in words, for log lines and reports. */
#ifndef PLAN_TEXT_H
#define PLAN_TEXT_H

#include "util/buf.h"

#include <stdint.h>

struct inventory;
struct plan;

/* Appends why TAG goes or stays: "old: created 2026-01-02 (322 days ago)", "shared_digest with
 * latest", "protected_tag, recent: created …". */
void plan_explain(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
		  struct buf *out);

#endif
