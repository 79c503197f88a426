/* Chosen from the journals, looked for, judged, told; then held, put back, fetched, and remembered.
 * A dry run ends behind the telling, with an engine that refuses to write (S9). */
#include "restore/restore.h"

#include "cli/options.h"
#include "config/config.h"
#include "gc/activity.h"
#include "gc/gc.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "registry/server_config.h"
#include "restore/choose.h"
#include "restore/confirm.h"
#include "restore/judge.h"
#include "restore/list.h"
#include "restore/look.h"
#include "restore/print.h"
#include "restore/remember.h"
#include "restore/trash.h"
#include "restore/write.h"
#include "session/exit_code.h"
#include "session/health.h"
#include "session/session.h"
#include "state/state.h"
#include "storage/trust.h"
#include "util/date.h"
#include "util/log.h"
#include "util/stop_signal.h"

#include <time.h>

struct restore {
	const struct options *options;
	const struct config *config;
	struct state *state;
	struct session session;
	struct restore_choice choice;
	struct restore_trash *trash;
	int64_t now;
	size_t sent;
	bool judged;
	size_t errors; /* that are in the log, and of no tag or manifest */
};

static int open_state(struct restore *restore, struct err *err)
{
	const struct state_options place = state_options(restore->config);

	restore->state = restore->options->dry_run ? state_open_read_only(&place, err)
						   : state_open(&place, err);
	if (!restore->state)
		return -1;
	if (!state_collecting(restore->state))
		return 0;
	return err_set(err, ERR_COLLECTOR,
		       "whether a collection that was begun has ended is not known; "
		       "clean-registry collect settles that");
}

/* What is pushed while a collector is at work, it may remove. */
static int open_registry(struct restore *restore, struct err *err)
{
	struct session *session = &restore->session;

	if (session_open(session, restore->options->dry_run, err) < 0 ||
	    gc_check_idle(restore->config, err) < 0)
		return -1;
	session_ask_server(session);
	if (session->server.readonly == CONFIG_YES)
		return err_set(err, ERR_UNREACHABLE,
			       "the registry is read-only (storage.maintenance.readonly in %s): "
			       "nothing can be put back",
			       restore->config->paths.config);
	return session_find_storage(session, err);
}

static bool reads_storage(const struct restore *restore)
{
	return restore->session.layout && storage_is_own(restore->session.trust);
}

/* Without the storage a cache may go on to show what repositories do not link any more. */
static int empty_cache(struct restore *restore, struct err *err)
{
	const struct config *config = restore->config;

	if (reads_storage(restore) || restore->session.server.cache == CONFIG_NO)
		return 0;
	if (restore->session.server.cache == CONFIG_UNKNOWN) {
		log_warning("whether the registry has a cache is not known: one that was not "
			    "emptied since a collection may show what is gone");
		return 0;
	}
	if (restore->options->dry_run) {
		log_warning(
			"the registry has a cache, which would be emptied first, by gc.restart");
		return config->gc.restart.count > 0
			       ? 0
			       : err_set(err, ERR_USAGE, "gc.restart is not set");
	}
	if (config->gc.restart.count == 0)
		return err_set(err, ERR_USAGE,
			       "the registry has a cache, which may show layers that are gone: "
			       "set gc.restart, which empties it, or paths.host_storage, where "
			       "the layers can be seen");
	return gc_restart(config, err) < 0
		       ? -1
		       : health_await(config, http_by_token(restore->session.http), err);
}

/* Where the collector is our own, what it took lies there until it is unlinked. */
static int open_trash(struct restore *restore, struct err *err)
{
	const struct restore_recovery recovery = { restore->state, restore->options->dry_run };
	struct err why = { 0 };

	if (!reads_storage(restore)) {
		if (restore->config->gc.method == GC_NATIVE)
			log_warning("the trash is not looked at: paths.host_storage is not proved "
				    "to be the registry's own folder");
		return 0;
	}
	restore->trash = restore_trash_open(restore->config, &recovery, &why);
	if (restore->trash || why.kind == ERR_NONE)
		return 0;
	*err = why;
	return -1;
}

