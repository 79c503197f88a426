/* The end of a run: its report, its exit code. */
#ifndef RUN_FINISH_H
#define RUN_FINISH_H

#include "util/err.h"

#include <stdint.h>

struct file_new; /* util/file.h */
struct run;      /* run/context.h */

/* Opens the file of --report, if there is to be one. -1: ERR_USAGE, ERR_IO. */
int finish_open_report(const struct run *run, struct file_new *file, struct err *err)
	__attribute__((warn_unused_result));
/* Reports, and returns the exit code. FAILURE ended the run early, or is none; BEGAN: monotonic ms.
 */
int finish_run(struct run *run, struct file_new *file, int64_t began, const struct err *failure);
/* Tells of a run that ended with CODE before it opened its state, and told WHY. */
void finish_early(struct run *run, int64_t began, int code, const char *why);
/* Releases all that RUN has. */
void finish_clear(struct run *run, struct file_new *file);

#endif
