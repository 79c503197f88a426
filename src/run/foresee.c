/* The questions of a run in their order. One that fails does not end them: who mends what is in the
 * way wants to know all of it. */
#include "run/foresee.h"

#include "plan/plan.h"
#include "run/context.h"
#include "run/questions.h"
#include "util/log.h"

struct findings {
	struct err first;
};

static int note(void *ctx, const struct err *why)
{
	struct findings *findings = ctx;

	if (findings->first.kind == ERR_NONE)
		findings->first = *why;
	else
		log_error("once that is mended, the run would stop here: %s", why->msg);
	return 0;
}

int foresee(struct run *run, struct err *err)
{
	bool acts = run_collection_is_due(run) || run->plan->step_count > 0;
	unsigned stages = QUESTIONS_FIRST;
	struct findings findings = { 0 };

	if (acts)
		stages |= QUESTIONS_ACTING;
	if (run->plan->step_count > 0)
		stages |= QUESTIONS_FORESEEN;
	if (questions_each(run, stages, note, &findings, err) < 0)
		return -1;
	*err = findings.first;
	return err->kind == ERR_NONE ? 0 : err_wrap(err, "the run would stop here");
}
