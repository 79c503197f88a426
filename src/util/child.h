/* One child and the raw bytes of its two outputs; what proc_run and proc_capture stand on. */
#ifndef UTIL_CHILD_H
#define UTIL_CHILD_H

#include "util/proc.h"

/* Called with what was read, in pieces as they come; NULL drops it. */
struct proc_sink {
	void (*take)(void *ctx, const char *bytes, size_t length);
	void *ctx;
};

/* As proc_run, but stdout and stderr go to SINKS; the callbacks in OPTIONS are not looked at. */
int child_run(const struct proc_options *options, const struct proc_sink sinks[2],
	      struct proc_result *result, struct err *err) __attribute__((warn_unused_result));

#endif
