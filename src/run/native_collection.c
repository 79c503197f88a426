/* The order of it: new candidates lose their links, what is due goes to the trash, the registry's
 * cache is emptied, a minute passes, and all is looked at again; only then anything is unlinked.
 * Whatever fails on the way, everything that was taken is put back. */
#include "run/native_collection.h"

#include "config/config.h"
#include "native/collect.h"
#include "native/digests.h"
#include "native/journal.h"
#include "native/marks.h"
#include "native/store.h"
#include "native/trash.h"
#include "registry/server_config.h"
#include "run/context.h"
#include "run/journal.h"
#include "run/native_look.h"
#include "run/native_ready.h"
#include "run/native_recovery.h"
#include "run/native_settle.h"
#include "run/next_collection.h"
#include "run/renew_cache.h"
#include "run/stale_cache.h"
#include "state/state.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/strtab.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>

struct work {
	struct run *run;
	char *name;
	struct native_look look;
	struct native_collection collection;
	struct timespec now; /* the store's */
	int64_t changed_ms;  /* when it was changed last, monotonic; 0: it was not */
	struct native_detached detached;
	struct native_swept swept;
};

static int check_stop(struct err *err)
{
	if (stop_signal_count() == 0)
		return 0;
	return err_set(err, ERR_STOPPED, "stopped by signal %d; the collection stays owed",
		       stop_signal());
}

static void note_removed(struct work *work, const char *digest)
{
	strtab_add(work->run->report.gc.removed, digest, strlen(digest));
}

/* The links that were taken, as "REPOSITORY DIGEST". */
static void note_links(struct work *work)
{
	const struct native_marks *marks = work->look.marks;
	const struct native_choice *choice = &work->look.choice;
	size_t digests = native_digests_count(marks->digests);
	CLEANUP(free_p) bool *taken = xcalloc(digests + 1, sizeof *taken);
	char text[DIGEST_TEXT];

	for (size_t i = 0; i < choice->detach_count; i++)
		taken[choice->detach[i].digest] = true;
	for (size_t i = 0; i < marks->link_count; i++) {
		const struct native_link *link = &marks->links[i];
		CLEANUP(free_p) char *line = NULL;

		if (!taken[link->stored])
			continue;
		native_digests_text(marks->digests, link->named, text);
		line = xasprintf("%s %s", marks->repositories[link->repository].name, text);
		note_removed(work, line);
	}
}

static int sweep(struct work *work, struct err *err)
{
	const struct native_choice *choice = &work->look.choice;
	char text[DIGEST_TEXT], size[UNITS_SIZE];

	if (choice->due_count == 0)
		return 0;
	progress("moving what nothing needs to the trash");
	work->changed_ms = time_monotonic_ms();
	if (native_sweep(&work->collection, work->look.journal, choice, &work->swept, err) < 0)
		return -1;
	work->changed_ms = time_monotonic_ms();
	work->run->report.native.moved =
		(struct report_native_blobs){ work->swept.blobs, work->swept.bytes };
	for (size_t i = 0; i < choice->due_count; i++)
		note_removed(work, native_digests_text(work->look.marks->digests,
						       choice->due[i].digest, text));
	log_info("moved %zu blob%s to the trash (%s)", work->swept.blobs,
		 units_s(work->swept.blobs), units_bytes(work->swept.bytes, size));
	if (work->swept.changed > 0)
		log_info("%zu blob%s changed since, and stay%s", work->swept.changed,
			 units_s(work->swept.changed), work->swept.changed == 1 ? "s" : "");
	return 0;
}

static int detach(struct work *work, struct err *err)
{
	const struct native_choice *choice = &work->look.choice;
	struct report_native *report = &work->run->report.native;
	char size[UNITS_SIZE], until[TIME_TEXT];

	if (choice->detach_count == 0)
		return 0;
	progress("taking the links of what nothing refers to");
	work->changed_ms = time_monotonic_ms();
	if (native_detach(&work->collection, work->look.journal, choice, work->look.marks,
			  &work->now, &work->detached, err) < 0)
		return -1;
	work->changed_ms = time_monotonic_ms();
	note_links(work);
	/* Without a grace they go in this run. */
	if (work->collection.grace_seconds <= 0)
		return 0;
	report->detached =
		(struct report_native_blobs){ work->detached.blobs, choice->detach_bytes };
	report->detached_until =
		work->now.tv_sec + (work->now.tv_nsec > 0) + work->collection.grace_seconds;
	log_info("nothing refers to %zu blob%s (%s) any more: %zu link%s taken, and a run "
		 "from %s on removes what nobody needs until then",
		 work->detached.blobs, units_s(work->detached.blobs),
		 units_bytes(choice->detach_bytes, size), work->detached.links,
		 work->detached.links == 1 ? " was" : "s were",
		 time_local(report->detached_until, until));
	return 0;
}

