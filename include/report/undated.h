/* What of a plan stays because ages are not known, for the log. */
#ifndef REPORT_UNDATED_H
#define REPORT_UNDATED_H

#include <stddef.h>

struct inventory;
struct plan;

/* Logs, as warnings, where a rule keeps all that it counts since more of it is undated than dated,
 * and, when the times of pushes are needed and not to be had, what is kept for that. Returns how
 * many failures of the run that is: 1 when such times are missing (S2), else 0. */
size_t report_undated(const struct inventory *inventory, const struct plan *plan)
	__attribute__((warn_unused_result));

#endif
