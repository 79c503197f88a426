/* Runs commands of an engine, and tells why one of them failed. */
#include "engine/engine.h"

#include "engine/failure.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <stdio.h>

#define LIMIT       ((size_t)16 << 20) /* of what may be printed, in bytes */
#define ASK_SECONDS 20

static const char *program_of(const struct engine_target *target)
{
	return target->prefix.count ? target->prefix.items[0] : "this host";
}

/* What is said of registry.container is not so here: the name may come from elsewhere. */
static int explain(const struct engine_target *target, const struct proc_answer *answer,
		   const char *what, struct err *err)
{
	int status = answer->result.end == PROC_EXITED ? answer->result.status : -1;
	struct engine_failure failure = engine_failure_read(buf_string(&answer->errors), status);
	char text[512];

	if (failure.cause == ENGINE_FAILED_NO_CONTAINER)
		return err_set(err, ERR_IO,
			       "%s: %s: there is no such container (`%s ps -a` lists them)",
			       program_of(target), what, program_of(target));
	if (failure.meaning)
		return err_set(err, ERR_IO, "%s: %s: %s", program_of(target), what,
			       failure.meaning);
	return err_set(err, ERR_IO, "%s: %s: %s", program_of(target), what,
		       proc_failure(answer, text, sizeof text));
}

static int ask(const struct engine_target *target, const char *const *words, const char *what,
	       unsigned seconds, struct proc_answer *answer, struct err *err)
{
	CLEANUP(free_p) const char **argv = engine_command(target, words);

	*answer = (struct proc_answer){ 0 };
	if (target->prefix.count == 0)
		return err_set(err, ERR_IO, "%s: registry.exec names no container engine", what);
	if (proc_ask(argv, seconds, LIMIT, answer, err) < 0)
		return -1;
	if (!proc_succeeded(answer))
		return explain(target, answer, what, err);
	if (answer->out.length >= LIMIT)
		return err_set(err, ERR_IO, "%s: %s: it printed more than 16 MiB",
			       program_of(target), what);
	return 0;
}

int engine_ask(const struct engine_target *target, const char *const *words, unsigned seconds,
	       struct proc_answer *answer, struct err *err)
{
	return ask(target, words, words[0], seconds, answer, err);
}

int engine_inspect(const struct engine_target *target, const char *name,
		   struct engine_container *out, struct err *err)
{
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	const char *container = name ? name : target->container;
	/* A name that begins with a dash would be an option. */
	const char *const words[] = { "container", "inspect", "--format", "{{json .}}",
				      "--",        container, NULL };
	CLEANUP(free_p) char *what = xasprintf("container %s", container);

	*out = (struct engine_container){ 0 };
	if (!engine_has_containers(target))
		return err_set(err, ERR_IO, "%s: it has no containers that could be looked at",
			       program_of(target));
	if (ask(target, words, what, ASK_SECONDS, &answer, err) < 0)
		return -1;
	if (engine_container_read(buf_string(&answer.out), answer.out.length, out, err) < 0)
		return err_wrap(err, "%s: %s", program_of(target), what);
	return 0;
}
