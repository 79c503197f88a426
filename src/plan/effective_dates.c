/* Works the dates of indexes out from their children, each once. */
#include "plan/effective_dates.h"

#include "inventory/inventory.h"
#include "plan/kinds.h"
#include "plan/plan.h"
#include "util/date.h"

#define INDEX_DEPTH 32 /* an index nested deeper has no known age */
#define PENDING     INT64_MAX

/* Whether an undated CHILD says nothing about its index's age: what is an artifact and not an image
 * (SOCI lists one beside each image) mostly has no date. What cannot be read may be anything. */
static bool is_aside(const struct inventory *inventory, struct inventory_child child)
{
	const struct inventory_manifest *manifest = &inventory->manifests[child.manifest];

	return plan_readable(manifest) && (child.artifact || manifest->kind == MANIFEST_ARTIFACT);
}

/* Whether CHILD may be what its index's age is told by. */
static bool counts(const struct inventory *inventory, struct inventory_child child)
{
	return !child.attestation && inventory->manifests[child.manifest].kind != MANIFEST_MISSING;
}

/* An index is as old as its newest child (S5); a child without a date makes its age unknown. */
static int64_t effective_date(const struct inventory *inventory, struct plan_manifest *manifests,
			      uint32_t id, unsigned depth)
{
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	int64_t *date = &manifests[id].created;
	int64_t newest = DATE_ABSENT;

	if (*date != PENDING)
		return *date;
	if (manifest->kind != MANIFEST_INDEX || manifest->created == DATE_INVALID)
		return *date = manifest->created;
	for (uint32_t i = 0; i < manifest->child_count && newest != DATE_INVALID; i++) {
		struct inventory_child child = inventory->children[manifest->children + i];
		int64_t created;

		if (!counts(inventory, child))
			continue;
		created = depth < INDEX_DEPTH
				  ? effective_date(inventory, manifests, child.manifest, depth + 1)
				  : DATE_INVALID;
		if (!date_known(created))
			newest = is_aside(inventory, child) ? newest : DATE_INVALID;
		else if (created > newest)
			newest = created;
	}
	return *date = newest;
}

/* When TAG was pushed, or else seen first. */
static int64_t appeared(const struct inventory_tag *tag)
{
	return date_known(tag->pushed) ? tag->pushed : tag->seen;
}

bool plan_pulls_known(const struct inventory *inventory, uint32_t tag, int64_t date)
{
	int64_t push = appeared(&inventory->tags[tag]), since = inventory->pulls_since;

	return date_known(since) && (since <= date || (date_known(push) && since <= push));
}

static struct plan_age pulled_age(const struct inventory *inventory, const struct plan *plan,
				  uint32_t tag)
{
	const struct inventory_tag *entry = &inventory->tags[tag];
	int64_t push = appeared(entry), since = inventory->pulls_since;
	struct plan_age age = { push, true, false };

	if (date_known(entry->pulled) && entry->pulled >= push)
		age = (struct plan_age){ entry->pulled, false, true };
	if (!date_known(since) || !date_known(push) || (age.date < since && !plan->pulls_covered))
		age = (struct plan_age){ DATE_ABSENT, false, true };
	return age;
}

const char *plan_age_word(struct plan_age age)
{
	return age.pulled ? "pulled" : age.pushed ? "pushed" : "created";
}

struct plan_age plan_age(const struct inventory *inventory, const struct plan *plan, uint32_t tag)
{
	const struct inventory_tag *entry = &inventory->tags[tag];
	int64_t created = plan->manifests[entry->manifest].created;
	int64_t pushed = entry->pushed;
	enum age_from from = plan->age_from;

	if (from == AGE_PULLED)
		return pulled_age(inventory, plan, tag);
	if (!date_known(created) && plan->unknown_age == UNKNOWN_PUSHED)
		from = AGE_PUSHED;
	switch (from) {
	case AGE_CREATED:
	case AGE_PULLED:
		break;
	case AGE_PUSHED:
		return (struct plan_age){ pushed, true, false };
	case AGE_NEWEST:
		if (!date_known(created) || !date_known(pushed))
			return (struct plan_age){ DATE_ABSENT, false, false };
		if (pushed > created)
			return (struct plan_age){ pushed, true, false };
		break;
	}
	return (struct plan_age){ created, false, false };
}

void plan_dates(const struct inventory *inventory, struct plan_manifest *manifests)
{
	for (size_t m = 0; m < inventory->manifest_count; m++)
		manifests[m].created = PENDING;
	for (uint32_t m = 0; m < inventory->manifest_count; m++)
		effective_date(inventory, manifests, m, 0);
}

uint32_t plan_undated_child(const struct inventory *inventory,
			    const struct plan_manifest *manifests, uint32_t index)
{
	const struct inventory_manifest *manifest = &inventory->manifests[index];

	for (uint32_t i = 0; i < manifest->child_count; i++) {
		struct inventory_child child = inventory->children[manifest->children + i];

		if (counts(inventory, child) && !date_known(manifests[child.manifest].created) &&
		    !is_aside(inventory, child))
			return child.manifest;
	}
	return INVENTORY_NONE;
}
