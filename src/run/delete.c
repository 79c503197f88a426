/* Has apply/apply.h carry the plan out, and remembers what went. */
#include "run/delete.h"

#include "apply/apply.h"
#include "apply/dangling.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "run/context.h"
#include "run/hazard_check.h"
#include "run/limits.h"
#include "scan_storage/remembered.h"
#include "session/cache_file.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/units.h"

#include <time.h>

bool delete_is_due(const struct run *run)
{
	return run->plan->step_count > 0 ||
	       dangling_repository(run->apply.dangling, &run->apply) != INVENTORY_NONE;
}

static uint32_t first_repository_to_change(const struct run *run)
{
	uint32_t r = dangling_repository(run->apply.dangling, &run->apply);

	if (r != INVENTORY_NONE)
		return r;
	r = 0;
	while (run->plan->repositories[r].step_count == 0)
		r++;
	return r;
}

int delete_probe(struct run *run, struct err *err)
{
	enum tag_delete assumed = run->session.inventory->server.tag_delete;

	if (apply_probe(run->apply.api, run->apply.http, run->session.inventory,
			first_repository_to_change(run), &run->session.server, run->config,
			err) < 0)
		return -1;
	if (run->session.inventory->server.tag_delete == assumed)
		return 0;
	log_info("the registry deletes %s after all; planning again",
		 assumed == TAG_DELETE_YES ? "only whole manifests" : "single tags");
	run_plan(run);
	return limits_check(run, err) < 0 ? -1 : hazard_check_before_deletes(run, err);
}

/* What the scan of the storage remembers of repositories that are about to change is read before.
 */
static int read_remembered(const struct run *run, struct err *err)
{
	struct inventory *inventory = run->session.inventory;
	int result = 0;

	for (uint32_t r = 0; r < inventory->repository_count && result == 0; r++) {
		if (inventory->from_storage && run->plan->repositories[r].step_count > 0)
			result = remembered_read(inventory, r, run->session.layout, err);
	}
	return result;
}

int delete_planned(struct run *run, struct err *err)
{
	struct apply *apply = &run->apply;
	int result;

	if (read_remembered(run, err) < 0)
		return -1;

	apply->plan = run->plan; /* a probe may have changed it */
	if (run->plan->step_count > 0)
		log_info("deleting %zu tag%s (%zu manifest%s)", run->outcome.tags_planned,
			 units_s(run->outcome.tags_planned), run->plan->manifests_going,
			 units_s(run->plan->manifests_going));
	result = apply_run(apply, err);
	cache_file_add_untagged(run->session.untagged, run->session.inventory, run->plan,
				&run->outcome, time(NULL));
	cache_file_save_untagged(run->session.untagged, run->state);
	progress_end();
	return result;
}
