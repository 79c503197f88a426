/* Looks through the processes where registry.exec leads. */
#include "gc/activity.h"

#include "config/config.h"
#include "engine/engine.h"
#include "gc/on_host.h"
#include "gc/process.h"
#include "registry/exec.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <string.h>

#define QUESTION_SECONDS 30
#define CMDLINES_LIMIT   ((size_t)4 << 20)
#define INSPECT_LIMIT    ((size_t)4 << 10)
#define MARK             "=/proc/"

/* Finds the next line that begins a process, in [AT, END). Its own text ends behind the newline. */
static char *find_mark(char *at, const char *end, char **text)
{
	while ((at = memmem(at, (size_t)(end - at), MARK, strlen(MARK)))) {
		char *rest = at + strlen(MARK);

		rest += strspn(rest, "0123456789");
		if (strncmp(rest, "/cmdline\n", 9) == 0) {
			*text = rest + 9;
			return at;
		}
		at++;
	}
	return NULL;
}

bool gc_is_running(const char *text, size_t length)
{
	CLEANUP(free_p) char *copy = xcalloc(length + 1, 1);
	const char *end = copy + length;
	char *process = copy, *following = NULL, *mark;
	bool parted = false;

	memcpy(copy, text, length);
	for (; process; process = following) {
		enum gc_process kind;

		mark = find_mark(process, end, &following);
		if (mark)
			*mark = '\0';
		else
			following = NULL;
		kind = gc_process_kind(process, (size_t)((mark ? mark : end) - process));
		/* Where nothing parts the processes, --dry-run may be another one's. */
		if (kind == GC_PROCESS_COLLECTS || (kind == GC_PROCESS_ASKED && !parted && !mark))
			return true;
		parted = true;
	}
	return false;
}

static enum gc_activity ask_there(const struct config *config, struct err *err)
{
	static const char *const QUESTION[] = {
		"sh", "-c", "for p in /proc/[0-9]*/cmdline; do echo \"=$p\"; cat \"$p\"; done", NULL
	};
	CLEANUP(proc_answer_clear) struct proc_answer answer;
	CLEANUP(free_p)
	const char **argv = exec_join((const char *const *)config->registry.exec.items, QUESTION);
	struct buf *out = &answer.out;
	char text[512];

	if (proc_ask(argv, QUESTION_SECONDS, CMDLINES_LIMIT, &answer, err) < 0)
		return GC_ACTIVITY_UNKNOWN;
	if (gc_is_running(buf_string(out), out->length))
		return GC_RUNNING;
	/* cat fails when a process ends while it reads; what it printed until then still counts. An
	 * engine's own complaint, which may be on stdout, has no NUL in it. */
	if (answer.result.end == PROC_EXITED && answer.result.status <= 1 &&
	    out->length < CMDLINES_LIMIT && out->length > 0 && memchr(out->data, '\0', out->length))
		return GC_IDLE;
	err_set(err, ERR_IO, "%s", proc_failure(&answer, text, sizeof text));
	return GC_ACTIVITY_UNKNOWN;
}

enum gc_activity gc_activity(const struct config *config, struct err *err)
{
	bool here = config->registry.exec.count == 0;
	enum gc_activity there = here ? GC_IDLE : ask_there(config, err);
	struct err ignored;

	if (there == GC_RUNNING)
		return GC_RUNNING;
	switch (gc_on_host(config, here, here ? err : &ignored)) {
	case GC_HOST_FOUND:
		return GC_RUNNING;
	case GC_HOST_HIDDEN:
		return here ? GC_ACTIVITY_UNKNOWN : there;
	case GC_HOST_NONE:
		break;
	}
	return there;
}

int gc_check_idle(const struct config *config, struct err *err)
{
	struct err why = { 0 };

	switch (gc_activity(config, &why)) {
	case GC_RUNNING:
		return err_set(
			err, ERR_BUSY,
			"a collector is already at work on this registry; wait until it ends");
	case GC_ACTIVITY_UNKNOWN:
		log_warning("cannot check whether a collector is running: %s", why.msg);
		break;
	case GC_IDLE:
		break;
	}
	return 0;
}

int gc_container_start(const struct config *config, struct buf *out, struct err *err)
{
	CLEANUP(engine_target_clear) struct engine_target target;
	CLEANUP(free_p) const char **argv = NULL;
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	const char *time;
	size_t length;
	char text[512];

	engine_target_read((const char *const *)config->registry.exec.items, &target);
	if (!engine_has_containers(&target))
		return err_set(err, ERR_IO, "registry.exec is no `docker exec`");
	argv = engine_command(&target,
			      (const char *const[]){ "inspect", "-f", "{{json .State.StartedAt}}",
						     target.container, NULL });
	if (proc_ask(argv, QUESTION_SECONDS, INSPECT_LIMIT, &answer, err) < 0)
		return -1;
	time = buf_string(&answer.out);
	time += *time == '"';
	length = strcspn(time, "\"\r\n");
	if (!proc_succeeded(&answer) || !date_known(date_parse(time, length)))
		return err_set(err, ERR_IO, "when the container was started is not told: %s",
			       proc_failure(&answer, text, sizeof text));
	buf_add(out, time, length);
	return 0;
}
