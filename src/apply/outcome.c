/* A status for each tag, and how many have which. */
#include "apply/outcome.h"

#include "inventory/inventory.h"
#include "plan/plan.h"
#include "util/xalloc.h"

void outcome_init(struct outcome *outcome, const struct inventory *inventory,
		  const struct plan *plan)
{
	*outcome = (struct outcome){ .tags = xcalloc(inventory->tag_count + 1, 1) };
	for (size_t t = 0; t < inventory->tag_count; t++) {
		outcome->tags[t] = plan->tags[t].goes ? TAG_PLANNED : TAG_KEPT;
		outcome->tags_planned += plan->tags[t].goes;
	}
}

void outcome_clear(struct outcome *outcome)
{
	free(outcome->tags);
	*outcome = (struct outcome){ 0 };
}

void outcome_set(struct outcome *outcome, uint32_t tag, enum tag_status status)
{
	if (outcome->tags[tag] != TAG_PLANNED)
		return;
	outcome->tags[tag] = (uint8_t)status;
	outcome->tags_planned--;
	outcome->tags_deleted += status == TAG_DELETED;
	outcome->tags_failed += status == TAG_FAILED;
	outcome->tags_changed += status == TAG_CHANGED;
}
