/* Carries a plan out on Scaleway's registry: deletes tags, image by image, several images at a
 * time, and one tag of an image after the other.
 *
 * Nothing that was read before is believed (S6): an image's tags are listed again before its first
 * DELETE and after each batch of them, each tag is read right before its own, and only what was
 * seen gone counts as deleted. `force` is never sent. */
#ifndef APPLY_SCALEWAY_APPLY_H
#define APPLY_SCALEWAY_APPLY_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct causes;           /* util/causes.h */
struct holds;            /* lists/holds.h */
struct http;             /* http/engine.h */
struct inventory;        /* inventory/inventory.h */
struct outcome;          /* apply/outcome.h */
struct plan;             /* plan/plan.h */
struct scaleway_api;     /* scaleway/api.h */
struct scaleway_catalog; /* scan_scaleway/catalog.h */
struct image;            /* apply_scaleway/image.h */
struct image_workers;    /* apply_scaleway/apply.c */
struct state;            /* state/state.h */
struct undo_journal;     /* undo/journal.h */

/* Why nothing more is deleted anywhere. */
enum scaleway_end {
	SCALEWAY_END_NONE = 0,
	/* A tag that was to stay went along with one that was deleted, or whether one did is not
	 * known before anything was proved. */
	SCALEWAY_END_LOST,
	/* The secret key may not delete. */
	SCALEWAY_END_FORBIDDEN,
	/* What is to be deleted could not be written down before (undo/journal.h, state/state.h).
	 */
	SCALEWAY_END_UNWRITTEN,
};

struct apply_scaleway {
	const struct inventory *inventory;
	struct scaleway_catalog *catalog; /* as INVENTORY; gets why tags stayed */
	const struct plan *plan;
	int64_t now; /* the plan's */
	struct scaleway_api *api;
	struct http *http;
	struct state *state;
	struct undo_journal *journal; /* not NULL */
	struct holds *holds;          /* the policy's, to be read again; NULL: nothing is held */
	unsigned window;              /* ≥ 1: images at a time */
	int64_t until_ms;             /* monotonic: after that no DELETE is begun; 0: no limit */
	unsigned deleting_seconds;    /* registry.deleting_seconds */
	unsigned retry_seconds;       /* registry.retry_seconds */
	struct outcome *outcome;
	/* What became of it: */
	size_t left;         /* images that were not finished before time was up */
	size_t already_gone; /* tags that were gone before they were deleted; these are in
			      * outcome.tags_deleted, too */
	enum scaleway_end end;
	char why[640]; /* of END */
	/* While it runs: */
	bool proved; /* a DELETE was seen to take its own tag and no other */
	struct causes *failed;
	struct image *live; /* images that are worked on */
	struct image_workers *workers;
	void (*go_on)(void *workers); /* other images may begin now */
};

/* Deletes what APPLY's plan wants gone. -1: ERR_STOPPED, ERR_UNREACHABLE (the registry, or the key
 * may not delete and nothing was deleted), ERR_USAGE (the state cannot be written and nothing was
 * deleted), ERR_IO (`end`) ended it early; OUTCOME says how far it came. Images in which something
 * failed are told in the log and counted in outcome.failures. */
int apply_scaleway_run(struct apply_scaleway *apply, struct err *err)
	__attribute__((warn_unused_result));

/* Nothing is to be begun any more: a stop signal came, the run ends early, or time is up. */
bool apply_scaleway_ends(const struct apply_scaleway *apply);

#endif
