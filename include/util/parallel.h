/* The same work on many items, by as many threads as there are cores. No thread touches what the
 * caller has: each item's result is a value of its own, handed to the caller's thread. */
#ifndef UTIL_PARALLEL_H
#define UTIL_PARALLEL_H

#include "util/err.h"

#include <stdatomic.h>
#include <stddef.h>

#define PARALLEL_THREADS_MAX 8

struct parallel {
	size_t count; /* the items are 0 … COUNT - 1 */
	/* Called once for each item, in any thread. It may read CTX, and change nothing in it. */
	void *(*work)(void *ctx, size_t item);
	/* Called in the caller's thread with each item's result, in the order of the items. It may
	 * change in CTX what no WORK reads. */
	void (*take)(void *ctx, size_t item, void *result);
	void *ctx;
};

/* All threads have ended when it returns. Only a few results wait to be taken at any time. -1
 * (ERR_STOPPED) after a stop signal: items that were not begun yet are left out; what was begun is
 * taken all the same. */
int parallel_run(const struct parallel *job, struct err *err) __attribute__((warn_unused_result));

/* Items that take so little time that threads share them in chunks. */
struct parallel_small {
	size_t count;
	size_t size; /* bytes of one result */
	/* As above; RESULT is zeroed, and gone when TAKE has returned. */
	void (*work)(void *ctx, size_t item, void *result);
	void (*take)(void *ctx, size_t item, void *result);
	void *ctx;
};

int parallel_run_small(const struct parallel_small *job, struct err *err)
	__attribute__((warn_unused_result));

/* Small items of which a thread works on neighbours together, so that what it opens for one of them
 * serves the next. */
struct parallel_chunks {
	size_t count;
	size_t size; /* bytes of one result */
	/* The items FIRST … END - 1; their RESULTS stand side by side and are zeroed. */
	void (*work)(void *ctx, size_t first, size_t end, void *results);
	void (*take)(void *ctx, size_t item, void *result); /* as above, each item */
	void *ctx;
};

int parallel_run_chunks(const struct parallel_chunks *job, struct err *err)
	__attribute__((warn_unused_result));

/* For items that take long. */
struct parallel_watch {
	/* Set once a stop signal has come: WORK looks at it now and then, and ends early. */
	atomic_bool ended;
	/* Called in the caller's thread ten times a second while it waits; may be NULL. */
	void (*waiting)(void *ctx);
};

/* As parallel_run, but always with threads, and what was begun ends early after a stop signal. */
int parallel_run_long(const struct parallel *job, struct parallel_watch *watch, struct err *err)
	__attribute__((warn_unused_result));

/* How many threads are worth while here: one for each core that we may use, PARALLEL_THREADS_MAX
 * at most. */
unsigned parallel_threads(void);

#endif
