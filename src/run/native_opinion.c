/* The marks and the inventory are two readers of the same storage: both must agree that a blob is
 * not needed. */
#include "run/native_opinion.h"

#include "forecast/gc_check.h"
#include "inventory/inventory.h"
#include "run/losses.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

static int refuse(const struct inventory *inventory, const struct gc_check *check, struct err *err)
{
	losses_tell(inventory, check);
	return err_set(err, ERR_COLLECTOR,
		       "the collector chose what %zu tag%s need%s, and %zu blob%s that manifests "
		       "without a tag need, as the second reader of the storage says, however "
		       "often it is asked: nothing is collected. Please report this",
		       check->loss_count, units_s(check->loss_count),
		       check->loss_count == 1 ? "s" : "", check->untagged,
		       units_s(check->untagged));
}

/* Manifests without a tag count as much as those with one: both are marked. */
static int judge(const struct inventory *inventory, const struct gc_check *check,
		 const struct strtab *digests, bool last, struct err *err)
{
	if (check->loss_count > 0 || check->untagged > 0)
		return last ? refuse(inventory, check, err) : 0;
	log_info("second opinion: no tag needs any of the %u blob%s that nothing refers to (%zu "
		 "tag%s looked at)",
		 strtab_count(digests), units_s(strtab_count(digests)), check->tags,
		 units_s(check->tags));
	return 1;
}

int native_opinion(const struct inventory *inventory, const struct strtab *digests, bool last,
		   struct err *err)
{
	const struct gc_check_question question = { .inventory = inventory, .listed = digests };
	struct gc_check *check = gc_check_build(&question);
	int result = judge(inventory, check, digests, last, err);

	gc_check_free(check);
	return result;
}
