/* What became of the lines of a plan file when it was planned anew. */
#include "inventory/inventory.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "plan_file/write.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <string.h>

struct asking {
	const struct inventory *inventory;
	const struct plan *plan;
	struct strtab *tags; /* REPOSITORY:TAG: number = tag */
	size_t going, gone, staying;
};

/* Every tag of INVENTORY by its name. */
static struct strtab *name_tags(const struct inventory *inventory)
{
	struct strtab *tags = strtab_new();
	CLEANUP(buf_free) struct buf name = { 0 };

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		buf_clear(&name);
		buf_format(&name, "%s:%s", inventory_tag_repository(inventory, t),
			   inventory->tags[t].name);
		strtab_add(tags, name.data, name.length);
	}
	return tags;
}

static void log_tag(struct asking *asking, const struct plan_file_line *line, struct buf *text)
{
	const struct inventory *inventory = asking->inventory;
	uint32_t tag, manifest;

	buf_clear(text);
	buf_format(text, "%s:%s", line->repository, line->tag);
	tag = strtab_find(asking->tags, text->data, text->length);
	if (tag == STRTAB_NONE) {
		asking->gone++;
		log_info("%s is no longer there", buf_string(text));
		return;
	}
	if (asking->plan->tags[tag].goes) {
		asking->going++;
		return;
	}
	asking->staying++;
	manifest = inventory->tags[tag].manifest;
	if (manifest == INVENTORY_NONE ||
	    strcmp(inventory_digest(inventory, manifest), line->digest) != 0) {
		log_info("%s stays: it changed since the plan was made", buf_string(text));
		return;
	}
	buf_text(text, " despite the plan: ");
	plan_explain(inventory, asking->plan, tag, text);
	log_info("kept %s", buf_string(text));
}

static void log_manifest(struct asking *asking, const struct plan_file_line *line)
{
	const struct inventory *inventory = asking->inventory;
	uint32_t repository = inventory_repository_find(inventory, line->repository);
	uint32_t manifest = repository == INVENTORY_NONE
				    ? INVENTORY_NONE
				    : inventory_manifest_find(inventory, repository, line->digest);

	if (manifest == INVENTORY_NONE || inventory->manifests[manifest].kind == MANIFEST_MISSING) {
		asking->gone++;
		log_info("%s@%s is no longer there", line->repository, line->digest);
	} else if (asking->plan->manifests[manifest].goes) {
		asking->going++;
	} else {
		asking->staying++;
		log_info("kept %s@%s despite the plan: %s", line->repository, line->digest,
			 asking->plan->manifests[manifest].untagged
				 ? "something that stays needs it"
				 : "it has a tag, or has not been without one for long enough");
	}
}

void plan_file_log(const struct plan_file *file, const struct inventory *inventory,
		   const struct plan *plan)
{
	struct asking asking = { .inventory = inventory,
				 .plan = plan,
				 .tags = name_tags(inventory) };
	CLEANUP(buf_free) struct buf text = { 0 };

	for (size_t i = 0; i < file->line_count; i++) {
		if (file->lines[i].tag)
			log_tag(&asking, &file->lines[i], &text);
		else
			log_manifest(&asking, &file->lines[i]);
	}
	log_info("plan: %zu deletion%s, %zu still %s, %zu now kept, %zu already gone",
		 file->line_count, units_s(file->line_count), asking.going,
		 asking.going == 1 ? "applies" : "apply", asking.staying, asking.gone);
	strtab_free(asking.tags);
}