static int mark_again(struct work *work, struct err *err)
{
	struct native_marks *marks = NULL;
	int result;

	progress("marking once more");
	result = native_mark_again(work->look.store, work->look.marks, &marks, err);
	progress_end();
	if (result < 0)
		return -1;
	native_marks_free(work->look.marks);
	work->look.marks = marks;
	return 0;
}

/* A grace of 0: the registry is in read-only mode, and what was detached is due at once. */
static int sweep_at_once(struct work *work, struct err *err)
{
	struct native_look *look = &work->look;

	/* What earlier runs took the links of is due all the same. */
	if (work->detached.blobs == 0)
		return sweep(work, err);
	if (mark_again(work, err) < 0 || native_store_now(look->store, &work->now, err) < 0)
		return -1;
	native_choice_free(&look->choice);
	if (native_choose(look->store, look->marks, look->journal, &work->now, 0, &look->choice,
			  err) < 0)
		return -1;
	return sweep(work, err);
}

static int take(struct work *work, struct err *err)
{
	if (detach(work, err) < 0 || check_stop(err) < 0)
		return -1;
	return work->collection.grace_seconds > 0 ? sweep(work, err) : sweep_at_once(work, err);
}

/* -1: what was taken may be in a cache still. */
static int renew(struct work *work, struct err *err)
{
	struct run *run = work->run;
	bool cached = run->session.server.cache != CONFIG_NO;
	bool stale = empty_repositories_hide(run) || (work->changed_ms && cached) || run->door_used;
	bool renewed = !stale || renew_cache(run, "after layers lost their links") == 0;

	empty_repositories_finish(run, renewed);
	if (renewed || !work->changed_ms)
		return 0;
	return err_set(err, ERR_COLLECTOR,
		       "the registry's cache was not emptied, so nothing is collected, and the "
		       "collection stays owed");
}

/* A request that saw what was taken has come to its end then. */
static int wait_for_requests(const struct work *work, struct err *err)
{
	int64_t until = work->changed_ms + NATIVE_SETTLE_SECONDS * INT64_C(1000), left;
	struct pollfd stop = { .fd = stop_signal_fd(), .events = POLLIN };

	if (until > time_monotonic_ms())
		log_info("looking again in %" PRId64 " s, when pushes that saw what was taken have "
			 "ended",
			 (until - time_monotonic_ms() + 999) / 1000);
	progress("waiting for pushes that saw what was taken");
	while ((left = until - time_monotonic_ms()) > 0 && stop_signal_count() == 0) {
		(void)poll(&stop, 1, progress_wait((int)left));
		progress_tick();
	}
	progress_end();
	return check_stop(err);
}

static int settle(struct work *work, struct err *err)
{
	struct native_settled settled = { 0 };
	struct report_native *report = &work->run->report.native;

	if (native_settle(&work->collection, work->look.journal, work->look.marks, &settled, err) <
	    0)
		return -1;
	report->blobs_put_back += settled.needed;
	if (settled.needed > 0)
		log_info("%zu blob%s needed again, and moved back", settled.needed,
			 settled.needed == 1 ? " is" : "s are");
	return settled.needed > 0 ? mark_again(work, err) : 0;
}

static int heal(struct work *work, struct err *err)
{
	struct native_healed healed = { 0 };
	struct report_native *report = &work->run->report.native;

	if (native_heal(&work->collection, work->look.journal, work->look.marks, &healed, err) < 0)
		return -1;
	report->links_put_back += healed.links;
	if (healed.links > 0)
		log_info("put back %zu link%s of layers that images need (%zu of them were taken "
			 "by a collection)",
			 healed.links, units_s(healed.links), healed.ours);
	return 0;
}

/* After this nothing is put back any more. */
static int conclude(struct work *work, struct err *err)
{
	if (mark_again(work, err) < 0 || settle(work, err) < 0 || heal(work, err) < 0)
		return -1;
	if (work->changed_ms && stale_cache_check(work->run, err) < 0)
		return -1;
	if (check_stop(err) < 0)
		return -1;
	return native_conclude(&work->collection, work->look.journal, err);
}

