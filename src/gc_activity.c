/* Looks through the processes where registry.exec leads. */
#include "gc_activity.h"

#include "config.h"
#include "registry/command.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <string.h>

#define QUESTION_SECONDS 30
#define CMDLINES_LIMIT   ((size_t)4 << 20)
#define VERB             "garbage-collect"

bool gc_is_running(const char *cmdlines, size_t length, const char *config_path)
{
	bool collecting = false;

	/* Arguments end with a NUL each; nothing parts one process from the next, so the
	 * configuration must follow the verb with nothing but options in between. */
	for (size_t i = 0; i < length; i += strnlen(cmdlines + i, length - i) + 1) {
		const char *argument = cmdlines + i;
		size_t size = strnlen(argument, length - i);

		if (size == strlen(VERB) && memcmp(argument, VERB, size) == 0)
			collecting = true;
		else if (collecting && size == strlen(config_path) &&
			 memcmp(argument, config_path, size) == 0)
			return true;
		else if (size == 0 || argument[0] != '-')
			collecting = false;
	}
	return false;
}

enum gc_activity gc_activity(const struct config *config, struct err *err)
{
	static const char *const QUESTION[] = { "sh", "-c", "cat /proc/[0-9]*/cmdline", NULL };
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(buf_free) struct buf errors = { 0 };
	CLEANUP(free_p)
	const char **argv =
		command_join((const char *const *)config->registry.exec.items, QUESTION);
	struct proc_result result;
	const char *said;
	char end[128];

	if (proc_capture(argv, QUESTION_SECONDS, CMDLINES_LIMIT, &out, &errors, &result, err) < 0)
		return GC_ACTIVITY_UNKNOWN;
	if (gc_is_running(buf_string(&out), out.length, config->paths.config))
		return GC_RUNNING;
	/* cat fails when a process ends while it reads; what it printed until then still counts. An
	 * engine's own complaint, which may be on stdout, has no NUL in it. */
	if (result.end == PROC_EXITED && result.status <= 1 && out.length < CMDLINES_LIMIT &&
	    out.length > 0 && memchr(out.data, '\0', out.length))
		return GC_IDLE;
	proc_describe(&result, QUESTION_SECONDS, end, sizeof end);
	said = errors.length ? buf_string(&errors) : buf_string(&out);
	err_set(err, ERR_IO, "%s%s%.*s", end, *said ? ": " : "", (int)strcspn(said, "\n"), said);
	return GC_ACTIVITY_UNKNOWN;
}
