/* The steps that the engine carries out. What must not be left half done is done again when a stop
 * signal ended the engine's client. */
#include "config/config.h"
#include "gc/offline.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/proc.h"
#include "util/stop_signal.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_SECONDS    30
#define ACTION_SECONDS 120
#define GRACE          60 /* seconds that the registry has to end what it is at (http.draintimeout) */
#define END_GRACE      10 /* the same for a collector that is ended */
#define TURNS          3  /* how often the list is asked for, while containers come and go */

static int blame(struct err *err)
{
	if (err->kind != ERR_STOPPED)
		err->kind = ERR_COLLECTOR;
	return -1;
}

/* As engine_ask, again for as long as signals end it. ANSWER is the caller's to clear. */
static int ask_firmly(const struct offline *offline, const char *const *words, unsigned seconds,
		      struct proc_answer *answer, struct err *err)
{
	unsigned signals;
	int result;

	*answer = (struct proc_answer){ 0 };
	do {
		signals = stop_signal_count();
		proc_answer_clear(answer);
		result = engine_ask(&offline->target, words, seconds, answer, err);
	} while (result < 0 && stop_signal_count() != signals);
	return result < 0 ? blame(err) : 0;
}

static int act(const struct offline *offline, const char *const *words, unsigned seconds,
	       struct err *err)
{
	CLEANUP(proc_answer_clear) struct proc_answer answer;

	return ask_firmly(offline, words, seconds, &answer, err);
}

int offline_engine_inspect(const struct offline *offline, struct engine_container *out,
			   struct err *err)
{
	unsigned signals;
	int result;

	*out = (struct engine_container){ 0 };
	do {
		signals = stop_signal_count();
		engine_container_clear(out);
		result = engine_inspect(&offline->target, NULL, out, err);
	} while (result < 0 && stop_signal_count() != signals);
	return result < 0 ? blame(err) : 0;
}

/* Variables that do not fit into a file are in our own environment for a moment. */
struct lent {
	const char *name;
	char *before; /* NULL: there was none */
};

static struct lent *lend_environment(const struct engine_container *container,
				     const struct string_list *names)
{
	struct lent *lent = xcalloc(names->count + 1, sizeof *lent);

	for (size_t i = 0; i < names->count; i++) {
		const char *before = getenv(names->items[i]);

		lent[i] = (struct lent){ names->items[i], before ? xstrdup(before) : NULL };
		setenv(names->items[i], engine_variable(container, names->items[i]), 1);
	}
	return lent;
}

static void take_back(struct lent *lent)
{
	for (struct lent *at = lent; at->name; at++) {
		if (at->before)
			setenv(at->name, at->before, 1);
		else
			unsetenv(at->name);
		free(at->before);
	}
	free(lent);
}

static int create(const struct offline *offline, const struct config *config,
		  const struct engine_container *container, bool asks, const char *env_file,
		  const struct string_list *names, struct err *err)
{
	CLEANUP(string_list_clear) struct string_list words = { 0 };
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	size_t prefix = offline->target.prefix.count;
	struct lent *lent = lend_environment(container, names);
	int result;

	offline_create_words(offline, config, container, asks, env_file, names, &words);
	result = engine_ask(&offline->target, (const char *const *)words.items + prefix,
			    ACTION_SECONDS, &answer, err);
	take_back(lent);
	return result;
}

/* Engines may read such a file each in their own way. */
static int check_environment(const struct offline *offline,
			     const struct engine_container *container, struct err *err)
{
	CLEANUP(engine_container_clear) struct engine_container made = { 0 };
	const char *missing = NULL;

	if (engine_inspect(&offline->target, offline->name, &made, err) < 0)
		return -1;
	if (offline_same_environment(container, &made, &missing))
		return 0;
	return err_set(err, ERR_COLLECTOR,
		       "the variable %.*s of container %s could not be handed on to the "
		       "collector's own container: set gc.method to \"registry\"",
		       (int)strcspn(missing, "="), missing, container->name);
}

int offline_engine_create(const struct offline *offline, const struct config *config,
			  const struct engine_container *container, const char *folder,
			  struct err *err)
{
	CLEANUP(buf_free) struct buf environment = { 0 };
	CLEANUP(string_list_clear) struct string_list names = { 0 };
	CLEANUP(free_p) char *path = xasprintf("%s/environment", folder);
	struct file_new file = { 0 };
	int result = -1;

