/* What all that carries a plan out has in common. */
#ifndef APPLY_SHARED_H
#define APPLY_SHARED_H

#include "apply/outcome.h"
#include "storage/trust.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct causes; /* util/causes.h */
struct config;
struct workers;
struct dangling;
struct holds;
struct http;
struct inventory;
struct layout;
struct plan;
struct policy;
struct restored;
struct state;
struct undo_journal;

/* Why nothing more is deleted, and nothing is collected. */
enum apply_end {
	APPLY_GOES_ON = 0,
	/* A delete was not seen in the storage: another registry answers than has that folder. */
	APPLY_STRANGE,
	/* A tag was still there after what it pointed at was deleted: the answers are not the
	 * registry's own of now, or it does not delete. */
	APPLY_STALE,
	/* What is to be deleted could not be written down before (undo/journal.h). */
	APPLY_UNWRITTEN,
};

struct apply {
	struct inventory *inventory;
	const struct plan *plan;
	const struct policy *policy;
	int64_t now; /* the plan's */
	struct api *api;
	struct http *http;
	struct state *state;
	struct undo_journal *journal;    /* undo/journal.h; not NULL where anything is deleted */
	struct holds *holds;             /* the policy's, to be read again; NULL: nothing is held */
	const struct restored *restored; /* tags that were put back; NULL: none is known */
	struct layout *layout;           /* NULL when host_storage cannot be read */
	enum storage_trust *trust;       /* in its folder; the session's */
	bool heeded;                     /* a delete was seen in the registry's own answers */
	enum apply_end end;
	struct dangling
		*dangling; /* apply/dangling.h; what is not finished blocks its repository */
	unsigned window;   /* requests in flight, repositories at a time */
	int64_t until_ms;  /* monotonic: after that no DELETE is begun; 0: no limit */
	size_t left;       /* repositories that were not finished in that time */
	struct outcome *outcome;
	/* While apply_run runs: */
	struct workers *workers;                  /* apply/apply.c */
	void (*go_on)(const struct apply *apply); /* other repositories may begin now */
	struct causes *failed;                    /* repositories, and why; told in its end */
};

/* Nothing is to be begun any more: a stop signal came, the run ends early (`end`), or time is up.
 */
bool apply_ends(const struct apply *apply);

#endif
