/* The verb `collect`: a collection alone, with all that is looked at before one in a run. */
#ifndef RUN_COLLECT_ONLY_H
#define RUN_COLLECT_ONLY_H

#include "run/context.h"

/* For `collect` and `collect --dry-run`, without a plan. */
extern const struct operations COLLECT_ONLY, COLLECT_ONLY_DRY;

#endif
