/* Where registry.exec leads: the container engine, or cluster, and the registry's program in it. */
#include "checks/checks.h"

#include "config/config.h"
#include "engine/failure.h"
#include "registry/exec.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/xalloc.h"

#define SECONDS 20
#define LIMIT   ((size_t)64 << 10)

/* `EXEC… PROGRAM --version`. -1: it could not be started, or there is no answer. */
static int ask_program(const struct config *config, struct proc_answer *answer, struct err *err)
{
	const char *const question[] = { config->registry.program, "--version", NULL };
	CLEANUP(free_p)
	const char **argv = exec_join((const char *const *)config->registry.exec.items, question);

	return proc_ask(argv, SECONDS, LIMIT, answer, err);
}

static void describe(const struct engine_failure *failure, const struct proc_answer *answer,
		     struct err *err)
{
	char text[512];

	if (failure->meaning)
		err_set(err, ERR_COLLECTOR, "%s (%s)", failure->meaning, failure->line);
	else
		err_set(err, ERR_COLLECTOR, "%s", proc_failure(answer, text, sizeof text));
}

/* Fills in PLACE's program; true: the engine itself failed, and SAID says how. */
static bool engine_fails(struct checks_place *place, struct err *said)
{
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	struct engine_failure failure;
	const struct buf *words;
	int status;

	place->program_asked = true;
	if (ask_program(place->config, &answer, said) < 0)
		return true;
	if (proc_succeeded(&answer))
		return false;
	status = answer.result.end == PROC_EXITED ? answer.result.status : -1;
	words = answer.errors.length ? &answer.errors : &answer.out;
	failure = engine_failure_read(buf_string(words), status);
	if (failure.cause == ENGINE_FAILED_UNREACHABLE) {
		describe(&failure, &answer, said);
		return true;
	}
	describe(&failure, &answer, &place->program);
	return false;
}

enum check_verdict checks_engine(struct checks_place *place, struct err *said)
{
	const struct config *config = place->config;

	if (config->registry.exec.count == 0)
		return checks_say(said, CHECK_NOT_ASKED,
				  "registry.exec is empty: the registry is a program of this host");
	if (engine_fails(place, said))
		return CHECK_TROUBLE;
	return checks_say(said, CHECK_OK, "%s", config->registry.exec.items[0]);
}

enum check_verdict checks_container(struct checks_place *place, struct err *said)
{
	const char *container = place->config->registry.container;
	const char *program = place->config->registry.program;

	if (!place->program_asked && engine_fails(place, &place->program))
		place->program.kind = ERR_COLLECTOR;
	if (place->program.kind != ERR_NONE) {
		*said = place->program;
		return CHECK_TROUBLE;
	}
	return checks_say(said, CHECK_OK, "%s%s%s", program, *container ? " in container " : "",
			  container);
}
