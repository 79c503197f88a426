/* The verb `collect`: a collection alone, with all that is looked at before one in a run. */
#ifndef COMMAND_COLLECT_COMMAND_H
#define COMMAND_COLLECT_COMMAND_H

#include "command/act.h"

/* For `collect` and `collect --dry-run`, without a plan. */
extern const struct hands HANDS_COLLECT, HANDS_COLLECT_DRY;

#endif
