/* Compares what should go with the storage, or with the collector's own words. */
#include "run/leftovers.h"

#include "apply/outcome.h"
#include "config/config.h"
#include "forecast/collector_marks.h"
#include "forecast/marks.h"
#include "gc/gc.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "plan/plan.h"
#include "run/context.h"
#include "scan_api/served.h"
#include "scan_storage/revision.h"
#include "storage/blob.h"
#include "storage/links.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

static bool is_linked(const struct run *run, uint32_t manifest)
{
	return revision_link(run->session.layout, run->session.inventory, manifest).state !=
	       LINK_ABSENT;
}

/* From the storage: what was planned and is not linked any more. Through the API: what had a tag
 * that went with it; the blob of an alias has another name. */
static void find_gone(const struct run *run, bool *gone)
{
	const struct inventory *inventory = run->session.inventory;

	for (uint32_t m = 0; inventory->from_storage && m < inventory->manifest_count; m++)
		gone[m] = run->plan->manifests[m].goes && !is_linked(run, m);
	for (uint32_t t = 0; !inventory->from_storage && t < inventory->tag_count; t++) {
		uint32_t manifest = inventory->tags[t].manifest;

		if (run->outcome.tags[t] == TAG_DELETED && manifest != INVENTORY_NONE &&
		    run->plan->manifests[manifest].goes)
			gone[manifest] = digest_canonical(inventory_digest(inventory, manifest));
	}
}

struct strtab *leftovers_expected(const struct run *run)
{
	const struct inventory *inventory = run->session.inventory;
	CLEANUP(free_p) bool *gone = xcalloc(inventory->manifest_count + 1, sizeof *gone);

	if (inventory->from_storage && run->session.trust == STORAGE_REFUTED)
		return strtab_new();
	find_gone(run, gone);
	return forecast_left(inventory, gone);
}

static bool is_explained(const struct run *run, const char *digest)
{
	const struct gc_result *gc = &run->report.gc;
	struct err ignored = { 0 };
	uint64_t size;

	if (strtab_find(gc->held, digest, strlen(digest)) != STRTAB_NONE)
		return true;
	if (run->session.inventory->from_storage)
		return blob_size(run->session.layout, digest, &size, &ignored) == 0;
	return strtab_find(gc->removed, digest, strlen(digest)) != STRTAB_NONE;
}

#define ASKED 20 /* of the deleted manifests that the collector marks */

/* What was deleted and is marked all the same was pushed again, or the collector works on another
 * storage, say, on a copy of the registry's: content cannot tell these apart before the deletes. */
static int check_deletes_seen(const struct run *run, struct err *err)
{
	const struct inventory *inventory = run->session.inventory;
	struct served_question questions[ASKED];
	size_t count = 0;

	for (uint32_t m = 0; m < inventory->manifest_count && count < ASKED; m++) {
		uint32_t repository = inventory->manifests[m].repository;
		const char *name = inventory->repositories[repository].name;
		const char *digest = inventory_digest(inventory, m);

		if (run->plan->manifests[m].goes &&
		    collector_marks_has(run->report.gc.marks, name, digest))
			questions[count++] =
				(struct served_question){ .repository = name, .reference = digest };
	}
	if (count > 0 &&
	    scan_api_served(questions, count, run->session.api, run->session.http, err) < 0) {
		if (err->kind != ERR_STOPPED)
			err->kind = ERR_COLLECTOR;
		return err_wrap(err, "whether the collector sees what was deleted is not known, "
				     "and the collection stays owed");
	}
	for (size_t i = 0; i < count; i++) {
		if (questions[i].absent)
			return err_set(err, ERR_COLLECTOR,
				       "the collector does not see what was deleted: it still "
				       "marks %s@%s, which the registry does not have any more. "
				       "It works on another storage, perhaps a copy, and removed "
				       "only what nothing there refers to; the collection stays "
				       "owed. Check registry.container, registry.exec and "
				       "paths.config",
				       questions[i].repository, questions[i].reference);
	}
	return 0;
}

int leftovers_check(const struct run *run, const struct strtab *expected, struct err *err)
{
	const char *first = NULL;
	size_t count = 0;

	if (check_deletes_seen(run, err) < 0)
		return -1;
	for (uint32_t i = 0; i < strtab_count(expected); i++) {
		const char *digest = strtab_text(expected, i);

		if (is_explained(run, digest))
			continue;
		first = count++ == 0 ? digest : first;
	}
	if (count == 0)
		return 0;
	return err_set(
		err, ERR_COLLECTOR,
		"the collector ended well, but %zu blob%s that nothing refers to any more %s "
		"not removed, and it named nothing that holds %s (%s%s): the collection "
		"stays owed. Does it work on this registry? Check registry.container, "
		"registry.exec and paths.config",
		count, units_s(count), count == 1 ? "was" : "were", count == 1 ? "it" : "them",
		first, count == 1 ? "" : ", …");
}
