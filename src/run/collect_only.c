/* What a run does after its deletes; or the collector is only asked. */
#include "run/collect_only.h"

#include "apply/dangling.h"
#include "cli/options.h"
#include "config/config.h"
#include "gc/activity.h"
#include "plan/plan.h"
#include "run/collect.h"
#include "run/deletion_door.h"
#include "run/hazard_check.h"
#include "run/measured.h"
#include "run/native_look.h"
#include "run/rehearsal.h"
#include "run/settle.h"
#include "state/state.h"
#include "util/log.h"
#include "util/units.h"

#include <inttypes.h>

static int collect_alone(struct run *run, struct err *err)
{
	int result;

	if (run->options->force_idle && settle_force(run, err) < 0)
		return -1;
	if (settle_check(run, err) < 0 || empty_repositories_recover(run, err) < 0)
		return -1;
	/* The questions before a collection are put about a plan. */
	run_plan_nothing(run);
	run->collection_was_owed = state_collection_is_pending(run->state);
	if (gc_check_idle(run->config, err) < 0)
		return -1;
	session_ask_server(&run->session);
	if (hazard_check_before_asking(run, err) < 0 || rehearsal_alone(run, err) < 0)
		return -1;
	run->apply = run_new_apply(run);
	run->apply.dangling = dangling_find(&run->apply);
	result = run_measured(run, collect_run, err);
	run_door_settle(run);
	dangling_free(run->apply.dangling);
	run->apply.dangling = NULL;
	return result;
}

/* What stops a collection is found out here, too. */
static int ask_alone(struct run *run, struct err *err)
{
	const struct gc_result *answer = &run->rehearsal.answer;

	run_plan_nothing(run);
	if (settle_check(run, err) < 0 || gc_check_idle(run->config, err) < 0)
		return -1;
	session_ask_server(&run->session);
	if (hazard_check_before_asking(run, err) < 0 || rehearsal_alone(run, err) < 0)
		return -1;
	if (run->rehearsal.nothing)
		return 0;
	if (run->config->gc.method == GC_NATIVE) {
		native_look_tell(run);
		return 0;
	}
	if (!run->rehearsal.asked)
		return err_set(err, ERR_COLLECTOR,
			       "the collector of this version removes something even when it is "
			       "only asked, so it is not asked");
	log_info("the collector would remove %" PRIu64 " blob%s, and keep %" PRIu64,
		 answer->blobs_deleted, units_s(answer->blobs_deleted), answer->blobs_marked);
	if (run->config->gc.method == GC_OFFLINE)
		collect_tell(run->config);
	return 0;
}

const struct operations COLLECT_ONLY = { run_open_state, collect_alone, true, false };
const struct operations COLLECT_ONLY_DRY = { run_open_state_read_only, ask_alone, true, false };
