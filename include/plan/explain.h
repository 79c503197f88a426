/* The plan in words, for log lines and reports. */
#ifndef PLAN_EXPLAIN_H
#define PLAN_EXPLAIN_H

#include "plan/plan.h"
#include "util/buf.h"

#include <stdint.h>

struct inventory;

/* "old", "shared_digest", …: the name of one reason, as reports spell it. */
const char *plan_reason_name(enum plan_reason reason);

/* Appends why TAG goes or stays: "old: created 2026-01-02 (322 days ago)", "shared_digest with
 * latest", "protected_tag, recent: created …", "save_last by job clean-dev, develop-.*". */
void plan_explain(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
		  struct buf *out);

#endif
