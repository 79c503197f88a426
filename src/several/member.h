/* One registry among several: its child, from the fork to its end. Private to src/several. */
#ifndef SEVERAL_MEMBER_H
#define SEVERAL_MEMBER_H

#include "several/gate.h"
#include "several/lines.h"
#include "several/several.h"
#include "util/forked.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

enum member_state {
	MEMBER_READS,   /* its configuration */
	MEMBER_WAITS,   /* for its turn */
	MEMBER_RUNS,    /* what it is to do */
	MEMBER_STOPPED, /* it was not to begin; its child ends */
	MEMBER_ENDED,
};

struct member {
	char *name, *path;
	enum member_state state;
	struct gate_identity identity; /* from MEMBER_WAITS on */
	struct forked child;
	int socket;
	struct lines out, errors; /* one of them may be for both */
	bool begun;               /* after its end: nobody told it not to begin */
	int code;                 /* after its end */
	int signal;               /* that killed it, or 0 */
	int64_t began_ms, ended_ms;
	unsigned warnings, errors_told;
};

/* How the children are made; the same for all. */
struct member_start {
	several_work work;
	void *ctx;
	int64_t began_ms;
	bool one_pipe; /* our standard output and error are the same */
	struct lines_sink *out, *errors;
	struct member *others; /* begun before, whose descriptors are none of the child's */
	size_t other_count;
};

/* MEMBER has its name and path. -1: errno says why; it has no child then. */
int member_fork(struct member *member, const struct member_start *start)
	__attribute__((warn_unused_result));
void member_clear(struct member *member);

/* Lets it begin, and forget VARIABLES. */
void member_begin(struct member *member, const struct string_list *variables);
/* It waits, and is not to begin. */
void member_stop(struct member *member);

/* What to poll for MEMBER: MEMBER_FDS of them, some of them negative. */
#define MEMBER_FDS 4
void member_poll(const struct member *member, struct pollfd fds[MEMBER_FDS]);
/* Takes what came. */
void member_take(struct member *member, const struct pollfd fds[MEMBER_FDS]);

#endif
