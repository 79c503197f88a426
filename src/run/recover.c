/* Each kind of leftover has its own way to be ended, which each run takes as well, before anything
 * else. */
#include "run/recover.h"

#include "config/config.h"
#include "door/door.h"
#include "gc/gc.h"
#include "registry/server_config.h"
#include "run/recover_offline.h"
#include "session/exit_code.h"
#include "session/health.h"
#include "session/native_left.h"
#include "state/leftover.h"
#include "state/state.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <stdbool.h>

static bool is_left(const struct state *state, enum leftover_kind kind)
{
	CLEANUP(leftover_clear) struct leftover leftover;
	struct err ignored;

	return leftover_read(state, kind, &leftover, &ignored) != 0;
}

/* What a deletion door deleted may be in the cache of the registry. */
static int recover_door(const struct config *config, const struct state *state, struct err *err)
{
	struct server_config server = { 0 };
	struct err ignored = { 0 };
	int found = door_recover(config, state, err);

	if (found <= 0)
		return found;
	(void)!server_config_ask((const char *const *)config->registry.exec.items,
				 config->paths.config, &server, &ignored);
	if (!door_needs_restart(&server))
		return door_forget(state, err);
	if (config->gc.restart.count == 0)
		return door_fail_restart(state, err);
	if (gc_restart(config, err) < 0 || health_await(config, false, err) < 0)
		return -1;
	return door_forget(state, err);
}

static int recover(const struct config *config, struct state *state, struct err *err)
{
	int native = native_left_put_back(config, state, err);
	bool left = is_left(state, LEFTOVER_OFFLINE) || is_left(state, LEFTOVER_DOOR);

	if (native < 0)
		return -1;
	if (left || native > 0) {
		if (recover_offline(config, state, false, err) < 0 ||
		    recover_door(config, state, err) < 0)
			return -1;
		log_info("recovered: nothing is left over");
		return 0;
	}
	if (recover_offline_elsewhere(config, err) < 0)
		return -1;
	log_info("nothing to recover: no run left anything behind");
	return 0;
}

int recover_command(const struct config *config)
{
	struct state_options options = state_options(config);
	struct err err = { 0 };
	struct state *state = state_open(&options, &err);

	if (state && recover(config, state, &err) == 0)
		err.kind = ERR_NONE;
	if (err.kind != ERR_NONE)
		log_error("%s", err.msg);
	state_close(state);
	return exit_code(&err, (struct exit_facts){ 0 });
}
