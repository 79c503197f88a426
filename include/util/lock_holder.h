/* Who holds a lock of flock(2), found out without taking one. */
#ifndef UTIL_LOCK_HOLDER_H
#define UTIL_LOCK_HOLDER_H

#include "util/err.h"

/* 1: a process holds an exclusive flock on PATH; PID is its number, as far as it is seen from here.
 * 0: none that is seen from here does, or there is no such file. -1 (ERR_IO): that cannot be told.
 */
int lock_holder_find(const char *path, long *pid, struct err *err)
	__attribute__((warn_unused_result));

#endif
