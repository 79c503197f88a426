/* Two answers of the collector, one from before the deletes, are compared. No I/O. */
#include "run/offline_check.h"

#include "config/config.h"
#include "engine/engine.h"
#include "forecast/collector_marks.h"
#include "forecast/marks.h"
#include "gc/gc.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "run/context.h"
#include "util/buf.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

int offline_check_storage(const struct run *run, const struct engine_container *container,
			  struct err *err)
{
	const struct server_config *server = &run->session.server;
	const char *root = server->root[0] ? server->root : run->config->paths.storage;
	const struct engine_mount *mount = root[0] ? engine_mount_of(container, root) : NULL;

	if (server->driver[0] && !server_config_is_filesystem(server))
		return err_set(
			err, ERR_COLLECTOR,
			"gc.method: the registry's storage is reached over a network (%s), "
			"which a collection with the registry stopped does not have: set it to "
			"\"registry\"",
			server->driver);
	if (root[0] && (!mount || strcmp(mount->type, "tmpfs") == 0))
		return err_set(
			err, ERR_COLLECTOR,
			"gc.method: the storage, %s, is in no volume of container %s, so that "
			"no other container can collect it: set it to \"registry\"",
			root, container->name);
	return 0;
}

bool offline_check_is_possible(const struct run *run)
{
	return run->config->gc.second_opinion && run->rehearsal.asked;
}

/* "REPOSITORY DIGEST" of all that is planned to go, whether it went or not. */
static struct strtab *find_going(const struct run *run)
{
	const struct inventory *inventory = run->session.inventory;
	struct strtab *going = strtab_new();

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		CLEANUP(buf_free) struct buf text = { 0 };

		if (!run->plan->manifests[m].goes)
			continue;
		buf_format(&text, "%s %s",
			   inventory->repositories[inventory->manifests[m].repository].name,
			   inventory_digest(inventory, m));
		strtab_add(going, buf_string(&text), text.length);
	}
	return going;
}

static bool is_going(const struct strtab *going, const char *repository, const char *digest)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_format(&text, "%s %s", repository, digest);
	return strtab_find(going, buf_string(&text), text.length) != STRTAB_NONE;
}

static int check_marks(const struct run *run, const struct gc_result *answer, struct err *err)
{
	const struct collector_marks *before = run->rehearsal.answer.marks;
	struct strtab *going = find_going(run);
	size_t missing = 0, first = 0;

	for (size_t i = 0; i < collector_marks_count(before); i++) {
		const char *repository = collector_marks_repository(before, i);
		const char *digest = collector_marks_digest(before, i);

		if (collector_marks_has(answer->marks, repository, digest) ||
		    is_going(going, repository, digest))
			continue;
		first = missing++ == 0 ? i : first;
	}
	strtab_free(going);
	if (missing == 0)
		return 0;
	return err_set(
		err, ERR_COLLECTOR,
		"with the registry stopped the collector does not see %zu manifest%s that it "
		"marked before (%s@%s%s): it has other volumes or another configuration "
		"there, or somebody deleted %s; nothing is collected, and the collection "
		"stays owed",
		missing, units_s(missing), collector_marks_repository(before, first),
		collector_marks_digest(before, first), missing == 1 ? "" : ", …",
		missing == 1 ? "it" : "them");
}

/* All that what goes refers to: more than is left without a reference, but the collector itself
 * marks what something else refers to. */
static struct strtab *find_left(const struct run *run)
{
	const struct inventory *inventory = run->session.inventory;
	struct strtab *left = strtab_new();

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		uint32_t count =
			run->plan->manifests[m].goes ? forecast_mark_count(inventory, m) : 0;

		for (uint32_t i = 0; i < count; i++) {
			const char *digest =
				strtab_text(inventory->digests, forecast_mark(inventory, m, i));

			strtab_add(left, digest, strlen(digest));
		}
	}
	return left;
}

static bool has(const struct strtab *table, const char *text)
{
	return strtab_find(table, text, strlen(text)) != STRTAB_NONE;
}

/* Layer links (with a blank) go with their blobs, or when nothing in their repository needs them.
 */
static int check_removed(const struct run *run, const struct gc_result *answer, struct err *err)
{
	const struct strtab *before = run->rehearsal.answer.removed;
	struct strtab *left = find_left(run);
	const char *first = NULL;
	size_t more = 0;

	for (uint32_t i = 0; i < strtab_count(answer->removed); i++) {
		const char *text = strtab_text(answer->removed, i);

		if (strchr(text, ' ') || has(before, text) || has(left, text))
			continue;
		first = more++ == 0 ? text : first;
	}
	strtab_free(left);
	if (more == 0)
		return 0;
	return err_set(
		err, ERR_COLLECTOR,
		"with the registry stopped the collector would remove %zu blob%s more than "
		"before (%s%s): somebody pushes, or deleted something; nothing is collected, "
		"and the collection stays owed",
		more, units_s(more), first, more == 1 ? "" : ", …");
}

int offline_check_answer(const struct run *run, const struct gc_result *answer, struct err *err)
{
	return check_marks(run, answer, err) < 0 ? -1 : check_removed(run, answer, err);
}
