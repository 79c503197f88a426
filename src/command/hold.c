/* Writes first and asks then: what is in doubt is held. */
#include "command/hold.h"

#include "cli/options.h"
#include "cli/values.h"
#include "command/held.h"
#include "command/held_list.h"
#include "config/config.h"
#include "config/registry_names.h"
#include "lists/holds.h"
#include "registry/reference.h"
#include "session/exit_code.h"
#include "state/holds_file.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/edit_distance.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/xalloc.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_PER_DAY 86400
#define WHO             64 /* bytes of a user's name that are written down */

/* The name under which TEXT, as `docker pull` has it, is held. The caller frees it; NULL: ERR. */
static char *name_of(const struct config *config, const char *text, struct err *err)
{
	struct string_list hosts = { 0 };
	struct reference reference;
	char *name = NULL;
	int parsed;

	registry_names(config, &hosts);
	parsed = reference_parse(text, (const char *const *)hosts.items, hosts.count, &reference,
				 err);
	string_list_clear(&hosts);
	if (parsed < 0)
		return NULL;
	if (!reference.tag == !reference.digest)
		err_set(err, ERR_USAGE,
			"'%.300s': REPOSITORY:TAG or REPOSITORY@DIGEST is expected, one of both",
			text);
	else
		name = reference.tag ? xasprintf("%s:%s", reference.repository, reference.tag)
				     : xasprintf("%s@%s", reference.repository, reference.digest);
	reference_clear(&reference);
	return name;
}

/* Who is at the keyboard, without blanks. The caller frees it. */
static char *who_am_i(void)
{
	const char *sudo = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *user = getpwuid(getuid());
	char *who;

	if (sudo && *sudo)
		who = xstrndup(sudo, strnlen(sudo, WHO));
	else if (user && *user->pw_name)
		who = xstrndup(user->pw_name, strnlen(user->pw_name, WHO));
	else
		who = xasprintf("uid:%u", (unsigned)getuid());
	for (char *at = who; *at; at++) {
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			*at = '?';
	}
	return who;
}

struct order {
	const struct options *options;
	const struct config *config;
	struct state_options place;
	struct holds *holds;  /* as the file has them now */
	struct hold hold;     /* what is wanted */
	struct holds *before; /* what was held under that name before; at most one */
};

static bool put(void *ctx, struct holds *holds, struct err *err)
{
	struct order *order = ctx;
	const struct hold *old = holds_find(holds, order->hold.name);

	(void)err;
	if (old)
		holds_put(order->before, old);
	holds_put(holds, &order->hold);
	return true;
}

/* Unless somebody else has changed it meanwhile. */
static bool take_back(void *ctx, struct holds *holds, struct err *err)
{
	const struct order *order = ctx;
	const struct hold *now = holds_find(holds, order->hold.name);

	(void)err;
	if (!now || now->since != order->hold.since || strcmp(now->who, order->hold.who) != 0)
		return true;
	if (order->before->count > 0)
		holds_put(holds, &order->before->items[0]);
	else
		holds_drop(holds, order->hold.name);
	return true;
}

static int change(struct order *order, holds_change how, struct err *err)
{
	return holds_file_change(&order->place, order->holds, time(NULL), how, order, err);
}

static int refuse_absent(struct order *order, const struct held *answer, struct err *err)
{
	const char *name = order->hold.name;
	const char *nearest = answer->nearest;

	if (change(order, take_back, err) < 0)
		return -1;
	return err_set(err, ERR_USAGE,
		       "the registry has no '%s'%s%s%s%s%s; --force holds what is not there yet",
		       name, nearest ? "; did you mean the tag '" : "", nearest ? nearest : "",
		       nearest ? "'?" : "", answer->why ? ": " : "",
		       answer->why ? answer->why : "");
}

struct owing {
	const char *name, *digest;
	bool pending;
};

static void on_debt(void *ctx, const char *repository, const char *digest, int64_t since)
{
	struct owing *owing = ctx;
	size_t length = strlen(repository);

	(void)since;
	owing->pending |= strncmp(owing->name, repository, length) == 0 &&
			  strchr(":@", owing->name[length]) && strcmp(owing->digest, digest) == 0;
}

/* A run writes down what it is about to delete before it reads once more what is held: either it
 * sees the hold, or its debt is seen here. */
static void warn_of_runs(const struct order *order, const struct held *answer)
{
	struct owing owing = { order->hold.name, answer->digest, false };
	CLEANUP(buf_free) struct buf lock = { 0 };
	struct err err = { 0 };
	struct state *state = state_open_read_only(&order->place, &err);

	if (!state) {
		log_warning("%s", err.msg);
		return;
	}
	if (state_read_file(state, "lock", 1, &lock, &err) < 0 && errno == ENOENT)
		log_warning("no run has used %s so far: a hold counts for runs with this "
			    "configuration and this paths.state",
			    state_path(state));
	state_each_pending(state, on_debt, &owing);
	if (owing.pending)
		log_warning("%s may be being deleted at this moment, or was left to be deleted by "
			    "a run that was cut: see with clean-registry holds, when no run is "
			    "under way, whether it is still there",
			    order->hold.name);
	state_close(state);
}

static void tell(const struct order *order)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	holds_describe(&order->hold, &text);
	printf("%s is held %s\n", order->hold.name, buf_string(&text));
	log_info("%s is held %s", order->hold.name, buf_string(&text));
}

