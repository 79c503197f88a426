/* The registry's own configuration, as paths.config and its environment tell it. */
#include "checks/checks.h"

#include "apply/apply.h"
#include "config/config.h"
#include "engine/failure.h"
#include "inventory/inventory.h"
#include "registry/server_config.h"
#include "session/folder.h"
#include "session/session.h"

enum check_verdict checks_server_config(struct checks_place *place, struct err *said)
{
	struct session *session = place->session;
	struct engine_failure failure;

	session_ask_server(session);
	if (session->server_why.kind == ERR_NONE)
		return checks_say(said, CHECK_OK, "%s", place->config->paths.config);
	failure = engine_failure_read(session->server_why.msg, -1);
	if (failure.not_started)
		return checks_say(said, CHECK_NOT_ASKED, "it cannot be read there: %s",
				  session->server_why.msg);
	err_set(said, ERR_COLLECTOR,
		"it cannot be read where registry.exec leads: %s; check paths.config",
		session->server_why.msg);
	return CHECK_TROUBLE;
}

static const char UNKNOWN[] = "neither paths.config nor the environment of the registry tells it";

/* RESULT of a question about a value that SAYS what is so. */
static enum check_verdict judge(int result, enum config_says says, struct err *said)
{
	if (result < 0)
		return CHECK_TROUBLE;
	return says == CONFIG_UNKNOWN ? checks_say(said, CHECK_NOT_ASKED, "%s", UNKNOWN)
				      : checks_say(said, CHECK_OK, "%s", "");
}

enum check_verdict checks_read_only(struct checks_place *place, struct err *said)
{
	const struct server_config *server = &place->session->server;

	session_ask_server(place->session);
	return judge(apply_expect_writable(server, place->config, said), server->readonly, said);
}

enum check_verdict checks_pull_through(struct checks_place *place, struct err *said)
{
	const struct server_config *server = &place->session->server;

	session_ask_server(place->session);
	return judge(apply_expect_origin(server, place->config, said), server->proxy, said);
}

enum check_verdict checks_deletion(struct checks_place *place, struct err *said)
{
	const struct server_config *server = &place->session->server;

	session_ask_server(place->session);
	if (server->deletes == CONFIG_NO && place->config->registry.delete_door)
		return checks_say(said, CHECK_OK,
				  "through the deletion door (registry.delete_door)");
	return judge(apply_expect_deletion(place->session->inventory, server, place->config, said),
		     server->deletes, said);
}

enum check_verdict checks_tag_delete(struct checks_place *place, struct err *said)
{
	const struct inventory *inventory = place->session->inventory;

	session_ask_server(place->session);
	if (place->session->server.deletes == CONFIG_NO &&
	    apply_expect_obedience(inventory, said) < 0) {
		err_wrap(said, "update the registry");
		return CHECK_TROUBLE;
	}
	if (inventory->server.tag_delete == TAG_DELETE_YES)
		return checks_say(said, CHECK_OK, "%s", "");
	return checks_say(said, CHECK_NOT_ASKED,
			  "2.x deletes whole manifests: tags that share one go together, or stay");
}

#define FLUSH "the keys blobs::* and repository::*::blobs*"

enum check_verdict checks_cache(struct checks_place *place, struct err *said)
{
	const struct server_config *server = &place->session->server;
	const struct config *config = place->config;
	const char *container = config->registry.container;

	session_ask_server(place->session);
	if (server->cache == CONFIG_UNKNOWN)
		return checks_say(said, CHECK_NOT_ASKED, "%s", UNKNOWN);
	if (config->gc.when == GC_NEVER)
		return checks_say(said, CHECK_NOT_ASKED, "gc.when is never: nothing is collected");
	if (server->cache == CONFIG_NO || config->gc.restart.count > 0)
		return checks_say(said, CHECK_OK, "%s",
				  server->cache == CONFIG_NO ? "it has none" : "gc.restart");
	if (config->gc.method == GC_OFFLINE && !server->cache_lasts)
		return checks_say(said, CHECK_OK,
				  "it is in memory, and gc.method starts the registry anew");
	if (server->cache_lasts)
		return checks_say(
			said, CHECK_TROUBLE,
			"the registry keeps a cache in redis, which after a collection lists "
			"what was removed: set gc.restart to a command that flushes it "
			"(" FLUSH ")");
	return checks_say(
		said, CHECK_TROUBLE,
		"the registry keeps a cache in memory, which after a collection lists what "
		"was removed: set gc.restart, say to [\"docker\", \"restart\", \"%s\"]",
		*container ? "{container}" : "REGISTRY");
}

enum check_verdict checks_driver(struct checks_place *place, struct err *said)
{
	const struct server_config *server = &place->session->server;

	session_ask_server(place->session);
	if (folder_expect_driver(place->session, said) < 0)
		return CHECK_TROUBLE;
	if (!server->driver[0])
		return checks_say(said, CHECK_NOT_ASKED, "%s", UNKNOWN);
	return checks_say(said, CHECK_OK, "%s%s%s", server->driver, server->root[0] ? ", " : "",
			  server->root);
}
