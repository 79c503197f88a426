/* Asks for the manifest, then for the list of the tags. */
#include "apply/unclear.h"

#include "apply/recheck.h"
#include "apply/shared.h"
#include "apply/step.h"
#include "apply/worker.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "util/xalloc.h"

#include <string.h>

struct unclear {
	struct worker *worker;
	struct step *step;
	bool gone;
	void (*done)(struct worker *worker, struct step *step, bool is_done);
};

static bool is_listed(const struct api_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->names[i], name) == 0)
			return true;
	}
	return false;
}

static void on_list(void *ctx, const struct api_list *list)
{
	struct unclear unclear = *(struct unclear *)ctx;
	const struct step *step = unclear.step;
	const struct inventory *inventory = unclear.worker->apply->inventory;
	const struct inventory_repository *repository =
		&inventory->repositories[unclear.worker->repository];
	bool done = !list->trouble && (step->tag != INVENTORY_NONE || unclear.gone);

	free(ctx);
	for (uint32_t i = 0; i < repository->tag_count && done; i++) {
		uint32_t tag = repository->first_tag + i;
		bool takes = step->tag == INVENTORY_NONE
				     ? inventory->tags[tag].manifest == step->manifest
				     : tag == step->tag;

		done = !takes || !is_listed(list, inventory->tags[tag].name);
	}
	unclear.done(unclear.worker, unclear.step, done);
}

static void on_resolved(void *ctx, const struct api_answer *answer)
{
	struct unclear *unclear = ctx;

	unclear->gone = answer->outcome == API_ABSENT;
	tags_list(unclear->worker->apply->api, unclear->worker->name, on_list, unclear);
}

void unclear_begin(struct worker *worker, struct step *step,
		   void (*done)(struct worker *worker, struct step *step, bool is_done))
{
	struct unclear *unclear = xmalloc(sizeof *unclear);

	*unclear = (struct unclear){ .worker = worker, .step = step, .done = done };
	api_manifest(worker->apply->api, worker->name, step_digest(worker, step), NULL, on_resolved,
		     unclear);
}
