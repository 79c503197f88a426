/* What a run does after its deletes; or the collector is only asked. */
#include "command/collect_command.h"

#include "cli.h"
#include "command/collect.h"
#include "command/opinion.h"
#include "command/settle.h"
#include "gc.h"
#include "state.h"
#include "util/log.h"
#include "util/units.h"

#include <inttypes.h>

static int collect_alone(struct run *run, struct err *err)
{
	if (run->options->force_idle && settle_force(run, err) < 0)
		return -1;
	if (settle_check(run, err) < 0 || empties_recover(run, err) < 0)
		return -1;
	run->collection_was_owed = state_collection_owed(run->state);
	if (collect_check_idle(run, err) < 0)
		return -1;
	session_ask_server(&run->session);
	return act_measured(run, collect_run, err);
}

/* What stops a collection is found out here, too. */
static int ask_collector(struct run *run, struct gc_result *answer, struct err *err)
{
	if (opinion_obstacles(&run->session, err) < 0)
		return -1;
	if (!opinion_can_ask(&run->session))
		return err_set(err, ERR_COLLECTOR,
			       "the collector of this version removes something even when it is "
			       "only asked, so it is not asked");
	if (opinion_ask(&run->session, answer, err) < 0)
		return -1;
	return answer->ran ? 0 : gc_run(run->config, GC_ASK, run->session.layout, answer, err);
}

static int ask_alone(struct run *run, struct err *err)
{
	struct gc_result answer = { 0 };
	int result;

	if (settle_check(run, err) < 0 || collect_check_idle(run, err) < 0)
		return -1;
	result = ask_collector(run, &answer, err);
	if (result == 0)
		log_info("the collector would remove %" PRIu64 " blob%s, and keep %" PRIu64,
			 answer.blobs_deleted, units_s(answer.blobs_deleted), answer.blobs_marked);
	gc_result_clear(&answer);
	return result;
}

const struct hands HANDS_COLLECT = { act_open_state, collect_alone, true, false };
const struct hands HANDS_COLLECT_DRY = { act_open_state_read_only, ask_alone, true, false };
