/* Small things that several files of this folder need. */
#include "apply_scaleway/shared.h"

#include "apply_scaleway/apply.h"
#include "apply_scaleway/image.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "inventory/shown.h"
#include "lists/holds.h"
#include "scan_scaleway/catalog.h"
#include "util/stop_signal.h"
#include "util/time.h"

#include <string.h>

bool apply_scaleway_ends(const struct apply_scaleway *apply)
{
	return stop_signal_count() > 0 || apply->end != SCALEWAY_END_NONE ||
	       time_is_up(apply->until_ms);
}

const struct scaleway_object *shared_planned(const struct image *image, const struct doomed *doomed)
{
	return &image->apply->catalog->tags[doomed->tag];
}

const char *shared_name(const struct image *image, const struct doomed *doomed)
{
	return image->apply->inventory->tags[doomed->tag].name;
}

bool shared_step_is_ordered(const struct image *image, size_t step)
{
	const struct image_step *entry = &image->steps[step];

	for (size_t i = entry->first; i < entry->first + entry->count; i++) {
		if (image->doomed[i].ordered)
			return true;
	}
	return false;
}

void shared_set_unchecked(struct image *image, bool unchecked)
{
	if (image->unchecked != unchecked)
		http_keep(image->apply->http, unchecked);
	image->unchecked = unchecked;
}

bool shared_is_held_in_part(const struct image *image)
{
	const struct apply_scaleway *apply = image->apply;
	size_t length = strlen(image->name);

	for (size_t i = 0; i < apply->holds->count; i++) {
		const struct hold *hold = &apply->holds->items[i];

		if (strncmp(hold->name, image->name, length) == 0 && hold->name[length] == '@' &&
		    holds_is_valid(hold, apply->now) &&
		    !inventory_shows(apply->inventory, image->repository, hold->name + length + 1))
			return true;
	}
	return false;
}
