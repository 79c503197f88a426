/* One error: what kind it is, and a sentence for people. The caller owns it, usually on its stack.
 */
#ifndef UTIL_ERR_H
#define UTIL_ERR_H

#include <stdarg.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_IO,          /* a file, a child process, a reply: work could not be done or read */
	ERR_USAGE,       /* command line, environment, configuration or state folder: exit 2 */
	ERR_UNREACHABLE, /* the registry was not reached, refused us, or refuses deletion: exit 3 */
	ERR_COLLECTOR,   /* the collector failed or its end is not known: exit 4 */
	ERR_BUSY,        /* another clean-registry or a collector is at work: exit 5 */
	ERR_SAFETY,      /* a safety limit refused the plan: exit 6 */
	ERR_STOPPED,     /* a signal asked us to stop: exit 128+n */
};

struct err {
	enum err_kind kind;
	char msg[1024]; /* one line without a full stop or newline; never holds a secret */
};

/* Sets ERR (cut to fit) and returns -1, so that `return err_set(...)` reads well. */
int err_set(struct err *err, enum err_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "WHERE: " in front of the message and returns -1. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
