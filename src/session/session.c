/* Reaches the registry, asks what it is, and reads what is in it. */
#include "session/session.h"

#include "config/config.h"
#include "http/engine.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "inventory/untagged_seen.h"
#include "registry/api.h"
#include "registry/facts.h"
#include "scaleway/api.h"
#include "scan_api/cache.h"
#include "scan_api/load.h"
#include "scan_scaleway/catalog.h"
#include "scan_storage/file_cache.h"
#include "scan_storage/load.h"
#include "scan_storage/push_times.h"
#include "session/cache_file.h"
#include "session/folder.h"
#include "session/pending_known.h"
#include "session/restored_known.h"
#include "session/scaleway.h"
#include "session/storage_proof.h"
#include "state/state.h"
#include "storage/layout.h"
#include "undo/restored.h"
#include "util/date.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <time.h>

static int open_registry(struct session *session, bool read_only, struct err *err)
{
	const struct config *config = session->config;
	struct http_options options = session_http_options(config);

	options.read_only = read_only;
	session->http = http_new(&options, err);
	if (!session->http)
		return -1;
	session->api = api_new(session->http, config->registry.url);
	api_limit_catalog(session->api, (unsigned)config->registry.catalog_timeout);
	api_name_repositories(session->api, &config->registry.repositories);
	return 0;
}

static int ask_facts(struct session *session, struct err *err)
{
	const struct config *config = session->config;
	struct facts *facts = &session->inventory->server;
	struct err why = { 0 };

	if (facts_ping(session->api, session->http, facts, err) < 0)
		return -1;
	if (facts_ask_version((const char *const *)config->registry.exec.items,
			      config->registry.program, facts, &why) < 0)
		log_warning("the registry's program cannot be asked for its version: %s", why.msg);
	log_info("registry %s%s%s, %s", config->registry.url,
		 facts->version[0] ? " is version " : "", facts->version,
		 facts->tag_delete == TAG_DELETE_YES
			 ? "assumed to delete single tags (3.x)"
			 : "assumed to delete whole manifests only (2.x)");
	return 0;
}

void session_ask_server(struct session *session)
{
	const struct config *config = session->config;

	if (session->server_asked || config->registry.kind == KIND_SCALEWAY)
		return;
	session->server_asked = true;
	if (server_config_ask((const char *const *)config->registry.exec.items,
			      config->paths.config, &session->server, &session->server_why) < 0)
		log_debug("the registry's configuration cannot be read: %s",
			  session->server_why.msg);
	else if (session->server.driver[0])
		log_write(server_config_has_no_folder(&session->server) ? LOG_LEVEL_INFO
									: LOG_LEVEL_DEBUG,
			  "the registry has its storage in %s, as %s says", session->server.driver,
			  config->paths.config);
}

/* The registry's lists leave out different things by version and storage. */
static void expect_lists(struct session *session)
{
	const struct facts *facts = &session->inventory->server;
	enum api_hiding hiding = facts_hiding(facts);
	bool keys = facts_lists_by_keys(facts);

	if (hiding == API_HIDES_NOTHING && !keys)
		return;
	session_ask_server(session);
	if (server_config_is_filesystem(&session->server))
		return;
	if (hiding == API_HIDES_TAGS)
		log_info("lists of tags are asked for what they hide, one request for each tag: "
			 "the registry is version %s, and its storage %s%s",
			 facts->version,
			 session->server.driver[0] ? "is " : "may be an object storage",
			 session->server.driver);
	api_expect(session->api, hiding, keys);
}

/* After a reading that cannot be used. */
static void begin_again(struct session *session, const struct state *state)
{
	struct facts server = session->inventory->server;
	bool to_verify = session->inventory->to_verify;
	const struct string_list *asked_for = session->inventory->asked_for;

	file_cache_free(session->file_cache);
	session->file_cache = NULL;
	inventory_faults_tell(session->inventory);
	inventory_free(session->inventory);
	session->inventory = inventory_new();
	session->inventory->server = server;
	session->inventory->to_verify = to_verify;
	session->inventory->asked_for = asked_for;
	pending_known_add(session->inventory, state);
}

