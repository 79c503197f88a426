/* What shows that a collector has ended: its own last words, nobody at work when that is asked, or
 * a container or host that was started later. */
#include "run/settle.h"

#include "cli/options.h"
#include "config/config.h"
#include "gc/activity.h"
#include "gc/gc.h"
#include "gc/on_host.h"
#include "run/context.h"
#include "state/collecting.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/file.h"
#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
/* From writing that a collector is started to its start in the container, at most; and what the
 * clocks of two hosts may differ by. */
#define START_SECONDS 60

/* The boot of this host, a word; "" when it is not known. The caller's. */
static char *find_boot(void)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err ignored;

	if (file_read(AT_FDCWD, BOOT_ID, 128, &text, &ignored) != 0)
		return xstrdup("");
	return xstrndup(buf_string(&text), strcspn(buf_string(&text), "\n"));
}

int settle_begin(struct run *run, struct err *err)
{
	CLEANUP(buf_free) struct buf container = { 0 };
	CLEANUP(collecting_clear)
	struct collecting begun = { .since = (int64_t)time(NULL), .host = find_boot() };
	struct err why = { 0 };

	begun.run = xasprintf("%.8s-%ld-%lld", begun.host, (long)getpid(), (long long)begun.since);
	if (gc_container_start(run->config, &container, &why) < 0)
		log_debug("if the collector's end is not seen, no restart will settle that: %s",
			  why.msg);
	begun.container = xstrdup(buf_string(&container));
	if (state_begin_collection(run->state, &begun, err) < 0)
		return -1;
	/* The client, and on this host the collector itself, can be recognised by it. */
	setenv(GC_RUN_VARIABLE, begun.run, 1);
	return 0;
}

static void clear_pending(struct run *run)
{
	struct err err = { 0 };

	if (state_end_collection(run->state, &err) < 0)
		run_note_error(run, &err);
}

/* Whether something of the collection that was begun, or any other collector, is at work. */
static enum gc_activity ask(const struct run *run, struct err *err)
{
	const struct collecting *begun = state_collecting(run->state);

	if (begun && gc_on_host_of_run(begun->run))
		return GC_RUNNING;
	return gc_activity(run->config, err);
}

void settle_end(struct run *run, struct err *failure)
{
	struct gc_result *gc = &run->report.gc;
	struct err why = { 0 };

	unsetenv(GC_RUN_VARIABLE);
	if (gc->ran && gc->end_unknown && !gc->left_running) {
		switch (ask(run, &why)) {
		case GC_IDLE:
			gc->end_unknown = false;
			break;
		case GC_RUNNING:
			err_set(&why, ERR_IO, "it still runs");
			break;
		case GC_ACTIVITY_UNKNOWN:
			break;
		}
	}
	if (!gc->ran || !gc->end_unknown) {
		clear_pending(run);
		return;
	}
	if (!gc->left_running)
		err_set(failure, ERR_COLLECTOR,
			"%.600s; whether the collector has ended is not known (%.200s), and "
			"nothing "
			"is deleted until it is",
			failure->msg, why.msg);
}

/* Its container was started again since: by the engine's own word, which differs from what it said
 * before that collection, and by our clock. */
static bool container_is_new(const struct run *run, const struct collecting *begun)
{
	CLEANUP(buf_free) struct buf now = { 0 };
	struct err why = { 0 };
	int64_t started = DATE_ABSENT;

	if (strcmp(begun->container, "-") == 0 || !date_known(begun->since))
		return false;
	if (gc_container_start(run->config, &now, &why) < 0) {
		log_debug("%s", why.msg);
		return false;
	}
	started = date_parse(buf_string(&now), now.length);
	return strcmp(buf_string(&now), begun->container) != 0 &&
	       started > begun->since + START_SECONDS;
}

/* Without registry.exec it was a process of this host. */
static bool host_is_new(const struct run *run, const struct collecting *begun)
{
	CLEANUP(free_p) char *boot = find_boot();

	return run->config->registry.exec.count == 0 && *boot && strcmp(begun->host, "-") != 0 &&
	       strcmp(begun->host, boot) != 0;
}

static const char *since_text(const struct collecting *begun, char text[TIME_TEXT])
{
	return date_known(begun->since) ? time_local(begun->since, text) : "an unknown time";
}

static void tell_settled(const struct run *run, const char *how)
{
	char text[TIME_TEXT];

	log_info("the collection that was begun at %s (run %s), whose end was not seen, has ended: "
		 "%s",
		 since_text(state_collecting(run->state), text), state_collecting(run->state)->run,
		 how);
}

static int fail_running(const struct collecting *begun, struct err *err)
{
	char text[TIME_TEXT];

	return err_set(
		err, ERR_BUSY,
		"a collector is already at work on this registry, begun at %s; wait until it "
		"ends",
		since_text(begun, text));
}

static int fail_unknown(const struct run *run, const struct collecting *begun,
			const struct err *why, struct err *err)
{
	const char *container = run->config->registry.container;
	char text[TIME_TEXT];

	return err_set(
		err, ERR_COLLECTOR,
		"whether the collection that was begun at %s (run %s) has ended is not known, and "
		"cannot be asked (%.300s), so nothing is deleted: restart the container (`docker "
		"restart %s`), or, if no collector runs, say so: clean-registry collect "
		"--force-idle",
		since_text(begun, text), begun->run, why->msg, *container ? container : "REGISTRY");
}

int settle_check(struct run *run, struct err *err)
{
	const struct collecting *begun = state_collecting(run->state);
	struct err why = { 0 };

	if (!begun)
		return 0;
	switch (ask(run, &why)) {
	case GC_RUNNING:
		return fail_running(begun, err);
	case GC_IDLE:
		tell_settled(run, "no collector is at work");
		break;
	case GC_ACTIVITY_UNKNOWN:
		if (container_is_new(run, begun))
			tell_settled(run, "its container was started again since");
		else if (host_is_new(run, begun))
			tell_settled(run, "this host was started again since");
		else
			return fail_unknown(run, begun, &why, err);
		break;
	}
	if (!run->report.dry_run)
		clear_pending(run);
	return 0;
}

int settle_force(struct run *run, struct err *err)
{
	const struct collecting *begun = state_collecting(run->state);
	struct err why = { 0 };
	char text[TIME_TEXT];

	if (!begun) {
		log_info("--force-idle: the end of every collection is known");
		return 0;
	}
	if (ask(run, &why) == GC_RUNNING)
		return fail_running(begun, err);
	log_warning("--force-idle: the operator says that the collection that was begun at %s (run "
		    "%s) has ended",
		    since_text(begun, text), begun->run);
	return state_end_collection(run->state, err);
}
