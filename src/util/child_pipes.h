/* What a child reads from and writes to; for util/child.c. */
#ifndef UTIL_CHILD_PIPES_H
#define UTIL_CHILD_PIPES_H

struct proc_options; /* util/proc.h */

/* The descriptors of a start; what is not yet open or is closed already is -1. */
struct child_pipes {
	int in; /* what the child reads: nothing, or its input */
	int out[2];
	int errors[2];
	int report[2]; /* tells the parent the errno of a failed exec, and ends when it succeeds */
};

/* Opens all of PIPES, which are -1; what the child reads is as OPTIONS say. -1 with errno set: some
 * may be open. */
int child_pipes_open(struct child_pipes *pipes, const struct proc_options *options)
	__attribute__((warn_unused_result));
void child_pipes_close(struct child_pipes *pipes);

#endif
