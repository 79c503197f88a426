/* A child that is this process as it was when it forked, in a process group of its own: what the
 * terminal sends to ours does not reach it. */
#ifndef UTIL_FORKED_H
#define UTIL_FORKED_H

#include <sys/types.h>

struct forked {
	pid_t pid;
	int pidfd; /* to poll for reading: it has ended; -1: there is no child */
};

/* Forks; WORK(CTX) is called in the child, whose exit code is what it returns. Nothing may be left
 * in a buffer of stdio that is for one process alone. -1: errno says why; there is no child then.
 */
int forked_start(struct forked *child, int (*work)(void *ctx), void *ctx)
	__attribute__((warn_unused_result));
/* It has ended, or this waits for that: its exit code, or EXIT_INTERNAL and the signal that killed
 * it, otherwise 0. */
int forked_end(struct forked *child, int *signal);

#endif
