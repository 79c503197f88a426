/* A DELETE that was cut, finished on a registry that deletes no single tags (2.x): the manifest is
 * put back under its digest and deleted once more, with the tags that dangled from it. For
 * apply/dangling.c alone. */
#ifndef APPLY_AGAIN_H
#define APPLY_AGAIN_H

#include "apply/ask.h"

struct apply;

struct again {
	const char *name, *digest; /* the repository, and what dangles */
	struct api_body body;
	/* Whether TAG dangled from it. */
	bool (*is_own)(const void *ctx, const char *tag);
	const void *ctx;
};

enum again_result {
	AGAIN_FAILED,
	AGAIN_HOPELESS, /* the registry lacks what the manifest needs: it never can be done */
	AGAIN_DONE,
	AGAIN_RESTORED, /* done, but a tag had been moved to it meanwhile: both are there again */
};

/* No DELETE leaves later than APPLY_BATCH_MS after the list that it relies on, and after it another
 * list tells whether it took a tag along that is not its own: that is put back, or named as an
 * error. */
enum again_result again_run(const struct apply *apply, const struct again *again,
			    struct reply *reply);

#endif
