/* A blob that many tags need is one line. */
#include "run/losses.h"

#include "forecast/gc_check.h"
#include "inventory/inventory.h"
#include "util/causes.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/units.h"
#include "util/xalloc.h"

#define NAMED 20

static void name_loss(const struct cause *blob)
{
	CLEANUP(free_p) char *others = NULL;

	if (blob->count > 1)
		others = xasprintf(" and %zu more tag%s of %zu %s", blob->count - 1,
				   units_s(blob->count - 1), blob->places,
				   blob->places == 1 ? "repository" : "repositories");
	log_error("%s%s need%s blob %s, which the collector would remove", blob->what,
		  others ? others : "", others ? "" : "s", blob->why);
}

void losses_tell(const struct inventory *inventory, const struct gc_check *check)
{
	struct causes *blobs = causes_new();
	size_t unnamed;

	for (size_t i = 0; i < check->loss_count; i++) {
		const struct gc_check_loss *loss = &check->losses[i];
		const char *repository = inventory_tag_repository(inventory, loss->tag);
		CLEANUP(free_p)
		char *tag = xasprintf("%s:%s", repository, inventory->tags[loss->tag].name);

		causes_add(blobs, repository, tag, strtab_text(inventory->digests, loss->digest));
	}
	unnamed = causes_tell(blobs, NAMED, name_loss);
	causes_free(blobs);
	if (unnamed > 0)
		log_error("and %zu more tag%s need%s what it would remove", unnamed,
			  units_s(unnamed), unnamed == 1 ? "s" : "");
}
