/* One dry run serves all questions of a run; it is repeated only where its answer may be out of
 * date. */
#include "run/rehearsal.h"

#include "config/config.h"
#include "gc/gc.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "run/collect.h"
#include "run/collector_list.h"
#include "run/collector_proof.h"
#include "run/context.h"
#include "run/native_look.h"
#include "run/offline_collection.h"
#include "run/preflight.h"
#include "run/rehearsal_memory.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/strtab.h"
#include "util/time.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS 2 /* how often the collector is asked before what it says is believed to be bad */

/* Its --dry-run removes links to layers (registry notes, section 4). */
#define LYING_VERSION "3.0.0-beta.1"

void rehearsal_clear(struct rehearsal *rehearsal)
{
	gc_result_clear(&rehearsal->answer);
	free(rehearsal->untagged);
	*rehearsal = (struct rehearsal){ 0 };
}

/* Neither the registry nor its collector's storage has a repository. */
static bool nothing_to_collect(const struct run *run)
{
	const struct inventory *inventory = run->session.inventory;

	return run->rehearsal.answer.nothing_there && inventory->repository_count == 0 &&
	       !inventory->catalog_trouble && inventory->failures == 0 &&
	       run->plan->step_count == 0;
}

/* What the collector says when it is only asked is no collection, but how it failed is told. */
static int ask(struct run *run, struct err *err)
{
	struct rehearsal *rehearsal = &run->rehearsal;
	struct gc_result *answer = &rehearsal->answer;
	int result;

	rehearsal->asked_at = time(NULL);
	rehearsal->asked = false;
	collector_list_forget(run);
	result = gc_run(run->config, GC_ASK, run->session.layout, NULL, answer, err);
	/* Nothing is begun after a signal, which ended the question as well. */
	if (stop_signal_count() > 0)
		return err_set(err, ERR_STOPPED, "stopped by signal %d", stop_signal());
	if (result < 0) {
		if (nothing_to_collect(run)) {
			log_info("nothing to collect: nothing was pushed to the registry yet");
			rehearsal->nothing = true;
			*err = (struct err){ 0 };
			return 0;
		}
		run->report.gc.failed_asked = true;
		run->report.gc.exit_status = answer->exit_status;
		return err_wrap(err, "garbage-collect --dry-run");
	}
	rehearsal->asked = true;
	return 0;
}

static bool can_be_asked(const struct run *run)
{
	if (!strstr(run->session.inventory->server.version, LYING_VERSION))
		return true;
	log_warning("no second opinion, and no proof that the collector is this registry's: the "
		    "collector of this version removes something even when it is only asked");
	return false;
}

static int form_opinion(const struct run *run, const struct plan *plan, bool last, struct err *err)
{
	const struct preflight_question question = { .session = &run->session,
						     .plan = plan,
						     .answer = &run->rehearsal.answer,
						     .asked_at = run->rehearsal.asked_at,
						     .last = last };

	return run->config->gc.second_opinion ? preflight_check_collector(&question, err) : 1;
}

/* 1: all is well. 0: it is not, and may be so because something changed meanwhile. */
static int rehearse_once(struct run *run, bool last, struct err *err)
{
	int result;

	if (ask(run, err) < 0)
		return -1;
	if (run->rehearsal.nothing)
		return 1;
	result = collector_proof(&run->session, run->plan, run->rehearsal.answer.marks, last, err);
	if (result == 1)
		result = collector_list_take(run, last, err);
	return result == 1 ? form_opinion(run, run->plan, last, err) : result;
}

/* 1: all is well. -1: it is not, nor is it when the collector is asked once more. */
static int rehearse_turns(struct run *run, struct err *err)
{
	int result = 0;

	for (int turn = 1; turn <= TURNS && result == 0; turn++) {
		if (turn > 1)
			log_info("what the collector says does not fit what the registry has; that "
				 "may have been pushed meanwhile, so the collector is asked again");
		result = rehearse_once(run, turn == TURNS, err);
	}
	return result;
}

/* The collector is not asked; what the storage tells is told. */
static int rehearse_from_memory(struct run *run, int64_t at, struct err *err)
{
	struct gc_result *answer = &run->rehearsal.answer;
	char text[TIME_TEXT];

	time_local(at, text);
	log_info("the collector is not asked before the deletes: it was proved to be this "
		 "registry's at %s (gc.rehearsal_days)",
		 text);
	if (!run->session.inventory->from_storage)
		return 0;
	collector_list_forget(run);
	gc_result_clear(answer);
	answer->removed = strtab_new();
	return form_opinion(run, run->plan, true, err) < 0 ? -1 : 0;
}

/* Before the first push there is no storage. */
static bool is_bare(const struct run *run)
{
	const struct inventory *inventory = run->session.inventory;

	return !run->session.layout && inventory->repository_count == 0 &&
	       !inventory->catalog_trouble && inventory->failures == 0 &&
	       run->plan->step_count == 0;
}

