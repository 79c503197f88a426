/* Unknown means no: a registry whose cache or folder is not known is not collected. */
#include "run/native_ready.h"

#include "config/config.h"
#include "native/journal.h"
#include "native/store.h"
#include "native/trash.h"
#include "registry/server_config.h"
#include "run/context.h"

#include <time.h>

int64_t native_ready_grace_seconds(const struct config *config)
{
	double exact = config->gc.grace_hours * 3600;
	int64_t seconds = (int64_t)exact;

	return (double)seconds < exact ? seconds + 1 : seconds;
}

/* What another configuration would mend. */
static int check_set_up(const struct run *run, struct err *err)
{
	const struct server_config *server = &run->session.server;
	const struct config *config = run->config;

	if (server_config_has_no_folder(server))
		return err_set(err, ERR_USAGE,
			       "gc.method: \"native\" collects a folder of this host, and the "
			       "registry has its storage in %s: set it to \"registry\"",
			       server->driver);
	if (server->proxy == CONFIG_YES)
		return err_set(err, ERR_USAGE,
			       "gc.method: the registry is a pull-through cache, which removes "
			       "blobs by itself: \"native\" does not collect it");
	if (server->cache == CONFIG_YES && config->gc.restart.count == 0)
		return err_set(err, ERR_USAGE,
			       "gc.restart: required, because gc.method is \"native\" and the "
			       "registry has a cache (storage.cache), which goes on to list what "
			       "was collected until it is emptied");
	if (config->gc.grace_hours <= 0 && server->readonly != CONFIG_YES)
		return err_set(err, ERR_USAGE,
			       "gc.grace_hours: 0 is only for a registry in read-only mode "
			       "(storage.maintenance.readonly), which this one is not known to be "
			       "in");
	return 0;
}

/* What may be so only now. */
static int check_knowledge(const struct run *run, struct err *err)
{
	const struct session *session = &run->session;
	const struct err *why = session->storage_why.kind != ERR_NONE ? &session->storage_why
								      : &session->server_why;

	if (session->server.cache == CONFIG_UNKNOWN && run->config->gc.restart.count == 0)
		return err_set(err, ERR_COLLECTOR,
			       "gc.method: whether the registry has a cache (storage.cache) is not "
			       "known, and gc.restart, which would empty it, is not set%s%.300s",
			       why->kind != ERR_NONE ? ": " : "", why->msg);
	if (!storage_is_own(session->trust))
		return err_set(err, ERR_COLLECTOR,
			       "gc.method: \"native\" collects only what is proved to be the "
			       "registry's own folder, and %s is not%s%.400s",
			       run->config->paths.host_storage, why->kind != ERR_NONE ? ": " : "",
			       why->kind != ERR_NONE
				       ? why->msg
				       : " (see clean-registry check, \"own_folder\")");
	return 0;
}

int native_ready(struct run *run, struct err *err)
{
	session_ask_server(&run->session);
	return check_set_up(run, err) < 0 ? -1 : check_knowledge(run, err);
}

static bool has_due(const struct config *config, const struct state *state,
		    const struct native_store *store)
{
	struct timespec now;
	struct native_journal_summary journal_summary = { 0 };
	struct native_trash_summary trash = { 0 };
	struct err ignored = { 0 };
	struct native_journal *journal = native_journal_load(state, &ignored);

	clock_gettime(CLOCK_REALTIME, &now);
	if (journal)
		journal_summary =
			native_journal_summary(journal, &now, native_ready_grace_seconds(config));
	native_journal_free(journal);
	return journal_summary.due > 0 ||
	       (native_trash_summary(store, (unsigned)config->gc.trash_days, &now, &trash,
				     &ignored) == 0 &&
		trash.due_blobs > 0);
}

bool native_ready_has_due(const struct config *config, const struct state *state)
{
	struct err ignored = { 0 };
	struct native_store *store;
	bool due;

	if (config->gc.method != GC_NATIVE)
		return false;
	store = native_store_open(config->paths.host_storage, &ignored);
	due = store && has_due(config, state, store);
	native_store_close(store);
	return due;
}
