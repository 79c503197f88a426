/* Says in words what plan.c decided; decides nothing. */
#include "plan_text.h"

#include "inventory.h"
#include "oci/date.h"
#include "plan.h"
#include "util/time.h"

#include <inttypes.h>

#define SECONDS_OF_DAY 86400

static void add_age(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
		    struct buf *out)
{
	struct plan_age age = plan_age(inventory, plan, tag);
	char text[TIME_TEXT];

	if (!date_known(age.date))
		return;
	buf_format(out, ": %s %.10s", age.pushed ? "pushed" : "created", time_utc(age.date, text));
	if (age.date <= plan->now)
		buf_format(out, " (%" PRId64 " days ago)", (plan->now - age.date) / SECONDS_OF_DAY);
	else
		buf_text(out, " (in the future)");
}

static void add_holder(const struct inventory *inventory, const struct plan_tag *decision,
		       enum plan_reason reason, struct buf *out)
{
	if (decision->holder == INVENTORY_NONE)
		return;
	if (reason == REASON_SHARED_DIGEST)
		buf_format(out, " with %s", inventory->tags[decision->holder].name);
	else if (reason == REASON_INDEX_KEPT)
		buf_format(out, " by %s", inventory_digest(inventory, decision->holder));
}

void plan_explain(const struct inventory *inventory, const struct plan *plan, uint32_t tag,
		  struct buf *out)
{
	const struct plan_tag *decision = &plan->tags[tag];
	const char *separator = "";

	for (unsigned i = 0; i < PLAN_REASONS; i++) {
		enum plan_reason reason = (enum plan_reason)(1u << i);

		if (!(decision->reasons & reason))
			continue;
		buf_format(out, "%s%s", separator, plan_reason_name(reason));
		separator = ", ";
		if (reason == REASON_OLD || reason == REASON_RECENT)
			add_age(inventory, plan, tag, out);
		add_holder(inventory, decision, reason, out);
	}
}
