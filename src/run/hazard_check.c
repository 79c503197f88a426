/* Names what is in the collector's way, and says what can be done about it. */
#include "run/hazard_check.h"

#include "config/config.h"
#include "forecast/hazards.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "run/context.h"
#include "state/state.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <stdio.h>

#define NAMED 20

static char *name_of(const struct inventory *inventory, const struct hazard *hazard)
{
	uint32_t repository = inventory->manifests[hazard->manifest].repository;

	if (hazard->tag == INVENTORY_NONE)
		return xasprintf("%s@%s", inventory->repositories[repository].name,
				 inventory_digest(inventory, hazard->manifest));
	return xasprintf("%s:%s", inventory_tag_repository(inventory, hazard->tag),
			 inventory->tags[hazard->tag].name);
}

static void tell(enum log_level level, const struct inventory *inventory,
		 const struct hazard *hazard)
{
	CLEANUP(free_p) char *name = name_of(inventory, hazard);
	const char *manifest = inventory_digest(inventory, hazard->manifest);
	const char *blob = strtab_text(inventory->digests, hazard->digest);

	if (hazard->kind == HAZARD_TYPE)
		log_write(level,
			  "%s: the registry's collector would abort at the manifest %s, whose type "
			  "this version of the registry does not read",
			  name, manifest);
	else
		log_write(level,
			  "%s needs the blob %s (of manifest %s), which the registry's collector "
			  "does "
			  "not know by that name and would remove",
			  name, blob, manifest);
}

static void tell_all(enum log_level level, const struct inventory *inventory,
		     const struct hazards *found)
{
	for (size_t i = 0; i < found->count && i < NAMED; i++)
		tell(level, inventory, &found->items[i]);
	if (found->count > NAMED)
		log_write(level, "and %zu more manifests that are in the collector's way",
			  found->count - NAMED);
}

/* What can be done; into TEXT, returned. */
static const char *ways_out(const struct hazards *found, char *text, size_t size)
{
	const char *alias = "", *type = "";

	if (found->counts[HAZARD_ALIAS] > 0)
		alias = "push what needs a blob by another algorithm than sha256 again with sha256 "
			"digests, or delete it; ";
	if (found->counts[HAZARD_TYPE] > 0)
		type = "delete a manifest of such a type by its digest (DELETE "
		       "/v2/NAME/manifests/DIGEST); ";
	snprintf(text, size,
		 "%s%sor set gc.required to false: then tags are deleted all the same, and the "
		 "collection stays owed",
		 alias, type);
	return text;
}

/* Says what is in the way; WHAT follows from that. -1 where a collector is required. */
static int complain(struct run *run, const struct hazards *found, const char *what, struct err *err)
{
	bool required = run->config->gc.required;
	char ways[512];

	tell_all(required ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, run->session.inventory, found);
	if (required)
		return err_set(err, ERR_COLLECTOR,
			       "%zu manifest%s in the way of the registry's collector, so %s: %s",
			       found->count, found->count == 1 ? " is" : "s are", what,
			       ways_out(found, ways, sizeof ways));
	return 0;
}

/* The native collector resolves aliases, and keeps all that a repository has of which it does not
 * understand something. */
static bool is_in_the_way(const struct run *run)
{
	return run->config->gc.method != GC_NATIVE;
}

int hazard_check_before_asking(struct run *run, struct err *err)
{
	struct hazards found = { 0 };
	int result = 0;

	if (!is_in_the_way(run))
		return 0;
	found = hazards_find(run->session.inventory, run->plan, false);
	if (found.count > 0) {
		result = complain(run, &found, "nothing is deleted, and nothing is collected", err);
		if (result == 0) {
			run->report.errors += !run->rehearsal.failed;
			run->rehearsal.failed = true;
			log_warning("nothing will be collected for that, and the collection stays "
				    "owed; tags are deleted all the same, since gc.required is "
				    "false");
		}
	}
	hazards_clear(&found);
	return result;
}

int hazard_check_before_deletes(struct run *run, struct err *err)
{
	return run->config->gc.when == GC_NEVER ? 0 : hazard_check_before_asking(run, err);
}

int hazard_check_before_collection(struct run *run, struct err *err)
{
	struct hazards found = { 0 };
	bool told = run->rehearsal.failed;
	int result = 0;

	if (!is_in_the_way(run))
		return 0;
	found = hazards_find(run->session.inventory, run->plan, true);
	if (found.count > 0) {
		result = state_add_pending_collection(run->state, err);
		if (result == 0 && !told)
			result = complain(run, &found,
					  "nothing was collected, and the collection stays owed",
					  err);
		run->report.errors += result == 0 && !told;
		if (result == 0)
			result = 1;
	}
	hazards_clear(&found);
	return result;
}
