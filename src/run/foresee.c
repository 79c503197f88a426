/* The questions of a run in their order. One that fails does not end them: who mends what is in the
 * way wants to know all of it. */
#include "run/foresee.h"

#include "apply/apply.h"
#include "plan/plan.h"
#include "run/collect.h"
#include "run/context.h"
#include "run/deletion_door.h"
#include "run/hazard_check.h"
#include "run/limits.h"
#include "run/rehearsal.h"
#include "run/settle.h"
#include "util/log.h"

static int ask_limits(struct run *run, struct err *err)
{
	return limits_check(run, err);
}

static int ask_idle(struct run *run, struct err *err)
{
	return collect_check_idle(run, err);
}

static int ask_deletes(struct run *run, struct err *err)
{
	const struct session *session = &run->session;

	if (run->plan->step_count == 0)
		return 0;
	return apply_expect_deletes(session->inventory, &session->server, run->config, err) < 0
		       ? -1
		       : run_door_foresee(run, err);
}

static int ask_server(struct run *run, struct err *err)
{
	(void)err;
	session_ask_server(&run->session);
	return 0;
}

static const struct {
	int (*ask)(struct run *run, struct err *err);
	bool always; /* also when there is nothing to delete or to collect */
} QUESTIONS[] = {
	{ ask_limits, true },
	{ settle_check, true },
	{ ask_idle, false },
	{ ask_server, false },
	{ hazard_check_before_deletes, false },
	{ ask_deletes, false },
	{ rehearsal_before_deletes, false },
};

int foresee(struct run *run, struct err *err)
{
	bool acts = run_collection_is_due(run) || run->plan->step_count > 0;
	struct err first = { 0 };

	for (size_t i = 0; i < sizeof QUESTIONS / sizeof *QUESTIONS; i++) {
		struct err why = { 0 };

		if ((!acts && !QUESTIONS[i].always) || QUESTIONS[i].ask(run, &why) == 0)
			continue;
		if (why.kind == ERR_STOPPED) {
			*err = why;
			return -1;
		}
		if (first.kind == ERR_NONE)
			first = why;
		else
			log_error("once that is mended, the run would stop here: %s", why.msg);
	}
	*err = first;
	return first.kind == ERR_NONE ? 0 : err_wrap(err, "the run would stop here");
}
