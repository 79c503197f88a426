/* The verb `collect`: a collection alone, with all that is looked at before one in a run. */
#ifndef COMMAND_COLLECT_COMMAND_H
#define COMMAND_COLLECT_COMMAND_H

#include "command/context.h"

/* For `collect` and `collect --dry-run`, without a plan. */
extern const struct operations OPERATIONS_COLLECT, OPERATIONS_COLLECT_DRY;

#endif
