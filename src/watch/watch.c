/* The loop: it waits for a signal, for the end of a run, or for the time of the next one. */
#include "watch/watch.h"

#include "session/exit_code.h"
#include "state/growth.h"
#include "state/place.h"
#include "state/state.h"
#include "util/file.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "watch/clock.h"
#include "watch/manager.h"
#include "watch/run.h"
#include "watch/words.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LATE     60                         /* seconds after which a time was missed */
#define FAR_AWAY (INT64_C(366) * 24 * 3600) /* seconds; the clock is watched meanwhile */

struct watch {
	const struct options *options;
	const char *path;
	const struct watch_calls *calls;
	struct environment *started; /* as the process was started, without what is for it alone */
	struct settings settings;
	struct schedule schedule;
	struct watch_lock lock;
	struct manager manager;
	struct watch_run run;
	int timer;
	char *last;   /* how the last run ended; NULL: there was none */
	char *told;   /* what was logged to come next */
	bool rereads; /* once no run is at work */
	bool starved; /* no process could be had for a run, which was told */
	int stop;     /* the signal that asked us to end, or 0 */
};

static bool runs(const struct watch *watch)
{
	return watch->run.child.pidfd >= 0;
}

/* What runs wrote down, ours and those of others: nothing is run that somebody else did. */
static void learn(struct watch *watch)
{
	struct state_options options = state_options(&watch->settings.config);
	int64_t now = watch_clock_now();
	struct err err = { 0 };
	struct state *state = state_open_read_only(&options, &err);
	struct growth growth;

	if (!state) {
		log_warning("watch: when jobs ran last is not known: %s", err.msg);
		return;
	}
	growth_load(state, &growth);
	for (size_t i = 0; i < growth.run_count; i++)
		schedule_learn_rules(&watch->schedule, growth.runs[i].started_at, now);
	for (size_t i = 0; i < growth.job_count; i++)
		schedule_learn_job(&watch->schedule, growth.jobs[i].name, growth.jobs[i].ran_at,
				   now);
	growth_clear(&growth);
	state_close(state);
}

/* The package's postinst knows by the first words that a run is at work. */
static void tell_status(struct watch *watch)
{
	CLEANUP(free_p) char *text = NULL;

	if (runs(watch))
		text = xasprintf("%s: %s", watch->stop ? "waiting for the end of a run" : "running",
				 watch->run.what);
	else
		text = xasprintf("next run: %s%s%s", watch->told, watch->last ? "; last run: " : "",
				 watch->last ? watch->last : "");
	manager_status(&watch->manager, text);
}

/* Logs what comes next, unless that was said; of tries to begin, the first alone. */
static void tell_next(struct watch *watch, const struct schedule_due *due)
{
	CLEANUP(free_p) char *text = words_next(&watch->schedule, due);

	if (watch->told && strcmp(watch->told, text) == 0)
		return;
	log_write(watch->starved ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "watch: next run: %s", text);
	free(watch->told);
	watch->told = steal(&text);
}

static void begin(struct watch *watch, const struct schedule_due *due, int64_t now)
{
	CLEANUP(string_list_clear) struct string_list jobs = { 0 };
	struct watch_order order = { .options = watch->options,
				     .path = watch->path,
				     .calls = watch->calls,
				     .settings = &watch->settings,
				     .started = watch->started,
				     .lock = &watch->lock,
				     .rules = due->rules,
				     .jobs = &jobs };
	char at[TIME_TEXT];

	schedule_due_jobs(&watch->schedule, now, &jobs);
	if (now - due->at > LATE && !watch->starved)
		log_info("watch: the run was due at %s, and is made up for once",
			 time_local(due->at, at));
	if (watch_run_begin(&watch->run, &order, watch->starved) < 0) {
		schedule_hold(&watch->schedule, now);
		watch->starved = true;
		return;
	}
	watch->starved = false;
	schedule_begin(&watch->schedule, due->rules, now);
}

/* The next run, as far as is known now; one that is due is begun, unless somebody else did it. */
static struct schedule_due begin_due(struct watch *watch)
{
	int64_t now = watch_clock_now();
	struct schedule_due due = schedule_next(&watch->schedule, now);

	if (due.at > now)
		return due;
	learn(watch);
	due = schedule_next(&watch->schedule, now);
	if (due.at > now)
		return due;
	begin(watch, &due, now);
	return schedule_next(&watch->schedule, now);
}

static void note_clock(struct watch *watch)
{
	char now[TIME_TEXT];

	log_info("watch: the clock was set, or the host slept; it is %s",
		 time_local(watch_clock_now(), now));
	schedule_clock_set(&watch->schedule, watch_clock_now());
}

/* While a run is at work nothing is due. */
static void set_timer(struct watch *watch)
{
	struct schedule_due due = { .at = INT64_MAX };
	int64_t farthest;

	do {
		if (!runs(watch))
			due = begin_due(watch);
		if (!runs(watch))
			tell_next(watch, &due);
		farthest = watch_clock_now() + FAR_AWAY;
		if (runs(watch) || due.at > farthest)
			due.at = farthest;
		if (!watch_clock_arm(watch->timer, due.at))
			return;
		note_clock(watch);
	} while (true);
}

/* What ran of another registry says nothing of this one. */
static bool is_the_one_before(const struct watch *watch, const struct state_options *options)
{
	struct state_options before;

	if (!watch->settings.environment)
		return false;
	before = state_options(&watch->settings.config);
	return state_place_same(options, &before);
}

