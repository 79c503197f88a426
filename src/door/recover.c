/* Each run begins by what an earlier one wrote down. */
#include "door/recover.h"

#include "config/config.h"
#include "door/door.h"
#include "door/login.h"
#include "door/place.h"
#include "door/process.h"
#include "engine/engine.h"
#include "state/leftover.h"
#include "state/state.h"
#include "util/log.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <stdint.h>
#include <string.h>

#define RESTART "restart" /* the field that says that it is owed */

int door_owe_restart(const struct state *state, struct err *err)
{
	struct leftover leftover = { .kind = LEFTOVER_DOOR };
	int result;

	leftover_set(&leftover, RESTART, "owed");
	result = leftover_write(state, &leftover, err);
	leftover_clear(&leftover);
	return result;
}

bool door_owes_restart(const struct state *state)
{
	struct leftover leftover;
	struct err ignored = { 0 };
	bool owes = leftover_read(state, LEFTOVER_DOOR, &leftover, &ignored) > 0 &&
		    *leftover_get(&leftover, RESTART);

	leftover_clear(&leftover);
	return owes;
}

int door_forget(const struct state *state, struct err *err)
{
	return door_owes_restart(state) ? leftover_remove(state, LEFTOVER_DOOR, err) : 0;
}

int door_fail_restart(const struct state *state, struct err *err)
{
	return err_set(err, ERR_IO,
		       "the registry has, or may have, a cache in its memory, from which it "
		       "answers for what went through a deletion door until it is restarted, and "
		       "gc.restart does not say how to do that: set it, or restart the registry "
		       "and remove %s/leftover-door",
		       state_path(state));
}

/* From there on the mark is given to a shell in the container. */
static int read_leftover(const struct leftover *leftover, const struct state *state,
			 struct door_process *process, struct err *err)
{
	uint64_t port = 0;

	process->mark = leftover_get(leftover, "mark");
	if (strlen(process->mark) != DOOR_WORD - 1 ||
	    strspn(process->mark, "0123456789abcdef") != DOOR_WORD - 1 ||
	    !units_parse_u64(leftover_get(leftover, "port"), &port) || port > UINT16_MAX)
		return err_set(err, ERR_BUSY,
			       "a run that was killed left a deletion door, and what is remembered "
			       "of it is damaged: restart the registry's container, which ends it, "
			       "and remove %s/leftover-door",
			       state_path(state));
	process->port = (unsigned)port;
	return 0;
}

static int recover(const struct config *config, const struct state *state,
		   const struct leftover *leftover, struct err *err)
{
	struct engine_target target;
	struct door_place place;
	struct door_process process = { .config = config, .target = &target };
	struct err ignored = { 0 };
	int result;

	if (read_leftover(leftover, state, &process, err) < 0)
		return -1;
	engine_target_read((const char *const *)config->registry.exec.items, &target);
	if (door_place_find(&target, &place, &ignored) == 0)
		process.place = &place;
	result = door_process_end(&process, err);
	door_place_close(&place);
	engine_target_clear(&target);
	return result;
}

/* What it deleted may still be in the registry's cache. */
static int end(const struct config *config, const struct state *state,
	       const struct leftover *leftover, struct err *err)
{
	if (*leftover_get(leftover, RESTART))
		return 0;
	if (recover(config, state, leftover, err) < 0)
		return -1;
	log_warning("a run that was killed had its deletion door open: it is closed now");
	return door_owe_restart(state, err);
}

static int fail_unread(const struct err *why, struct err *err)
{
	return err_set(err, ERR_BUSY,
		       "whether a run that was killed left a deletion door is not known (%s): "
		       "restart the registry's container, which ends it, and remove that file",
		       why->msg);
}

int door_recover(const struct config *config, const struct state *state, struct err *err)
{
	struct leftover leftover;
	struct err why = { 0 };
	int found = leftover_read(state, LEFTOVER_DOOR, &leftover, &why);

	if (found > 0 && end(config, state, &leftover, err) < 0)
		found = -1;
	else if (found < 0)
		(void)fail_unread(&why, err);
	leftover_clear(&leftover);
	return found;
}

const char *door_leftover_text(const struct leftover *leftover)
{
	if (*leftover_get(leftover, RESTART))
		return "the registry was not restarted after deletes through the deletion door; "
		       "the "
		       "next run does so";
	return "a run that was killed left its deletion door open; the next run closes it";
}

int door_tell_leftover(const struct state *state, struct err *err)
{
	CLEANUP(leftover_clear) struct leftover leftover;
	struct door_process process = { 0 };
	struct err why = { 0 };
	int found = leftover_read(state, LEFTOVER_DOOR, &leftover, &why);

	if (found < 0)
		return fail_unread(&why, err);
	if (found > 0 && !*leftover_get(&leftover, RESTART) &&
	    read_leftover(&leftover, state, &process, err) < 0)
		return -1;
	if (found > 0)
		log_warning("%s", door_leftover_text(&leftover));
	return 0;
}
