/* Empty repositories: judged, hidden, removed. Beside the native collector (native/collect.h) this
 * is the only code that removes anything of a registry's storage.
 *
 * A repository goes in three steps. Its folders _manifests, _layers and _uploads, in this order,
 * are renamed within their folder (LAYOUT_HIDDEN): names that begin with "_" are no repositories to
 * catalogs, collectors and readers of uploads, so it has left the catalog, and everything can be
 * put back. Then its caller waits until no request that saw them can be at work any more. If
 * nothing came in by then, they are renamed once more (LAYOUT_GONE), which decides it, and removed.
 * What comes in before is put back together with what was there. Killed at any moment, the next run
 * puts back what was hidden, and finishes what was decided. */
#ifndef EMPTY_REMOVAL_H
#define EMPTY_REMOVAL_H

#include "util/err.h"

#include <stdint.h>

struct layout; /* storage/layout.h */

enum empty_state {
	EMPTY_STRANGE, /* something could not be read, or is not understood */
	EMPTY_HELD,    /* a tag, a manifest or an upload holds it */
	EMPTY_YOUNG,   /* it is empty, but something in it was written too lately */
	EMPTY_IDLE,    /* it may go */
};

struct empty_verdict {
	enum empty_state state;
	/* When the youngest of what is in it was written or changed: nanoseconds since 1970. */
	int64_t youngest;
	char reason[512]; /* why it may not go: "its _uploads has an upload" */
};

/* Looks at REPOSITORY. Links of layers do not hold it, as collectors leave them behind. Nothing in
 * it may be younger than BEFORE, seconds since 1970. */
struct empty_verdict empty_judge(const struct layout *layout, const char *repository,
				 int64_t before);

struct empty_removal {
	const struct layout *layout;
	/* Called before each change of the storage, with what will be done; for tests. May be NULL.
	 */
	void (*step)(void *ctx, const char *what);
	void *ctx;
};

/* All three: 1: done. 0: something came in, so everything was put back. -1 (ERR_IO): it failed;
 * what could not be put back is named. */

/* Hides REPOSITORY, which was judged EMPTY_IDLE. */
int empty_hide(const struct empty_removal *removal, const char *repository,
	       const struct empty_verdict *verdict, struct err *err)
	__attribute__((warn_unused_result));
/* Removes it for good once it is hidden, then its own folder and those above, as far as they are
 * empty. */
int empty_remove(const struct empty_removal *removal, const char *repository,
		 const struct empty_verdict *verdict, struct err *err)
	__attribute__((warn_unused_result));
/* What was left behind in REPOSITORY (tree_repositories, TREE_REMAINS): finishes it, or puts it
 * back. Before anything else reads the storage, above all before a collector does. */
int empty_recover(const struct empty_removal *removal, const char *repository, struct err *err)
	__attribute__((warn_unused_result));

/* Puts back what is hidden in REPOSITORY; where something new has its name, both are joined. -1
 * (ERR_IO): something could not, and is named. */
int empty_put_back(const struct empty_removal *removal, const char *repository, struct err *err)
	__attribute__((warn_unused_result));

#endif
