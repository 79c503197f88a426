/* Looks from this host, which costs little and needs no tool in the container, and else from within
 * the container. */
#include "door/process.h"

#include "config/config.h"
#include "door/place.h"
#include "door/settings.h"
#include "engine/engine.h"
#include "registry/exec.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/proc.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#define ENVIRONMENT_LIMIT ((size_t)4 << 20)
#define ASK_SECONDS       30
#define ASK_LIMIT         ((size_t)64 << 10)
#define KILL_SECONDS      10  /* from KILL to giving up */
#define PAUSE_MS          20  /* between two looks from here */
#define LONG_PAUSE_MS     200 /* between two questions to the engine */

bool door_process_has(const char *environment, size_t size, const char *mark)
{
	CLEANUP(free_p) char *variable = xasprintf("%s=%s", DOOR_MARK, mark);
	size_t length = strlen(variable) + 1;

	for (const char *at = environment, *end = environment + size; at < end;) {
		size_t rest = (size_t)(end - at);
		const char *stop = memchr(at, '\0', rest);

		if (rest >= length && memcmp(at, variable, length) == 0)
			return true;
		if (!stop)
			return false;
		at = stop + 1;
	}
	return false;
}

static bool has_mark(pid_t pid, const char *mark)
{
	CLEANUP(buf_free) struct buf environment = { 0 };
	struct err ignored = { 0 };
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
	return file_read(AT_FDCWD, path, ENVIRONMENT_LIMIT, &environment, &ignored) == 0 &&
	       door_process_has(buf_string(&environment), environment.length, mark);
}

/* The descriptor is opened before it is looked at again: no other process that has that number by
 * then is sent a signal. */
static void send_to(pid_t pid, const char *mark, int number)
{
	int process = pidfd_open(pid, 0);

	if (process >= 0 && has_mark(pid, mark))
		(void)pidfd_send_signal(process, number, NULL, 0);
	file_close(&process);
}

size_t door_process_here(const char *mark, pid_t spared, int number)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	size_t found = 0;

	while (processes && (entry = readdir(processes))) {
		uint64_t pid = 0;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !units_parse_u64(entry->d_name, &pid) || (pid_t)pid == spared ||
		    !has_mark((pid_t)pid, mark))
			continue;
		found++;
		if (number)
			send_to((pid_t)pid, mark, number);
	}
	if (processes)
		closedir(processes);
	return found;
}

/* -1: that cannot be asked. The mark is an argument of the script, not a part of it; no value of an
 * environment comes out. */
static int find_there(const struct config *config, const char *mark, int number)
{
	static const char SCRIPT[] =
		"for p in /proc/[0-9]*; do "
		"case \"$(cat \"$p/environ\" 2>/dev/null)\" in "
		"*\"" DOOR_MARK "=$1\"*) echo door; kill -\"$2\" \"${p#/proc/}\";; "
		"esac; done 2>/dev/null; echo end";
	const char *const words[] = { "sh", "-c", SCRIPT,
				      "sh", mark, number == SIGKILL ? "KILL" : "TERM",
				      NULL };
	CLEANUP(free_p)
	const char **argv = exec_join((const char *const *)config->registry.exec.items, words);
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	struct err ignored = { 0 };

	if (proc_ask(argv, ASK_SECONDS, ASK_LIMIT, &answer, &ignored) < 0 ||
	    !proc_succeeded(&answer) || answer.out.length < 4 ||
	    strcmp(answer.out.data + answer.out.length - 4, "end\n") != 0)
		return -1;
	return answer.out.length > 4;
}

bool door_process_no_container(const char *said)
{
	return strcasestr(said, "no such container") || strcasestr(said, "no such object");
}

/* The engine says that its container does not run, or is not there. */
static bool container_is_down(const struct engine_target *target)
{
	struct engine_container container;
	struct err why = { 0 };
	bool told, down;

	if (!engine_has_containers(target))
		return false;
	told = engine_inspect(target, NULL, &container, &why) == 0;
	down = told ? !container.running : door_process_no_container(why.msg);
	engine_container_clear(&container);
	return down;
}

static bool nobody_listens(const struct door_process *process)
{
	int peer = process->place ? door_place_connect(process->place, process->port) : -1;
	int number = errno;

	file_close(&peer);
	return peer < 0 && process->place && number == ECONNREFUSED;
}

/* Sends the signal NUMBER to what is left; whether all of it has ended. ASKED: the engine was
 * asked, too, whether or not it answered. */
static bool has_ended(const struct door_process *process, int number, bool *asked)
{
	size_t here = door_process_here(process->mark, process->client, number);
	int found;

	if (here > 0)
		return false;
	if (process->target->kind == ENGINE_HOST)
		return true;
	if (process->seen && nobody_listens(process))
		return true;
	found = find_there(process->config, process->mark, number);
	*asked = true;
	if (found >= 0)
		return found == 0;
	return container_is_down(process->target) || nobody_listens(process);
}

int door_process_end(const struct door_process *process, struct err *err)
{
	int64_t began = time_monotonic_ms();
	int64_t kill_at = began + DOOR_DRAIN_SECONDS * INT64_C(1000);
	int64_t end_at = kill_at + KILL_SECONDS * INT64_C(1000);
	bool asked = false;

	for (int64_t now = began; now < end_at; now = time_monotonic_ms()) {
		if (has_ended(process, now < kill_at ? SIGTERM : SIGKILL, &asked))
			return 0;
		poll(NULL, 0, asked ? LONG_PAUSE_MS : PAUSE_MS);
	}
	return err_set(err, ERR_BUSY,
		       "the deletion door on port %u of the registry's loopback may still run: it "
		       "does not end, or cannot be seen; restart the registry's container, which "
		       "ends it",
		       process->port);
}
