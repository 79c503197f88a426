/* Marks, chooses, and has a second reader agree. */
#include "run/native_look.h"

#include "config/config.h"
#include "gc/gc.h"
#include "inventory/inventory.h"
#include "native/collect.h"
#include "native/digests.h"
#include "native/journal.h"
#include "native/marks.h"
#include "native/store.h"
#include "native/trash.h"
#include "run/context.h"
#include "run/native_opinion.h"
#include "run/native_ready.h"
#include "run/preflight.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/strtab.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define TURNS 4 /* how often is looked before what the second reader says is believed to be bad */

static void forget(struct native_look *look)
{
	native_choice_free(&look->choice);
	native_marks_free(look->marks);
	native_journal_free(look->journal);
	look->marks = NULL;
	look->journal = NULL;
}

void native_look_clear(struct native_look *look)
{
	forget(look);
	native_store_close(look->store);
	look->store = NULL;
}

/* Each once in a run. */
static void tell_unclear(struct run *run, const struct native_marks *marks)
{
	struct report_native *report = &run->report.native;
	struct strtab *told = strtab_new();

	for (size_t i = 0; i < report->unclear.count; i++)
		strtab_add(told, report->unclear.items[i], strlen(report->unclear.items[i]));
	for (size_t i = 0; i < marks->repository_count; i++) {
		const struct native_repository *repository = &marks->repositories[i];

		if (!repository->unclear ||
		    strtab_find(told, repository->name, strlen(repository->name)) != STRTAB_NONE)
			continue;
		string_list_add(&report->unclear, xstrdup(repository->name));
		string_list_add(&report->reasons, xstrdup(repository->unclear));
		run->report.errors++;
		log_error("repository %s is not clear, and nothing that it has links of is "
			  "collected: %s",
			  repository->name, repository->unclear);
	}
	strtab_free(told);
}

/* Once in a run. */
static void tell_unreadable(struct run *run, const struct native_choice *choice)
{
	if (choice->unreadable == 0 || run->report.native.unreadable)
		return;
	run->report.native.unreadable = true;
	run->report.errors++;
	log_error("%zu blob%s could not be looked at, and stay%s: %s", choice->unreadable,
		  units_s(choice->unreadable), choice->unreadable == 1 ? "s" : "",
		  choice->first_unreadable);
}

static void tell_strange(const struct native_look *look)
{
	const struct native_choice *choice = &look->choice;
	char text[TIME_TEXT];

	if (look->marks->foreign_names > 0)
		log_info("passed over in the storage, as the registry did not make it: %s (%" PRIu64
			 " in all)",
			 look->marks->foreign_name, look->marks->foreign_names);
	if (choice->renewed_until > 0)
		log_warning("%zu blobs that nothing refers to changed within one hour: the storage "
			    "was restored, or given another owner. They go on from %s",
			    choice->renewed, time_local(choice->renewed_until, text));
}

static void add(struct strtab *digests, const struct native_marks *marks, uint32_t number)
{
	char text[DIGEST_TEXT];

	native_digests_text(marks->digests, number, text);
	strtab_add(digests, text, strlen(text));
}

static struct strtab *chosen(const struct native_look *look)
{
	const struct native_choice *choice = &look->choice;
	struct strtab *digests = strtab_new();

	for (size_t i = 0; i < choice->due_count; i++)
		add(digests, look->marks, choice->due[i].digest);
	for (size_t i = 0; i < choice->detach_count; i++)
		add(digests, look->marks, choice->detach[i].digest);
	return digests;
}

/* The second reader: what it knows, and whether it reads before it is asked. */
struct reader {
	struct inventory *fresh; /* NULL: what the run has read */
	bool reads;
};

/* 1: the second reader agrees, or is not asked. What was pushed between the mark and its reading is
 * known to it alone; so the mark is made once more then, and it is asked by what it knows. What was
 * deleted in between is known to the mark alone; so it reads once more after that. */
static int ask_second_reader(const struct run *run, const struct native_look *look,
			     struct reader *reader, bool last, struct err *err)
{
	const struct session *session = &run->session;
	struct strtab *digests;
	int result = 0;

	if (!run->config->gc.second_opinion ||
	    look->choice.due_count + look->choice.detach_count == 0)
		return 1;
	if (reader->reads) {
		inventory_free(reader->fresh);
		reader->fresh = inventory_new();
		if (preflight_read_anew(session, reader->fresh, false, err) < 0)
			return -1;
	}
	reader->reads = !reader->reads;
	digests = chosen(look);
	result = native_opinion(reader->fresh ? reader->fresh : session->inventory, digests, last,
				err);
	strtab_free(digests);
	return result;
}

static int choose(const struct run *run, const struct timespec *now, struct native_look *look,
		  struct err *err)
{
	struct timespec clock;