/* The native collector looks at the storage as it will then. */
static int look_ahead(struct run *run, struct err *err)
{
	if (!is_bare(run))
		return native_look_ahead(run, err);
	log_info("nothing to collect: nothing was pushed to the registry yet");
	run->rehearsal.nothing = true;
	return 0;
}

static int rehearse(struct run *run, struct err *err)
{
	int64_t at = 0;
	int result;

	if (run->config->gc.method == GC_NATIVE)
		return look_ahead(run, err);
	if (offline_collection_check(run, err) < 0 ||
	    preflight_broken_links(&run->session, err) < 0)
		return -1;
	if (!can_be_asked(run))
		return 0;
	if (rehearsal_memory_read(run, &at))
		return rehearse_from_memory(run, at, err);
	result = rehearse_turns(run, err);
	if (result == 1 && !run->rehearsal.nothing)
		rehearsal_memory_write(run);
	return result < 0 ? -1 : 0;
}

int rehearsal_alone(struct run *run, struct err *err)
{
	if (run->config->gc.method == GC_NATIVE)
		return look_ahead(run, err) < 0 ? err_wrap(err, "nothing is collected") : 0;
	if (offline_collection_check(run, err) < 0 ||
	    preflight_broken_links(&run->session, err) < 0 ||
	    (can_be_asked(run) && rehearse_turns(run, err) < 0))
		return err_wrap(err, "nothing is collected");
	return 0;
}

static int look_for_check(struct run *run, struct err *err)
{
	const struct report_native *report = &run->report.native;

	if (look_ahead(run, err) < 0)
		return -1;
	if (run->rehearsal.nothing)
		err_set(err, ERR_NONE, "nothing was pushed to the registry yet");
	if (report->unclear.count == 0)
		return 0;
	return err_set(err, ERR_IO,
		       "%zu repositor%s not clear, and nothing that %s links of is collected",
		       report->unclear.count, report->unclear.count == 1 ? "y is" : "ies are",
		       report->unclear.count == 1 ? "it has" : "they have");
}

/* The broken links are a question of their own then. */
static int rehearse_for_check(struct run *run, struct err *err)
{
	if (run->config->gc.method == GC_NATIVE)
		return look_for_check(run, err);
	if (!can_be_asked(run)) {
		err_set(err, ERR_NONE,
			"the collector of this version removes something even when it is only "
			"asked");
		return 1;
	}
	if (rehearse_turns(run, err) < 0)
		return -1;
	if (run->rehearsal.nothing)
		err_set(err, ERR_NONE, "nothing was pushed to the registry yet");
	return 0;
}

static int before_deletes(struct run *run, struct err *err)
{
	bool deletes = run->plan->step_count > 0;

	if (run->checks)
		return rehearse_for_check(run, err);
	if (run->config->gc.when == GC_NEVER || (!deletes && !run_collection_is_due(run)) ||
	    run->rehearsal.failed)
		return 0;
	if (rehearse(run, err) == 0)
		return 0;
	if (run->config->gc.required || stop_signal_count() > 0 ||
	    (err->kind != ERR_COLLECTOR && err->kind != ERR_IO)) {
		if (err->kind == ERR_IO)
			err->kind = ERR_COLLECTOR;
		return err_wrap(err, "nothing is %s", deletes ? "deleted" : "collected");
	}
	log_warning("nothing is collected in this run, and the collection stays owed; gc.required "
		    "is false, so what is planned is deleted all the same: %s",
		    err->msg);
	run->rehearsal.failed = true;
	run->report.errors++;
	*err = (struct err){ 0 };
	return 0;
}

int rehearsal_before_deletes(struct run *run, struct err *err)
{
	int result = before_deletes(run, err);

	if (result == 0 && run->plan->step_count > 0)
		session_tell_unseen(&run->session);
	return result;
}

int rehearsal_before_collection(struct run *run, bool stale, struct err *err)
{
	static const char WHAT[] = "nothing is collected, and the collection stays owed";
	int broken = preflight_broken_links(&run->session, err);
	bool known = run->rehearsal.asked && !stale && broken == 0;
	int result = 0;

	if (broken < 0)
		return err_wrap(err, WHAT);
	/* Through the API all was read before the deletes: it tells nothing new. */
	if (!run->config->gc.second_opinion || !run->session.inventory->from_storage ||
	    !can_be_asked(run))
		return 0;
	if (known)
		result = form_opinion(run, NULL, false, err);
	for (int turn = 1; turn <= TURNS && result == 0; turn++) {
		if (turn > 1 || known)
			log_info("a tag needs what the collector would remove; it may have been "
				 "pushed meanwhile, so the collector is asked again");
		result = ask(run, err) < 0 ? -1 : form_opinion(run, NULL, turn == TURNS, err);
	}
	return result < 0 ? err_wrap(err, WHAT) : 0;
}
