/* Written down, started, looked at, used, stopped, struck off: in this order, whatever happens. */
#include "door/door.h"

#include "config/config.h"
#include "door/login.h"
#include "door/place.h"
#include "door/process.h"
#include "door/question.h"
#include "door/recover.h"
#include "door/settings.h"
#include "door/words.h"
#include "engine/engine.h"
#include "http/engine.h"
#include "registry/api.h"
#include "registry/server_config.h"
#include "state/leftover.h"
#include "state/state.h"
#include "util/companion.h"
#include "util/file.h"
#include "util/log.h"
#include "util/secrets.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define START_SECONDS  60
#define PAUSE_MS       20
#define DELETE_SECONDS 600
#define TRIES          2

struct door {
	const struct config *config;
	struct state *state;
	struct engine_target target;
	struct door_place place;
	unsigned port;
	char mark[DOOR_WORD], realm[DOOR_WORD], password[DOOR_PASSWORD];
	struct companion child;
	bool started, seen;
	struct http *http;
	struct api *api;
};

bool door_is_wanted(const struct config *config, const struct server_config *server)
{
	if (!config->registry.delete_door)
		return false;
	if (server->deletes != CONFIG_YES)
		return true;
	log_warning("registry.delete_door: the registry takes deletes from everybody who may push "
		    "(storage.delete.enabled in %s), so that no door is opened: disable that, and "
		    "restart it",
		    config->paths.config);
	return false;
}

/* A cache that outlives the registry is shared with the door, which strikes from it what it
 * deletes; one in memory is each process's own. */
bool door_needs_restart(const struct server_config *server)
{
	return server->cache != CONFIG_NO && !server->cache_lasts;
}

static int check_cache(const struct config *config, const struct server_config *server,
		       struct err *err)
{
	if (!door_needs_restart(server) || config->gc.restart.count > 0)
		return 0;
	return err_set(err, ERR_UNREACHABLE,
		       "registry.delete_door: %s, and answers for what another process deleted "
		       "until it is restarted: set gc.restart, or remove storage.cache from %s",
		       server->cache == CONFIG_YES
			       ? "the registry has a cache in its memory (storage.cache)"
			       : "the registry may have a cache in its memory (its configuration "
				 "cannot be read)",
		       config->paths.config);
}

static void read_target(const struct config *config, struct engine_target *target)
{
	engine_target_read((const char *const *)config->registry.exec.items, target);
}

int door_check(const struct config *config, const struct server_config *server, struct err *err)
{
	struct engine_target target;
	struct door_place place;
	int result;

	if (check_cache(config, server, err) < 0)
		return -1;
	read_target(config, &target);
	result = door_place_find(&target, &place, err);
	door_place_close(&place);
	engine_target_clear(&target);
	return result < 0 ? err_wrap(err, "registry.delete_door: no deletion door can be opened")
			  : 0;
}

static int make_login(struct door *door, struct err *err)
{
	if (door_random(door->mark, sizeof door->mark, err) < 0 ||
	    door_random(door->realm, sizeof door->realm, err) < 0 ||
	    door_random(door->password, sizeof door->password, err) < 0)
		return -1;
	secrets_add_login(DOOR_USER, door->password);
	return 0;
}

static int write_down(const struct door *door, struct err *err)
{
	struct leftover leftover = { .kind = LEFTOVER_DOOR };
	char text[32];
	int result;

	snprintf(text, sizeof text, "%u", door->port);
	leftover_set(&leftover, "port", text);
	snprintf(text, sizeof text, "%" PRId64, (int64_t)time(NULL));
	leftover_set(&leftover, "since", text);
	leftover_set(&leftover, "mark", door->mark);
	result = leftover_write(door->state, &leftover, err);
	leftover_clear(&leftover);
	return result;
}

/* Its login goes through its standard input, which stays open until it listens. */
static int start(struct door *door, struct err *err)
{
	struct door_settings settings;
	CLEANUP(free_p) const char **argv = NULL;
	CLEANUP(free_p) char **environment = NULL;
	char line[DOOR_LINE];
	int result = -1;

	if (door_login_line(door->password, line, err) < 0)
		return -1;
	door_settings_make(&settings, door->mark, door->realm, door->port);
	argv = door_serve_words(door->config, &door->target, settings.names);
	environment = door_settings_environment(&settings, environ);
	if (write_down(door, err) == 0) {
		door->started = true;
		result = companion_start(&door->child, argv, environment, err);
		if (result < 0)
			err->kind = ERR_UNREACHABLE;
	}
	door_settings_clear(&settings);
	if (result == 0 && write(door->child.input, line, strlen(line)) != (ssize_t)strlen(line))
		result = err_set(err, ERR_UNREACHABLE, "it ended at once");
	explicit_bzero(line, sizeof line);
	return result;
}