	look->journal = native_journal_load(run->state, err);
	if (!look->journal || native_journal_check(look->journal, run->state, look->store, err) < 0)
		return -1;
	if (now)
		clock = *now;
	else if (native_store_now(look->store, &clock, err) < 0)
		return -1;
	return native_choose(look->store, look->marks, look->journal, &clock,
			     native_ready_grace_seconds(run->config), &look->choice, err);
}

static int look_once(struct run *run, const struct timespec *now, struct reader *reader, bool last,
		     struct native_look *look, struct err *err)
{
	int result;

	forget(look);
	progress("marking what the registry needs");
	result = native_mark(look->store, &look->marks, err);
	progress_end();
	if (result < 0)
		return -1;
	tell_unclear(run, look->marks);
	return choose(run, now, look, err) < 0 ? -1
					       : ask_second_reader(run, look, reader, last, err);
}

int native_look(struct run *run, const struct timespec *now, bool anew, struct native_look *look,
		struct err *err)
{
	struct reader reader = { .reads = anew };
	int result = 0;

	*look = (struct native_look){ .store = native_store_open(run->config->paths.host_storage,
								 err) };
	if (!look->store)
		return -1;
	for (int turn = 1; turn <= TURNS && result == 0; turn++) {
		if (turn > 1)
			log_info("something needs what nothing referred to; it may have been "
				 "pushed meanwhile, so the storage is looked at again");
		result = look_once(run, now, &reader, turn == TURNS, look, err);
	}
	inventory_free(reader.fresh);
	if (result == 1) {
		tell_strange(look);
		tell_unreadable(run, &look->choice);
	}
	return result < 0 ? -1 : 0;
}

static void add_up(struct report_native_blobs *sum, uint64_t count, uint64_t bytes)
{
	sum->count += count;
	sum->bytes += bytes;
}

static void take_moment(int64_t *first, int64_t moment)
{
	if (moment > 0 && (*first == 0 || moment < *first))
		*first = moment;
}

/* What the trash takes in is freed when its days are over. */
static int weigh(struct run *run, const struct native_look *look, const struct timespec *now,
		 struct err *err)
{
	struct report_native *report = &run->report.native;
	const struct native_choice *choice = &look->choice;
	long days = run->config->gc.trash_days;
	int64_t grace = native_ready_grace_seconds(run->config);
	struct native_trash_summary trash;

	if (native_trash_summary(look->store, (unsigned)days, now, &trash, err) < 0)
		return -1;
	report->frees = (struct report_native_blobs){ trash.due_blobs, trash.due_bytes };
	report->later = (struct report_native_blobs){ 0 };
	add_up(days > 0 ? &report->later : &report->frees, choice->due_count, choice->due_bytes);
	/* Without a grace both phases are of one run. */
	add_up(days > 0 || grace > 0 ? &report->later : &report->frees, choice->detach_count,
	       choice->detach_bytes);
	add_up(&report->later, choice->waiting, choice->waiting_bytes);
	add_up(&report->later, choice->young, choice->young_bytes);
	report->later_at = 0;
	take_moment(&report->later_at, choice->waiting_until);
	take_moment(&report->later_at, choice->young_until);
	if (choice->detach_count > 0 && grace > 0)
		take_moment(&report->later_at, now->tv_sec + grace);
	report->looked = true;
	return 0;
}

int native_look_ahead(struct run *run, struct err *err)
{
	struct timespec now;
	CLEANUP(native_look_clear) struct native_look look = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	if (native_ready(run, err) < 0 || native_look(run, &now, false, &look, err) < 0)
		return -1;
	return weigh(run, &look, &now, err);
}

void native_look_tell(const struct run *run)
{
	const struct report_native *report = &run->report.native;
	char first[UNITS_SIZE], second[UNITS_SIZE], text[TIME_TEXT];

	if (!report->looked)
		return;
	log_info("the collection would free %s in %" PRIu64 " blob%s",
		 units_bytes(report->frees.bytes, first), report->frees.count,
		 units_s(report->frees.count));
	if (report->later.count > 0)
		log_info("%s in %" PRIu64 " blob%s that nothing refers to would go later%s%s",
			 units_bytes(report->later.bytes, second), report->later.count,
			 units_s(report->later.count), report->later_at ? ", the first from " : "",
			 report->later_at ? time_local(report->later_at, text) : "");
}

void native_look_tell_collected(const struct run *run)
{
	const struct gc_result *gc = &run->report.gc;
	uint64_t moved = run->config->gc.trash_days > 0 ? run->report.native.moved.count : 0;
	CLEANUP(free_p)
	char *trash = moved > 0 ? xasprintf(", %" PRIu64 " moved to the trash", moved) : NULL;

	log_info("collected: %" PRIu64 " blob%s removed%s, %" PRIu64 " kept", gc->blobs_deleted,
		 units_s(gc->blobs_deleted), trash ? trash : "", gc->blobs_marked);
}
