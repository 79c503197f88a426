/* What cannot be written at the end of a run is a warning: all that is needed to undo it was
 * written before. */
#include "run/journal.h"

#include "config/config.h"
#include "gc/gc.h"
#include "report/space.h"
#include "run/context.h"
#include "run/native_ready.h"
#include "undo/journal.h"
#include "undo/window.h"
#include "util/date.h"
#include "util/log.h"

#include <stdint.h>
#include <time.h>

#define DAY INT64_C(86400)

static const char *method_of(const struct run *run)
{
	static const char *const METHODS[] = {
		[GC_REGISTRY] = "registry", [GC_OFFLINE] = "offline", [GC_NATIVE] = "native"
	};

	return METHODS[run->config->gc.method];
}

void run_journal_open(struct run *run)
{
	const struct undo_about about = { .registry = run->config->registry.url,
					  .command = run->report.command,
					  .started_at = run->report.started_at,
					  .host_storage = run->config->paths.host_storage,
					  .opaque = run->config->registry.kind == KIND_SCALEWAY };

	run->journal = undo_journal_new(run->state, &about);
}

/* The native collector moves what had lost its links a grace before: what was deleted since then is
 * all there, so that is when its collection counts. */
static struct undo_collection native_collection_of(const struct run *run)
{
	const struct report_native *native = &run->report.native;
	long days = run->config->gc.trash_days;
	int64_t now = (int64_t)time(NULL);

	return (struct undo_collection){ .at = now - native_ready_grace_seconds(run->config),
					 .method = (char *)(uintptr_t)method_of(run),
					 .ended = run->report.gc.ran && native->collected,
					 .blobs = native->collected ? native->moved.count
								    : UNDO_UNKNOWN,
					 .freed = report_space_known(report_freed(&run->report)),
					 .until = days > 0 ? now + days * DAY : DATE_ABSENT };
}

/* What RUN itself deleted goes when its links have been taken for a grace, and then from the trash.
 */
static struct undo_collection native_next_of(const struct run *run)
{
	struct undo_collection collection = native_collection_of(run);
	int64_t from = run->report.native.detached_until;

	collection.ended = true;
	collection.blobs = run->report.native.detached.count;
	collection.at = from;
	collection.until = from + run->config->gc.trash_days * DAY;
	return collection;
}

/* The collection of RUN, as far as it is known. */
static struct undo_collection collection_of(const struct run *run)
{
	const struct gc_result *gc = &run->report.gc;

	if (run->config->gc.method == GC_NATIVE)
		return native_collection_of(run);
	return (struct undo_collection){ .at = time(NULL),
					 .method = (char *)(uintptr_t)method_of(run),
					 .ended = gc->ran && !gc->end_unknown,
					 .blobs = gc->done ? gc->blobs_deleted : UNDO_UNKNOWN,
					 .freed = report_space_known(report_freed(&run->report)),
					 .until = DATE_ABSENT };
}

void run_journal_collecting(struct run *run)
{
	const struct undo_collection collection = collection_of(run);
	struct err err = { 0 };

	if (undo_journal_collecting(run->journal, &collection, &err) < 0)
		log_warning("%s", err.msg);
}

void run_journal_judge(struct run *run)
{
	bool native = run->config->gc.method == GC_NATIVE;
	const struct undo_collection collection = native ? native_next_of(run) : collection_of(run);
	const struct outcome *outcome = &run->outcome;
	struct report_undo *undo = &run->report.undo;
	int64_t next = run->report.next_collection;
	bool deleted =
		outcome->tags_deleted > 0 || outcome->manifests_deleted > 0 || outcome->end_unknown;

	if (!run->journal || !undo_journal_exists(run->journal))
		return;
	undo->run = undo_journal_run(run->journal);
	undo->path = undo_journal_path(run->journal);
	if (run->config->registry.kind == KIND_SCALEWAY) {
		undo->window = undo_window_never(deleted);
		return;
	}
	undo->window = undo_window(run->report.started_at, deleted, &collection, run->report.gc.ran,
				   (unsigned)run->config->undo.keep_days, time(NULL));
	/* gc.every_days: it is known when that is. */
	if (date_known(next) && next < undo->window.until)
		undo->window.until = next;
}

static int write_end(const struct run *run, struct err *err)
{
	const struct undo_collection collection = collection_of(run);
	const struct undo_run end = { .ended_at = time(NULL),
				      .exit_code = run->report.exit_code,
				      .tags_deleted = run->outcome.tags_deleted,
				      .freed_bytes =
					      report_space_known(report_freed(&run->report)) };

	/* Of one whose end is not known there is no more to say. */
	if (collection.ended && undo_journal_collected(run->journal, &collection, err) < 0)
		return -1;
	return undo_journal_end(run->journal, &end, err);
}

void run_journal_end(struct run *run)
{
	struct err err = { 0 };

	if (!run->journal)
		return;
	if (undo_journal_exists(run->journal) && write_end(run, &err) < 0)
		log_warning("%s", err.msg);
	undo_journal_forget(run->state, undo_journal_run(run->journal), run->report.started_at,
			    (unsigned)run->config->undo.keep_days);
}