static int wait_until_it_listens(struct door *door, struct err *err)
{
	int64_t until = time_monotonic_ms() + START_SECONDS * INT64_C(1000);

	while (companion_lives(&door->child, PAUSE_MS)) {
		int peer = door_place_connect(&door->place, door->port);

		if (peer >= 0) {
			file_close(&peer);
			file_close(&door->child.input);
			return 0;
		}
		if (stop_signal_count() > 0)
			return err_set(err, ERR_STOPPED, "stopped by signal %d", stop_signal());
		if (time_monotonic_ms() > until)
			return err_set(err, ERR_UNREACHABLE,
				       "it does not listen on port %u within %d s", door->port,
				       START_SECONDS);
	}
	return err_set(err, ERR_UNREACHABLE, "it ended at once");
}

static int open_socket(void *ctx, int domain, int type, int protocol)
{
	return door_place_socket(ctx, domain, type, protocol);
}

/* As the public registry is spoken to, but to the loopback, and with the door's own login. */
static int connect_http(struct door *door, const struct api *like, struct err *err)
{
	const struct config *config = door->config;
	const struct http_options options = {
		.max_in_flight = (unsigned)config->registry.max_concurrent_requests,
		.get_timeout_seconds = (unsigned)config->registry.timeout,
		.delete_timeout_seconds = DELETE_SECONDS,
		.retry_seconds = (unsigned)config->registry.retry_seconds,
		.user = DOOR_USER,
		.password = door->password,
		.open_socket = open_socket,
		.socket_ctx = &door->place,
	};
	CLEANUP(free_p) char *url = xasprintf("http://127.0.0.1:%u", door->port);

	door->http = http_new(&options, err);
	if (!door->http)
		return -1;
	door->api = api_new_like(door->http, url, like);
	return 0;
}

static int begin(struct door *door, const struct api *like, struct err *err)
{
	if (door_place_find(&door->target, &door->place, err) < 0 ||
	    door_place_port(&door->place, &door->port, err) < 0 || make_login(door, err) < 0 ||
	    start(door, err) < 0 || wait_until_it_listens(door, err) < 0 ||
	    door_question(&door->place, door->port, door->realm, door->password, err) < 0)
		return -1;
	door->seen = door_process_here(door->mark, door->child.pid, 0) > 0;
	return connect_http(door, like, err);
}

/* What the child said is why; a stop and the state tell it themselves. */
static void explain(struct door *door, struct err *err)
{
	const struct err why = *err;
	size_t length = strcspn(door->child.said, "\r\n");

	if (why.kind == ERR_UNREACHABLE && length > 0)
		err_set(err, why.kind, "%s: %.*s", why.msg, (int)length, door->child.said);
	if (why.kind != ERR_STOPPED)
		err_wrap(err, "the deletion door cannot be opened");
}

/* Stops it; it is struck off only when it has ended. OWES: a restart is owed from then on. */
static int stop(struct door *door, bool owes, struct err *err)
{
	const struct door_process process = {
		.config = door->config,
		.target = &door->target,
		.mark = door->mark,
		.port = door->port,
		.place = &door->place,
		.client = door->target.kind == ENGINE_HOST ? 0 : door->child.pid,
		.seen = door->seen,
	};
	int result;

	api_free(door->api);
	http_free(door->http);
	if (!door->started)
		return 0;
	result = door_process_end(&process, err);
	if (door->child.pid > 0)
		companion_end(&door->child);
	if (result < 0)
		return -1;
	return owes ? door_owe_restart(door->state, err)
		    : leftover_remove(door->state, LEFTOVER_DOOR, err);
}

static void release(struct door *door)
{
	door_place_close(&door->place);
	engine_target_clear(&door->target);
	explicit_bzero(door->password, sizeof door->password);
	free(door);
}

/* One try. AGAIN: another one may go better. */
static struct door *try_open(const struct config *config, struct state *state,
			     const struct api *like, bool owes, bool *again, struct err *err)
{
	struct door *door = xcalloc(1, sizeof *door);
	struct err why = { 0 };

	*door = (struct door){ .config = config, .state = state, .place = { -1, -1 } };
	read_target(config, &door->target);
	if (begin(door, like, err) == 0) {
		log_info("opened the deletion door: a second process of the registry on port %u "
			 "of its loopback",
			 door->port);
		return door;
	}
	*again = door->started && err->kind == ERR_UNREACHABLE;
	if (stop(door, owes, &why) < 0) {
		log_error("%s", why.msg);
		*again = false;
	}
	explain(door, err);
	release(door);
	return NULL;
}

/* Somebody else may have taken its port, and a registry that is asked before its login has come to
 * it through the engine forgets it at the next request. */
struct door *door_open(const struct config *config, const struct server_config *server,
		       struct state *state, const struct api *like, struct err *err)
{
	bool owes = door_owes_restart(state), again = true;
	struct door *door = NULL;

	if (check_cache(config, server, err) < 0)
		return NULL;
	for (int tries = 0; tries < TRIES && !door && again; tries++) {
		if (tries > 0)
			log_info("%s; trying once more", err->msg);
		door = try_open(config, state, like, owes, &again, err);
	}
	return door;
}

struct api *door_api(const struct door *door)
{
	return door->api;
}

struct http *door_http(const struct door *door)
{
	return door->http;
}

int door_close(struct door *door, bool owes_restart, struct err *err)
{
	int result;

	if (!door)
		return 0;
	result = stop(door, owes_restart, err);
	if (result == 0)
		log_info("closed the deletion door");
	release(door);
	return result;
}
