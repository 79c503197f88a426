/* Until when a run can be undone, as far as is known here: collections by other hands, and what
 * other images share, only the registry knows. No I/O. */
#ifndef UNDO_WINDOW_H
#define UNDO_WINDOW_H

#include "undo/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum undo_able {
	UNDO_NOTHING, /* it deleted nothing */
	UNDO_WHOLE,
	UNDO_PARTLY, /* a collection has removed layers since: only what others share is there */
	UNDO_NEVER,  /* what it deleted is nowhere, and cannot be put back */
};

struct undo_window {
	enum undo_able able;
	/* WHOLE: until then, seconds since 1970, unless a collection comes before; PARTLY: until
	 * then there is the journal. */
	int64_t until;
	/* When the collection was that ends it, or ended it; DATE_ABSENT: not known, or none. */
	int64_t collected_at;
};

/* "nothing", "whole", "partly" or "never", as reports spell it. */
const char *undo_able_name(enum undo_able able);

/* Of a run that began at STARTED_AT; DELETED: it deleted something, or may have. COLLECTIONS are
 * COUNT of any time, its own and those of other runs; those before it do not matter to it. One that
 * did not end, or does not tell how much it removed, may have removed anything. KEEP_DAYS:
 * undo.keep_days. */
struct undo_window undo_window(int64_t started_at, bool deleted,
			       const struct undo_collection *collections, size_t count,
			       unsigned keep_days, int64_t now);

/* The same of one that kept no manifest of what it deleted (undo_run.opaque). */
struct undo_window undo_window_never(bool deleted);

/* What RUN deleted, by its lines. */
struct undo_counts {
	size_t tags, manifests;
	size_t possible; /* manifests, and tags by their names, of which that is not known */
};
struct undo_counts undo_run_count(const struct undo_run *run);

#endif
