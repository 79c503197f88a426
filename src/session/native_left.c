/* The journal in the state says what was begun; the trash says what was moved. */
#include "session/native_left.h"

#include "config/config.h"
#include "native/collect.h"
#include "native/journal.h"
#include "native/store.h"
#include "util/log.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <time.h>

void native_left_clear(struct native_left *left)
{
	native_journal_free(left->journal);
	native_store_close(left->store);
}

static size_t count_open(const struct native_journal *journal)
{
	const struct timespec now = { 0 };

	return native_journal_summary(journal, &now, 0).open;
}

int native_left_find(const struct config *config, const struct state *state,
		     struct native_left *left, struct err *err)
{
	struct err why = { 0 };

	*left = (struct native_left){ .journal = native_journal_load(state, err) };
	if (!left->journal)
		return -1;
	/* With another method, and nothing known of ours, nothing is looked for. */
	if (config->gc.method != GC_NATIVE && left->journal->count == 0)
		return 0;
	if (!config->paths.host_storage[0]) {
		if (count_open(left->journal) == 0)
			return 0;
		return err_set(err, ERR_COLLECTOR,
			       "an interrupted collection took links of layers of %s, which cannot "
			       "be put back while paths.host_storage is not set",
			       left->journal->storage);
	}
	left->store = native_store_open(config->paths.host_storage, &why);
	if (left->store)
		return native_needs_recovery(left->store, left->journal, err);
	/* What is to be collected there is refused later, with the reason. */
	if (count_open(left->journal) == 0)
		return 0;
	return err_set(err, ERR_COLLECTOR,
		       "an interrupted collection took links of layers, which cannot be put back: "
		       "%s",
		       why.msg);
}

/* Undone is sooner done than gone on with: the next collection does it again. */
int native_left_put_back(const struct config *config, struct state *state, struct err *err)
{
	CLEANUP(native_left_clear) struct native_left left;
	struct native_recovered done = { 0 };
	int found = native_left_find(config, state, &left, err);
	const struct native_collection collection = { .store = left.store, .state = state };

	if (found <= 0)
		return found;
	if (native_recover(&collection, &done, err) < 0)
		return err_wrap(err, "what an interrupted collection took is not all back");
	log_info("put back what an interrupted collection took: %zu link%s of layers, and %zu "
		 "blob%s from the trash",
		 done.links, units_s(done.links), done.blobs, units_s(done.blobs));
	return 1;
}