/* It may end earlier now, and somebody else may have wanted it. */
static void tell_replaced(const struct order *order)
{
	const struct hold *old = order->before->items;
	CLEANUP(buf_free) struct buf text = { 0 };

	if (order->before->count == 0 || !holds_is_valid(old, order->hold.since))
		return;
	holds_describe(old, &text);
	log_warning("%s was held %s; that is replaced", old->name, buf_string(&text));
}

static int hold(struct order *order, struct err *err)
{
	struct held answer = { 0 };
	int result = change(order, put, err);

	if (result == 0)
		result = command_held_ask(order->config, &order->hold, 1, &answer, err);
	if (result == 0 && answer.state == HELD_ABSENT && !order->options->force) {
		result = refuse_absent(order, &answer, err);
	} else if (result == 0) {
		tell(order);
		tell_replaced(order);
		if (answer.state == HELD_UNKNOWN)
			log_warning("whether the registry has %s is not known: %s",
				    order->hold.name, answer.why);
		if (answer.state == HELD_DANGLING)
			log_warning("%s is listed, but its image is gone", order->hold.name);
		warn_of_runs(order, &answer);
	}
	command_held_clear(&answer, 1);
	return result;
}

static const char *nearest_held(const struct holds *holds, const char *name)
{
	struct edits_nearest best = { .below = strlen(name) / 3 + 1 };

	for (size_t i = 0; i < holds->count; i++)
		edit_distance_consider(&best, name, holds->items[i].name);
	return best.name;
}

static bool drop(void *ctx, struct holds *holds, struct err *err)
{
	const struct order *order = ctx;
	const char *name = order->hold.name, *other;

	if (holds_drop(holds, name))
		return true;
	other = nearest_held(holds, name);
	err_set(err, ERR_USAGE, "'%s' is not held%s%s%s", name, other ? "; did you mean '" : "",
		other ? other : "", other ? "'?" : "");
	return false;
}

static int release(struct order *order, struct err *err)
{
	if (change(order, drop, err) < 0)
		return -1;
	printf("%s is released\n", order->hold.name);
	log_info("%s is released by %s", order->hold.name, order->hold.who);
	return 0;
}

/* The registry is asked after the file is written: what is held is so by then. */
static int code_of(const struct err *err)
{
	return exit_code(err, (struct exit_facts){ .changed = err->kind == ERR_UNREACHABLE });
}

static int carry_out(struct order *order, int (*work)(struct order *order, struct err *err),
		     struct err *err)
{
	const struct options *options = order->options;
	int64_t now = time(NULL);

	if (options->dry_run)
		return err_set(err, ERR_USAGE, "DRY_RUN is set, and this writes a file");
	if (!date_known(now))
		return err_set(err, ERR_USAGE, "the clock of this host is wrong: set it first");
	order->hold.name = name_of(order->config, options->argument, err);
	if (!order->hold.name)
		return -1;
	order->hold.who = who_am_i();
	order->hold.since = now;
	order->hold.until =
		options->days ? now + (int64_t)options->days * SECONDS_PER_DAY : HOLDS_FOREVER;
	order->hold.reason = xstrdup(options->reason ? options->reason : "");
	if (work(order, err) < 0)
		return -1;
	return fflush(stdout) == 0 && !ferror(stdout)
		       ? 0
		       : err_set(err, ERR_IO, "standard output cannot be written");
}

static int give_order(const struct options *options, const struct config *config,
		      int (*work)(struct order *order, struct err *err))
{
	struct order order = { .options = options,
			       .config = config,
			       .place = state_options(config),
			       .holds = holds_new(),
			       .before = holds_new() };
	struct err err = { 0 };

	if (carry_out(&order, work, &err) == 0)
		err.kind = ERR_NONE;
	else
		log_error("%s", err.msg);
	free(order.hold.name);
	free(order.hold.who);
	free(order.hold.reason);
	holds_free(order.holds);
	holds_free(order.before);
	return code_of(&err);
}

int command_hold(const struct options *options, const struct config *config)
{
	return give_order(options, config, hold);
}

int command_release(const struct options *options, const struct config *config)
{
	return give_order(options, config, release);
}

static int list(const struct options *options, const struct config *config, struct holds *holds,
		size_t *unknown, struct err *err)
{
	struct state_options place = state_options(config);
	struct state *state = state_open_read_only(&place, err);
	struct held *answers = NULL;
	int result = state ? holds_file_read(state, holds, err) : -1;

	if (result == 0 && state_is_hidden(state))
		result = err_set(err, ERR_USAGE, "%s cannot be read", state_path(state));
	state_close(state);
	if (result < 0)
		return -1;
	answers = xcalloc(holds->count + 1, sizeof *answers);
	result = command_held_ask(config, holds->items, holds->count, answers, err);
	if (result == 0)
		result = command_held_list(config, holds, answers, options->json, unknown, err);
	command_held_clear(answers, holds->count);
	free(answers);
	return result;
}

int command_holds(const struct options *options, const struct config *config)
{
	struct holds *holds = holds_new();
	struct err err = { 0 };
	size_t unknown = 0;
	int code = EXIT_PARTLY;

	if (list(options, config, holds, &unknown, &err) < 0) {
		log_error("%s", err.msg);
		code = code_of(&err);
	} else if (unknown == 0) {
		code = EXIT_ALL_DONE;
	}
	holds_free(holds);
	return code;
}
