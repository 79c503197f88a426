/* The work of apply in one image, for apply_scaleway alone. */
#ifndef APPLY_SCALEWAY_IMAGE_H
#define APPLY_SCALEWAY_IMAGE_H

#include "apply_scaleway/patience.h"
#include "scaleway/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apply_scaleway; /* apply_scaleway/apply.h */
struct strtab;         /* util/strtab.h */

enum doomed_state {
	DOOMED_TO_DO = 0,
	DOOMED_SENT, /* its DELETE was, or may have been, carried out; it was not seen gone yet */
	DOOMED_GONE, /* it answers 404; the list is still to be asked */
	DOOMED_DONE, /* and is not listed any more: it is deleted */
	DOOMED_LEFT, /* it stays, or what became of it is not known: told */
};

/* A tag that is to go. */
struct doomed {
	uint32_t tag; /* of the inventory, and of the catalog */
	size_t step;
	uint8_t state; /* enum doomed_state */
	bool ordered;  /* its DELETE may have been carried out, or was */
	bool unclear;  /* that is all that is known of it */
	bool found_gone;
	unsigned attempts; /* DELETEs that were ordered */
	unsigned late;     /* it was read when the look was too old by then */
	int64_t began_ms;  /* the first of them; monotonic */
};

/* A digest that is to go: all tags that show it (S1). */
struct image_step {
	uint32_t manifest;   /* of the inventory */
	size_t first, count; /* of the doomed */
	bool owed;           /* the state has it */
};

struct image {
	struct apply_scaleway *apply;
	uint32_t repository;
	const char *name, *id; /* the repository's, borrowed; the image's, borrowed */
	struct image_step *steps;
	size_t step_count;
	struct doomed *doomed; /* by step */
	size_t doomed_count;
	struct strtab *ids;     /* of the doomed: number = place among them */
	struct strtab *digests; /* of the steps: number = step */
	/* What was there at the last look: of the catalog before the first one. */
	const struct scaleway_object *seen;
	size_t seen_count;
	struct scaleway_list view; /* where SEEN is, but for the catalog's */
	struct strtab *subjects;   /* digests that were listed then; NULL before */
	struct strtab *bases;      /* and names; those of tags that are not deleted yet */
	bool looked;
	int64_t look_began, look_took; /* monotonic ms */
	bool written;                  /* the journal and the state have what is to go */
	/* The batch: steps from CURRENT to below BATCH_END. */
	size_t current, batch_end, batch_limit;
	struct doomed *ordering;
	bool touched;   /* a DELETE of this image may have been carried out */
	bool unchecked; /* a tag was ordered or found gone, and its image was not listed since */
	int64_t pause_ms;
	/* The wait until they are gone. */
	size_t polled;
	struct patience patience;
	bool failed; /* told: the rest is left */
	bool moved;  /* somebody works on it: the rest is left for the next run */
	char fault[640];
	void (*then)(struct image *image); /* of the part that is under way */
	struct image *next_live;
	void (*done)(void *ctx);
	void *ctx;
};

/* Deletes what the plan wants of REPOSITORY (at least one step). DONE is called from http_run; what
 * became of it is in the outcome and the log. */
void image_begin(struct apply_scaleway *apply, uint32_t repository, void (*done)(void *ctx),
		 void *ctx);
/* Nothing is answered any more, for WHY: what became of what was ordered is not known. */
void image_abandon(struct image *image, const char *why);
#endif