static int look(struct restore *restore, struct err *err)
{
	struct session *session = &restore->session;
	const struct restore_look where = {
		.session = session,
		.list = restore->choice.list,
		.own = reads_storage(restore) ? session->layout : NULL,
		.trash = restore->trash,
	};
	const struct restore_rules rules = { .overwrite = restore->options->overwrite,
					     .sparse = session->server.sparse == CONFIG_YES,
					     .major = session->inventory->server.major };

	if (restore_look(&where, err) < 0)
		return -1;
	restore_judge(restore->choice.list, &rules);
	restore->judged = true;
	restore_warn(restore->choice.list);
	return 0;
}

static int put_back(struct restore *restore, struct err *err)
{
	struct restore_list *list = restore->choice.list;
	const struct restore_memory memory = {
		.config = restore->config,
		.state = restore->state,
		.own = reads_storage(restore) ? restore->session.layout : NULL,
		.now = restore->now,
	};
	struct restore_writer writer = { .session = &restore->session,
					 .list = list,
					 .overwrite = restore->options->overwrite };
	struct err why = { 0 };
	int result;

	if (restore_remember(&memory, list, err) < 0)
		return -1;
	if (restore->trash)
		restore_trash_bring_back(restore->trash, list);
	result = restore_write(&writer, err);
	restore->sent = writer.sent;
	if (result == 0)
		result = restore_confirm(&restore->session, list, err);
	if (restore_conclude(&memory, list, &why) == 0)
		return result;
	restore->errors++;
	log_error("%s", why.msg);
	return result;
}

static int carry_out(struct restore *restore, struct err *err)
{
	const struct options *options = restore->options;
	struct restore_account account;

	if (!date_known(restore->now))
		return err_set(err, ERR_USAGE, "the clock of this host is wrong: set it first");
	if (open_state(restore, err) < 0 ||
	    restore_choose(options, restore->config, restore->state, &restore->choice, err) < 0 ||
	    open_registry(restore, err) < 0 || empty_cache(restore, err) < 0 ||
	    open_trash(restore, err) < 0 || look(restore, err) < 0)
		return -1;
	account = restore_count(restore->choice.list);
	/* A restore that was killed may have left more to do than to put. */
	if (options->dry_run || account.tags + account.manifests + account.there == 0)
		return 0;
	return put_back(restore, err);
}

/* Nothing of what is wanted is there, and nothing can be. What failed was there, or was tried. */
static int judge_end(const struct restore *restore, struct err *err)
{
	struct restore_account account = restore_count(restore->choice.list);
	size_t well = account.tags + account.manifests + account.done_tags +
		      account.done_manifests + account.there + account.failed;

	if (well > 0 || restore->sent > 0)
		return 0;
	if (account.unknown > 0)
		return err_set(err, ERR_UNREACHABLE,
			       "the registry does not tell what it has; nothing was put back");
	return err_set(err, ERR_USAGE, "nothing of this can be put back");
}

static size_t count_errors(const struct restore *restore)
{
	struct restore_account account = restore_count(restore->choice.list);
	size_t errors = restore->errors + account.exists + account.impossible + account.failed;

	return restore->options->dry_run ? errors : errors + account.tags + account.manifests;
}

static int end(const struct restore *restore, struct err *err)
{
	const struct config *config = restore->config;
	struct restore_print print = { .registry = config->registry.url,
				       .dry_run = restore->options->dry_run,
				       .json = restore->options->json,
				       .held_until = DATE_ABSENT };
	struct exit_facts facts = { .changed = restore->sent > 0 };
	struct err why = { 0 };

	if (restore->judged) {
		facts.errors = count_errors(restore);
		print.exit_code = exit_code(err, facts);
		if (config->undo.hold_days > 0)
			print.held_until = restore->now + config->undo.hold_days * INT64_C(86400);
		if (restore_print(&print, restore->choice.list, &why) < 0) {
			log_error("%s", why.msg);
			facts.errors++;
		}
	}
	if (err->kind != ERR_NONE)
		log_error("%s", err->msg);
	return exit_code(err, facts);
}

int restore_command(const struct options *options, const struct config *config)
{
	struct restore restore = { .options = options,
				   .config = config,
				   .session = session_new(config),
				   .now = (int64_t)time(NULL) };
	struct err err = { 0 };
	int code;

	if (carry_out(&restore, &err) == 0)
		err.kind = ERR_NONE;
	if (err.kind == ERR_NONE)
		(void)judge_end(&restore, &err);
	code = end(&restore, &err);
	restore_trash_close(restore.trash);
	restore_choice_clear(&restore.choice);
	session_close(&restore.session);
	state_close(restore.state);
	return code;
}