static int prove_storage(struct session *session, struct err *err)
{
	const struct proof proof = { .config = session->config,
				     .server = &session->server,
				     .layout = session->layout,
				     .inventory = session->inventory,
				     .api = session->api,
				     .http = session->http };
	bool own = false;

	session_ask_server(session);
	if (storage_proof(&proof, &own, err) < 0) {
		if (err->kind == ERR_IO)
			session->trust = STORAGE_REFUTED;
		return -1;
	}
	session->trust = own ? STORAGE_OWN : STORAGE_UNPROVED;
	return 0;
}

/* With the help of what earlier runs read; who verifies believes nothing of that. */
static int read_files(struct session *session, const struct state *state, struct err *err)
{
	struct inventory *inventory = session->inventory;

	if (!inventory->to_verify)
		session->file_cache =
			cache_file_load_files(state, session->layout, inventory->server.major);
	if ((session->undated ? scan_storage_load_undated : scan_storage_load_cached)(
		    inventory, session->layout, session->file_cache, err) < 0)
		return -1;
	if (session->file_cache)
		log_debug("%zu files of manifests and configs are known from earlier runs",
			  file_cache_taken(session->file_cache));
	return 0;
}

static int read_storage(struct session *session, const struct state *state, struct err *err)
{
	struct inventory *inventory = session->inventory;

	if (!session->layout)
		return err_set(err, ERR_IO, "%s", session->unseen);
	inventory->wants_untagged =
		session->config->cleanup.untagged_days > 0 && !inventory->to_verify;
	if (read_files(session, state, err) < 0)
		return -1;
	if (prove_storage(session, err) < 0)
		return -1;
	restored_known_apply(session, storage_is_own(session->trust));
	inventory->pushes_copied = push_times_copied(inventory);
	/* A copy may have the same names and digests, and other times. */
	if (inventory->pushes_copied || !storage_is_own(session->trust))
		push_times_forget(inventory);
	inventory->pushes_known = storage_is_own(session->trust) && !inventory->pushes_copied &&
				  !inventory->restored_unknown;
	return 0;
}

/* Through the API, with the help of what earlier runs read. */
static int read_api(struct session *session, const struct state *state, struct err *err)
{
	unsigned window = (unsigned)session->config->registry.max_concurrent_requests;
	struct inventory *inventory = session->inventory;
	struct cache *cache = cache_file_load(state);
	uint64_t sent = http_requests(session->http);
	int result = scan_api_load(inventory, session->api, session->http, window, cache, err);

	progress_end();
	if (result == 0) {
		log_debug("read %zu tag%s with %" PRIu64 " requests; %zu manifest%s known from "
			  "earlier runs",
			  inventory->tag_count, units_s(inventory->tag_count),
			  http_requests(session->http) - sent, cache->taken,
			  cache->taken == 1 ? " was" : "s were");
		restored_known_apply(session, false);
		if (!inventory->to_verify)
			folder_read_revisions(session);
		cache_drop_known(cache);
		session->cache = steal(&cache);
	}
	cache_free(cache);
	return result;
}

/* 1: read; 0: the API is to be read instead; -1. */
static int try_storage(struct session *session, const struct state *state, struct err *err)
{
	const struct config *config = session->config;
	struct err why = { 0 };

	if (config->inventory.source == SOURCE_API || !config->paths.host_storage[0])
		return 0;
	if (read_storage(session, state, &why) == 0)
		return 1;
	if (why.kind != ERR_IO) {
		*err = why;
		return -1;
	}
	session->storage_why = why;
	if (config->inventory.source == SOURCE_STORAGE)
		return err_set(err, ERR_UNREACHABLE,
			       "the registry cannot be read from paths.host_storage: %s", why.msg);
	if (session->layout) {
		if (session->trust == STORAGE_REFUTED)
			session->unseen = "paths.host_storage is not this registry's folder";
		log_warning("reading through the API, and not paths.host_storage: %s", why.msg);
	}
	begin_again(session, state);
	return 0;
}

/* Times that only the registry's own folder tells, where they are needed; those of pushes hang on
 * the plan (report/undated.h). */
