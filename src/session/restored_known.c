/* Loads the list once, and lets it speak before anybody looks at the times of the folder. */
#include "session/restored_known.h"

#include "inventory/inventory.h"
#include "pulls/pulls.h"
#include "scan_storage/push_times.h"
#include "session/session.h"
#include "undo/restored.h"
#include "util/date.h"
#include "util/log.h"

void restored_known_read(struct session *session, const struct state *state)
{
	struct err err = { 0 };

	session->restored = restored_new();
	session->restored_unknown = restored_file_read(state, session->restored, &err) < 0;
	if (session->restored_unknown)
		log_warning("%s; until then no rule goes by when tags were pushed, pulled or "
			    "untagged",
			    err.msg);
}

void restored_known_apply(struct session *session, bool own)
{
	struct inventory *inventory = session->inventory;

	inventory->restored_unknown = session->restored_unknown;
	if (session->restored_unknown)
		push_times_forget(inventory);
	else if (session->restored && (own || !inventory->from_storage))
		restored_apply(session->restored, inventory, own ? session->layout : NULL);
	else if (session->restored)
		restored_apply_again(session->restored, inventory, NULL);
}

/* False: the log has a push since. */
static bool tell_pulls(struct pulls *pulls, const struct restored_tag *restored)
{
	return pulls_restored(pulls, &(struct pulls_restored){ .repository = restored->repository,
							       .tag = restored->tag,
							       .digest = restored->digest,
							       .at = restored->restored_at,
							       .seen = restored->seen_at,
							       .pulled = restored->pulled_at });
}

void restored_known_pulls(struct session *session)
{
	struct inventory *inventory = session->inventory;

	if (!session->restored || session->restored_unknown)
		return;
	/* The folder, where it is read, knows better than the log whether one was pushed since. */
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		struct inventory_tag *tag = &inventory->tags[t];
		const char *repository = inventory_tag_repository(inventory, t);
		const struct restored_tag *restored =
			tag->restored ? restored_find(session->restored, repository, tag->name)
				      : NULL;

		if (!restored || tell_pulls(session->pulls, restored) || inventory->pushes_known)
			continue;
		tag->restored = false;
		restored_drop(session->restored, repository, tag->name);
	}
}

void restored_known_save(const struct session *session, const struct state *state)
{
	struct err err = { 0 };

	/* The times of a copy tell nothing of pushes. */
	if (!session->restored || session->restored_unknown || !state ||
	    session->inventory->pushes_copied || !restored_changed(session->restored))
		return;
	if (restored_file_write(state, session->restored, &err) < 0)
		log_warning("%s", err.msg);
}