static void undo(const struct work *work)
{
	struct gc_result *gc = &work->run->report.gc;
	struct native_recovered done = { 0 };
	struct err err = { 0 };

	work->run->report.native.detached = (struct report_native_blobs){ 0 };
	work->run->report.native.detached_until = 0;
	work->run->report.native.moved = (struct report_native_blobs){ 0 };
	strtab_free(gc->removed);
	gc->removed = strtab_new();
	if (native_recover(&work->collection, &done, &err) < 0)
		log_error("what was taken is not all back, the next run goes on with that: %s",
			  err.msg);
	else if (done.links + done.blobs > 0)
		log_info("put back what was taken: %zu link%s of layers, and %zu blob%s from the "
			 "trash",
			 done.links, units_s(done.links), done.blobs, units_s(done.blobs));
}

/* What is needed again leaves the journal, or it would be due each night. */
static bool has_struck(const struct native_journal *journal)
{
	for (size_t i = 0; i < journal->count; i++)
		if (journal->entries[i].struck)
			return true;
	return false;
}

static bool has_to_conclude(const struct work *work)
{
	return work->changed_ms || work->look.marks->missing_count > 0 ||
	       has_struck(work->look.journal);
}

static int take_and_settle(struct work *work, struct err *err)
{
	int result = take(work, err);

	progress_end();
	if (result == 0)
		result = check_stop(err);
	if (result == 0)
		result = renew(work, err);
	if (result == 0 && work->changed_ms)
		result = wait_for_requests(work, err);
	if (result == 0 && has_to_conclude(work))
		result = conclude(work, err);
	if (result < 0)
		undo(work);
	return result;
}

static void tell_trash(const struct work *work)
{
	struct report_native *report = &work->run->report.native;
	struct native_trash_summary trash;
	struct err err = { 0 };

	if (native_trash_summary(work->look.store, (unsigned)work->run->config->gc.trash_days,
				 &work->now, &trash, &err) < 0) {
		log_warning("what is in the trash is not known: %s", err.msg);
		return;
	}
	report->trash_known = true;
	report->trash = (struct report_native_blobs){ trash.blobs, trash.bytes };
	report->kept_until = trash.next_due;
}

static int empty_trash(struct work *work, struct err *err)
{
	struct native_emptied emptied = { 0 };
	struct report_native *report = &work->run->report.native;
	int result;

	progress("emptying the trash");
	result = native_empty_trash(&work->collection, (unsigned)work->run->config->gc.trash_days,
				    &work->now, &emptied, err);
	progress_end();
	report->freed = (struct report_native_blobs){ emptied.blobs, emptied.bytes };
	work->run->report.gc.blobs_deleted = emptied.blobs;
	if (emptied.shared > 0)
		log_info("%zu of the removed files %s other names (hard links, as a backup may "
			 "make): the disk has their space back when those are gone, too",
			 emptied.shared, emptied.shared == 1 ? "has" : "have");
	tell_trash(work);
	return result;
}

static int collect(struct work *work, struct err *err)
{
	struct run *run = work->run;
	struct native_look *look = &work->look;
	size_t young;

	if (native_ready(run, err) < 0 || native_look(run, NULL, true, look, err) < 0 ||
	    native_store_now(look->store, &work->now, err) < 0)
		return -1;
	work->collection = (struct native_collection){ .store = look->store,
						       .state = run->state,
						       .run = work->name,
						       .grace_seconds = native_ready_grace_seconds(
							       run->config) };
	young = look->choice.young;
	if (take_and_settle(work, err) < 0 || native_store_now(look->store, &work->now, err) < 0 ||
	    empty_trash(work, err) < 0)
		return -1;
	run->report.gc.blobs_marked = look->marks->blobs_marked;
	if (next_collection_done(run, err) < 0)
		return -1;
	/* What is too young now is looked for again. */
	return young > 0 ? state_add_pending_collection(run->state, err) : 0;
}

int native_collection(struct run *run, struct err *err)
{
	struct gc_result *gc = &run->report.gc;
	struct work work = { .run = run, .name = native_recovery_run_name() };
	int64_t began = time_monotonic_ms();
	int result;

	run_journal_collecting(run);
	gc_result_clear(gc);
	gc->ran = true;
	gc->exit_status = -1;
	gc->removed = strtab_new();
	result = collect(&work, err);
	gc->seconds = (double)(time_monotonic_ms() - began) / 1000;
	gc->done = result == 0;
	run->report.native.collected = result == 0;
	/* A usage error would say that nothing was deleted. */
	if (result < 0 && err->kind == ERR_USAGE &&
	    run->outcome.tags_deleted + run->outcome.manifests_deleted > 0)
		err->kind = ERR_COLLECTOR;
	if (result < 0)
		run->collector_failed = err->kind == ERR_COLLECTOR;
	else
		native_look_tell_collected(run);
	native_look_clear(&work.look);
	free(work.name);
	return result;
}
