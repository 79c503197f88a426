/* A collection ends it for what it removed; before that, the age of the journal does. */
#include "undo/window.h"

#include "util/date.h"

#define SECONDS_PER_DAY 86400

const char *undo_able_name(enum undo_able able)
{
	static const char *const NAMES[] = {
		[UNDO_NOTHING] = "nothing",
		[UNDO_WHOLE] = "whole",
		[UNDO_PARTLY] = "partly",
		[UNDO_NEVER] = "never",
	};

	return NAMES[able];
}

/* From when on something that it removed is gone for a run that began at STARTED_AT; INT64_MAX:
 * never. */
static int64_t closes(const struct undo_collection *collection, int64_t started_at)
{
	if ((collection->ended && collection->blobs == 0) ||
	    (date_known(collection->at) && date_known(started_at) && collection->at < started_at))
		return INT64_MAX;
	return date_known(collection->until) ? collection->until : collection->at;
}

struct undo_window undo_window(int64_t started_at, bool deleted,
			       const struct undo_collection *collections, size_t count,
			       unsigned keep_days, int64_t now)
{
	struct undo_window window = { .able = deleted ? UNDO_WHOLE : UNDO_NOTHING,
				      .until = DATE_ABSENT,
				      .collected_at = DATE_ABSENT };
	int64_t closed = INT64_MAX;

	if (deleted && date_known(started_at))
		window.until = started_at + (int64_t)keep_days * SECONDS_PER_DAY;
	for (size_t i = 0; deleted && i < count; i++) {
		int64_t at = closes(&collections[i], started_at);

		if (at >= closed)
			continue;
		closed = at;
		window.collected_at = collections[i].at;
	}
	if (closed <= now)
		window.able = UNDO_PARTLY;
	else if (closed < INT64_MAX && (!date_known(window.until) || closed < window.until))
		window.until = closed;
	return window;
}

struct undo_window undo_window_never(bool deleted)
{
	return (struct undo_window){ .able = deleted ? UNDO_NEVER : UNDO_NOTHING,
				     .until = DATE_ABSENT,
				     .collected_at = DATE_ABSENT };
}

struct undo_counts undo_run_count(const struct undo_run *run)
{
	struct undo_counts counts = { 0 };

	for (size_t m = 0; m < run->manifest_count; m++) {
		const struct undo_manifest *manifest = &run->manifests[m];

		if (manifest->whole) {
			counts.manifests += manifest->fate == UNDO_DELETED;
			counts.possible += manifest->fate == UNDO_NOT_KNOWN;
		}
		for (size_t t = 0; t < manifest->tag_count; t++) {
			const struct undo_tag *tag = &manifest->tags[t];

			counts.tags += tag->fate == UNDO_DELETED;
			counts.possible += tag->by_name && tag->fate == UNDO_NOT_KNOWN;
		}
	}
	return counts;
}
