/* A child that lives beside us for a while: its input can be written to, its outputs are read by a
 * thread, and it is ended with us. */
#ifndef UTIL_COMPANION_H
#define UTIL_COMPANION_H

#include "util/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define COMPANION_SAID ((size_t)1024)

struct companion {
	pid_t pid; /* 0: there is none */
	int pidfd;
	int input;  /* its standard input, -1 when that is closed */
	int output; /* both of its outputs */
	pthread_t reader;
	bool reads;                /* there is a reader */
	char said[COMPANION_SAID]; /* the beginning of what it printed; complete after companion_end
				    */
};

/* Starts ARGV with ENVIRONMENT (both NULL-terminated); the program is looked up in our PATH. Where
 * we are killed it gets TERM. -1 (ERR_UNREACHABLE): it could not be started. */
int companion_start(struct companion *child, const char *const *argv, char *const *environment,
		    struct err *err) __attribute__((warn_unused_result));
/* Whether it still runs; waits for its end for so many milliseconds, or until a stop signal. */
bool companion_lives(const struct companion *child, int milliseconds);
/* Waits for its end for five seconds, kills it with its group if need be, and releases it. */
void companion_end(struct companion *child);

#endif
