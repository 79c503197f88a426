/* Looks digests and names up in what was listed last. */
#include "apply_scaleway/ties.h"

#include "apply_scaleway/apply.h"
#include "apply_scaleway/image.h"
#include "apply_scaleway/shared.h"
#include "inventory/inventory.h"
#include "oci/platform_tag.h"
#include "plan/graph.h"
#include "util/strtab.h"

#include <string.h>

static bool is_done(const struct image *image, const char *id)
{
	uint32_t mine = strtab_find(image->ids, id, strlen(id));

	return mine != STRTAB_NONE && image->doomed[mine].state == DOOMED_DONE;
}

void ties_take(struct image *image)
{
	strtab_free(image->subjects);
	strtab_free(image->bases);
	image->subjects = strtab_new();
	image->bases = strtab_new();
	for (size_t i = 0; i < image->seen_count; i++) {
		const struct scaleway_object *tag = &image->seen[i];

		if (is_done(image, tag->id))
			continue;
		strtab_add(image->bases, tag->name, strlen(tag->name));
		if (tag->digest)
			strtab_add(image->subjects, tag->digest, strlen(tag->digest));
	}
}

/* DIGEST was shown by a tag at the last look. */
static bool is_listed(const struct image *image, const char *digest)
{
	return strtab_find(image->subjects, digest, strlen(digest)) != STRTAB_NONE;
}

struct base_search {
	const struct image *image;
	const struct image_step *step;
	bool found;
};

/* A tag of the same digest is no whole of which this one could be a part. */
static void on_base(void *ctx, const char *base, size_t length)
{
	struct base_search *search = ctx;
	const struct image *image = search->image;
	bool same = false;

	for (size_t i = search->step->first; i < search->step->first + search->step->count; i++) {
		const char *name = shared_name(image, &image->doomed[i]);

		same |= strlen(name) == length && memcmp(name, base, length) == 0;
	}
	search->found |= !same && strtab_find(image->bases, base, length) != STRTAB_NONE;
}

static bool has_base(const struct image *image, size_t step)
{
	struct base_search search = { image, &image->steps[step], false };

	for (size_t i = search.step->first; i < search.step->first + search.step->count; i++)
		platform_tag_bases(shared_name(image, &image->doomed[i]), on_base, &search);
	return search.found;
}

bool ties_hold(const struct image *image, size_t step)
{
	const struct inventory *inventory = image->apply->inventory;
	const struct image_step *entry = &image->steps[step];

	for (size_t i = entry->first; i < entry->first + entry->count; i++) {
		uint32_t subject = plan_graph_named_subject(inventory, image->doomed[i].tag);

		if (subject != INVENTORY_NONE && subject != entry->manifest &&
		    is_listed(image, inventory_digest(inventory, subject)))
			return true;
	}
	return has_base(image, step);
}