static int use(struct watch *watch, struct settings *settings, struct err *err)
{
	struct state_options options = state_options(&settings->config);
	struct schedule schedule;
	int64_t now = watch_clock_now();

	/* A dry run writes nothing, and takes no lock. */
	if (!watch->options->dry_run && watch_lock_take(&watch->lock, &options, err) < 0)
		return -1;
	schedule_of(&settings->config, now, &schedule);
	if (is_the_one_before(watch, &options))
		schedule_inherit(&schedule, &watch->schedule);
	schedule_clear(&watch->schedule);
	watch->schedule = schedule;
	settings_clear(&watch->settings);
	watch->settings = *settings;
	environment_hide_others(watch->settings.environment);
	return 0;
}

/* The environment of the old settings is in use on where the new ones are refused. */
static void refuse(struct watch *watch, const struct notes *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		log_error("watch: %s: %s", watch->path, faults->lines[i]);
	log_error("watch: %s is not used; the configuration stays what it was", watch->path);
}

static void reread(struct watch *watch)
{
	CLEANUP(notes_clear) struct notes faults = { 0 };
	struct settings settings;
	struct err err = { 0 };

	watch->rereads = false;
	manager_reloading(&watch->manager);
	if (settings_load(watch->path, watch->started, &settings, &faults) < 0) {
		refuse(watch, &faults);
	} else if (use(watch, &settings, &err) < 0) {
		notes_add(&faults, "%s", err.msg);
		environment_use(watch->settings.environment);
		settings_clear(&settings);
		refuse(watch, &faults);
	} else {
		watch->calls->open_log(watch->options, &watch->settings.config);
		log_info("watch: read %s again", watch->path);
		learn(watch);
	}
	manager_ready(&watch->manager);
}

static void take_signals(struct watch *watch)
{
	int number;

	while ((number = stop_signal_take())) {
		if (number == SIGHUP) {
			watch->rereads = true;
			if (runs(watch))
				log_info("watch: the configuration is read again once the run has "
					 "ended");
			continue;
		}
		if (!watch->stop)
			manager_stopping(&watch->manager);
		watch->stop = number;
		log_info("watch: asked to end by signal %d (%s)%s", number, strsignal(number),
			 runs(watch) ? ", which is passed on to the run" : "");
		if (runs(watch))
			(void)kill(watch->run.child.pid, number);
	}
}

static void take_end(struct watch *watch)
{
	bool done;

	free(watch->last);
	done = watch_run_end(&watch->run, watch->stop, &watch->last);
	schedule_end(&watch->schedule, done);
}

/* Waits for what comes next, and takes it; false: that is the end. */
static bool turn(struct watch *watch)
{
	struct pollfd fds[] = { { .fd = stop_signal_fd(), .events = POLLIN },
				{ .fd = watch->run.child.pidfd, .events = POLLIN },
				{ .fd = watch->timer, .events = POLLIN } };

	if (poll(fds, sizeof fds / sizeof *fds, manager_live(&watch->manager)) <= 0)
		return true;
	watch->calls->open_log(watch->options, &watch->settings.config);
	if (fds[1].revents)
		take_end(watch);
	if (fds[0].revents)
		take_signals(watch);
	if (fds[2].revents && watch_clock_take(watch->timer))
		note_clock(watch);
	if (watch->rereads && !watch->stop && !runs(watch))
		reread(watch);
	if (!watch->stop)
		set_timer(watch);
	tell_status(watch);
	log_close();
	return !watch->stop || runs(watch);
}

static void work(struct watch *watch)
{
	const struct config *config = &watch->settings.config;

	log_info("clean-registry %s watches%s, configuration %s", VERSION,
		 watch->options->dry_run ? ", dry runs only" : "", watch->path);
	if (!*config->watch.at && config->watch.every_hours == 0)
		log_info("watch: neither watch.at nor watch.every_hours is given: only jobs are "
			 "run");
	learn(watch);
	set_timer(watch);
	manager_ready(&watch->manager);
	tell_status(watch);
	log_close();
	while (turn(watch))
		;
}

static int start(struct watch *watch, struct notes *faults)
{
	struct settings settings;
	struct err err = { 0 };
	int code = EXIT_ALL_DONE;

	if (settings_load(watch->path, watch->started, &settings, faults) < 0)
		return EXIT_USAGE;
	watch->calls->open_log(watch->options, &settings.config);
	watch->timer = watch_clock_open(&err);
	if (watch->timer < 0 || use(watch, &settings, &err) < 0) {
		log_error("%s", err.msg);
		code = exit_code(&err, (struct exit_facts){ 0 });
		/* Its environment is in use. */
		watch->settings = settings;
	} else {
		work(watch);
	}
	log_close();
	return code;
}

int watch_command(const struct options *options, const char *path, const struct watch_calls *calls,
		  struct notes *faults)
{
	struct watch watch = { .options = options,
			       .path = path,
			       .calls = calls,
			       .timer = -1,
			       .schedule = { .at = -1 },
			       .run = { .child = { .pidfd = -1 } } };
	char **before = environ;
	int code;

	manager_open(&watch.manager);
	watch.started = environment_copy();
	code = start(&watch, faults);
	environ = before;
	settings_clear(&watch.settings);
	environment_free(watch.started);
	schedule_clear(&watch.schedule);
	watch_lock_release(&watch.lock);
	manager_close(&watch.manager);
	file_close(&watch.timer);
	free(watch.last);
	free(watch.told);
	return code;
}