	offline_split_environment(container, &environment, &names);
	if (file_new_open(&file, path, 0600, err) < 0)
		return blame(err);
	if (fputs(buf_string(&environment), file.stream) == EOF || fflush(file.stream) != 0)
		err_set(err, ERR_COLLECTOR, "%s cannot be written", path);
	else if (create(offline, config, container, true, file.temporary, &names, err) == 0)
		result = create(offline, config, container, false, file.temporary, &names, err);
	file_new_discard(&file);
	if (result == 0)
		result = check_environment(offline, container, err);
	return result < 0 ? blame(err) : 0;
}

int offline_engine_stop(const struct offline *offline, struct err *err)
{
	char grace[16];
	const char *const words[] = { "stop", "-t", grace, offline->registry, NULL };

	snprintf(grace, sizeof grace, "%d", GRACE);
	return act(offline, words, GRACE + ACTION_SECONDS, err);
}

int offline_engine_start(const struct offline *offline, struct err *err)
{
	const char *const words[] = { "start", offline->registry, NULL };

	return act(offline, words, ACTION_SECONDS, err);
}

int offline_engine_end(const struct offline *offline, const char *name, struct err *err)
{
	char grace[16];
	const char *const words[] = { "stop", "-t", grace, name, NULL };

	snprintf(grace, sizeof grace, "%d", END_GRACE);
	return act(offline, words, END_GRACE + ACTION_SECONDS, err);
}

int offline_engine_remove(const struct offline *offline, const char *name, struct err *err)
{
	const char *const words[] = { "rm", name, NULL };

	return act(offline, words, ACTION_SECONDS, err);
}

int offline_engine_wait(const struct offline *offline, const char *name, unsigned seconds,
			struct err *err)
{
	const char *const words[] = { "wait", name, NULL };
	CLEANUP(proc_answer_clear) struct proc_answer answer = { 0 };
	unsigned signals = stop_signal_count();

	if (engine_ask(&offline->target, words, seconds, &answer, err) == 0)
		return 0;
	if (stop_signal_count() != signals)
		return err_set(err, ERR_STOPPED, "stopped by signal %d", stop_signal());
	return answer.result.end == PROC_TIMEOUT ? 1 : blame(err);
}

static const char FORMAT[] = "{{.Name}} {{.State.Status}} {{.State.ExitCode}} "
			     "{{index .Config.Labels \"" OFFLINE_OWNER "\"}}";

static int add_container(const struct offline *offline, const char *id,
			 struct offline_containers *out, struct err *err)
{
	const char *const words[] = { "container", "inspect", "--format", FORMAT, id, NULL };
	CLEANUP(proc_answer_clear) struct proc_answer answer;

	if (ask_firmly(offline, words, ASK_SECONDS, &answer, err) < 0)
		return -1;
	out->items = xreallocarray(out->items, out->count + 1, sizeof *out->items);
	if (!offline_read(buf_string(&answer.out), &out->items[out->count]))
		return err_set(err, ERR_COLLECTOR,
			       "what the engine tells of container %s is not understood", id);
	out->count++;
	return 0;
}

static int list(const struct offline *offline, struct offline_containers *out, struct err *err)
{
	CLEANUP(free_p)
	char *filter = xasprintf("label=" OFFLINE_COLLECTS "=%s", offline->registry);
	const char *const words[] = { "ps", "-a", "-q", "--no-trunc", "--filter", filter, NULL };
	CLEANUP(proc_answer_clear) struct proc_answer answer;
	char *rest, *id;

	if (ask_firmly(offline, words, ASK_SECONDS, &answer, err) < 0)
		return -1;
	rest = answer.out.data;
	while ((id = strsep(&rest, "\r\n")))
		if (*id && add_container(offline, id, out, err) < 0)
			return -1;
	return 0;
}

int offline_engine_list(const struct offline *offline, struct offline_containers *out,
			struct err *err)
{
	int result = -1;

	*out = (struct offline_containers){ 0 };
	for (int turn = 0; turn < TURNS && result < 0; turn++) {
		offline_containers_clear(out);
		result = list(offline, out, err);
	}
	return result;
}