static void tell_times(const struct session *session)
{
	const struct config *config = session->config;
	bool untagged = config->cleanup.untagged_days > 0;

	if (untagged && !storage_is_own(session->trust) &&
	    server_config_has_no_folder(&session->server))
		log_warning("cleanup.untagged_days removes nothing: the registry has its storage "
			    "in %s, which does not tell since when manifests have had no tag",
			    session->server.driver);
	else if (untagged && !storage_is_own(session->trust))
		log_warning("since when manifests have had no tag is not known: only the "
			    "registry's own folder (paths.host_storage) tells it; what would go "
			    "by cleanup.untagged_days is kept");
	if (untagged && session->inventory->pushes_copied)
		log_warning("more than half of the tags seem to have been pushed within one "
			    "minute: the storage was restored or copied without its times, so "
			    "since when manifests have had no tag is not known; what would go by "
			    "cleanup.untagged_days is kept");
}

static void tell_source(const struct session *session)
{
	if (session->inventory->from_storage)
		log_info("read %s, which is %s", session->config->paths.host_storage,
			 storage_is_own(session->trust)
				 ? "the registry's own folder"
				 : "what the registry has, as far as was compared");
	if (!session->inventory->to_verify)
		tell_times(session);
}

/* cleanup.untagged_days: what the links do not tell, earlier runs and the folders of tags do. */
static void settle_untagged(struct session *session, const struct state *state)
{
	struct inventory *inventory = session->inventory;
	bool known = true;

	if (session->config->cleanup.untagged_days == 0 || inventory->to_verify)
		return;
	session->untagged = cache_file_load_untagged(state, &known);
	if (!inventory->pushes_known) {
		untagged_seen_strike(session->untagged, inventory);
		return;
	}
	untagged_seen_settle(session->untagged, inventory, (int64_t)time(NULL));
	for (size_t m = 0; m < inventory->manifest_count && !known; m++)
		inventory->manifests[m].untagged_since = DATE_ABSENT;
}

static int read_all(struct session *session, const struct state *state, struct err *err)
{
	int read = 0;

	if (session->config->paths.host_storage[0])
		session_ask_server(session);
	folder_open(session);
	pending_known_add(session->inventory, state);
	read = try_storage(session, state, err);
	return read < 0 || (read == 0 && read_api(session, state, err) < 0) ? -1 : 0;
}

static void tell_unseen(const struct session *session, const char *what, const char *behind)
{
	const char *path = session->config->paths.host_storage;

	if (session->unseen && !session->inventory->from_storage)
		log_write(path[0] ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "untagged indexes %s: %s%s",
			  what, session->unseen, behind);
}

static bool is_scaleway(const struct session *session)
{
	return session->config->registry.kind == KIND_SCALEWAY;
}

int session_read(struct session *session, const struct state *state, struct err *err)
{
	int read;

	if (is_scaleway(session))
		return session_scaleway_read(session, state, err);
	restored_known_read(session, state);
	read = read_all(session, state, err);
	inventory_faults_tell(session->inventory);
	if (read < 0)
		return -1;
	if (storage_is_own(session->trust))
		push_times_check_pending(session->inventory, session->layout);
	pending_known_add_gone(session->inventory, state);
	settle_untagged(session, state);
	tell_source(session);
	if (!session->lists_later && !session->inventory->to_verify)
		tell_unseen(session, "are not seen", "; a run asks the collector for them");
	return 0;
}

void session_tell_unseen(const struct session *session)
{
	tell_unseen(session, "cannot be protected", "");
}

void session_remember(const struct session *session, const struct state *state)
{
	if (session->cache)
		cache_file_save(session->cache, session->inventory, state);
	if (session->file_cache)
		cache_file_save_files(session->file_cache, session->inventory, state);
}

struct session session_new(const struct config *config)
{
	return (struct session){ .config = config, .inventory = inventory_new() };
}

int session_open(struct session *session, bool read_only, struct err *err)
{
	if (is_scaleway(session))
		return session_scaleway_open(session, read_only, err);
	if (open_registry(session, read_only, err) < 0)
		return -1;
	if (ask_facts(session, err) < 0)
		return -1;
	expect_lists(session);
	return 0;
}

void session_close(struct session *session)
{
	inventory_free(session->inventory);
	untagged_seen_free(session->untagged);
	restored_free(session->restored);
	cache_free(session->cache);
	file_cache_free(session->file_cache);
	pulls_free(session->pulls);
	layout_close(session->layout);
	api_free(session->api);
	scaleway_api_free(session->scaleway_api);
	scan_scaleway_catalog_free(session->scaleway);
	http_free(session->http);
}
