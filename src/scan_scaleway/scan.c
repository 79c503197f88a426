/* The tags of images, several images at a time. */
#include "scan_scaleway/scan.h"

#include "http/engine.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "scaleway/api.h"
#include "scan_scaleway/catalog.h"
#include "util/date.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

struct visit {
	struct scan_scaleway *scan;
	uint32_t image; /* its number, and that of its repository */
	char *gone;     /* why its tags are not there, until it is asked for itself; or NULL */
};

static bool is_ready(const struct scaleway_catalog *catalog, uint32_t image)
{
	return catalog->images[image].status == SCALEWAY_READY &&
	       catalog->namespaces[catalog->places[image]].status == SCALEWAY_READY;
}

/* Without the number of the request, which only this one has: what fails for one reason is told
 * once. The whole is in the log at DEBUG. */
static void cut_request(char *why)
{
	char *tail = strstr(why, "; X-Request-Id ");

	if (tail)
		*tail = '\0';
}

/* What is being deleted changes while it is read, and loses nothing by this run: that is no failure
 * of the run. */
static void list_trouble(struct scan_scaleway *scan, uint32_t image, char *why)
{
	struct inventory *inventory = scan->inventory;

	scan->catalog->whole = false;
	log_debug("%s: the list of tags: %s", inventory->repositories[image].name, why);
	cut_request(why);
	if (is_ready(scan->catalog, image)) {
		inventory_fault(inventory, false, image, "the list of tags", why);
		return;
	}
	inventory_trouble(inventory, image, "the list of tags: %s", why);
	log_warning("%s: it is not ready, and its tags cannot be listed: %s; nothing is deleted in "
		    "this repository",
		    inventory->repositories[image].name, why);
}

/* A re-push moves one of both dates; which one is not known for sure. */
static int64_t pushed_at(const struct scaleway_object *tag)
{
	if (!date_known(tag->created) || !date_known(tag->updated))
		return DATE_ABSENT;
	return tag->created > tag->updated ? tag->created : tag->updated;
}

static void take_tag(struct scan_scaleway *scan, uint32_t tag, bool ready)
{
	struct inventory *inventory = scan->inventory;
	const struct scaleway_object *object = &scan->catalog->tags[tag];
	struct inventory_tag *entry = &inventory->tags[tag];
	uint32_t manifest;

	entry->not_ready = !ready || object->status != SCALEWAY_READY;
	entry->pushed = pushed_at(object);
	if (!object->digest) {
		inventory_fault_tag(inventory, false, tag, "the API tells no digest of it");
		return;
	}
	manifest = inventory_manifest(inventory, entry->repository, object->digest);
	inventory->manifests[manifest].kind = MANIFEST_OPAQUE;
	inventory_point(inventory, tag, manifest);
}

/* One whose name can be none is left out, and spares its image. */
static bool has_good_name(struct scan_scaleway *scan, uint32_t image,
			  const struct scaleway_object *tag)
{
	char what[160];

	if (api_tag_valid(tag->name))
		return true;
	snprintf(what, sizeof what, "tag %s", tag->name);
	inventory_fault(scan->inventory, false, image, what,
			"it is listed, but its name cannot be a tag's");
	return false;
}

static void take_tags(struct scan_scaleway *scan, uint32_t image, struct scaleway_list *list)
{
	CLEANUP(free_p) char **names = xcalloc(list->count + 1, sizeof *names);
	uint32_t first = (uint32_t)scan->catalog->tag_count;
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (!has_good_name(scan, image, &list->items[i]))
			continue;
		names[count++] = list->items[i].name;
		scan_scaleway_catalog_add_tag(scan->catalog, &list->items[i]);
	}
	inventory_tags(scan->inventory, image, names, count);
	for (uint32_t t = first; t < first + count; t++)
		take_tag(scan, t, is_ready(scan->catalog, image));
}

static void pump(struct scan_scaleway *scan);

/* The visit of an image is over. */
static void leave(struct visit *visit)
{
	struct scan_scaleway *scan = visit->scan;

	free(visit->gone);
	free(visit);
	scan->in_flight--;
	if (stop_signal())
		return;
	progress("reading: %zu of %zu images", ++scan->done, scan->catalog->image_count);
	pump(scan);
}

/* What is there all the same, and ready, has tags that could not be listed. */
static void on_image(void *ctx, const struct scaleway_answer *answer)
{
	struct visit *visit = ctx;
	struct scan_scaleway *scan = visit->scan;
	bool deleted =
		answer->outcome == SCALEWAY_GONE ||
		(answer->outcome == SCALEWAY_OK && answer->object->status == SCALEWAY_DELETING);

	if (deleted)
		log_info("%s was deleted meanwhile",
			 scan->inventory->repositories[visit->image].name);
	else if (!stop_signal())
		list_trouble(scan, visit->image, visit->gone);
	leave(visit);
}

static void on_list(void *ctx, struct scaleway_list *list)
{
	struct visit *visit = ctx;
	struct scan_scaleway *scan = visit->scan;

	if (!stop_signal() && list->trouble[0] && list->outcome == SCALEWAY_GONE) {
		visit->gone = xstrdup(list->trouble);
		scaleway_get(scan->api, SCALEWAY_IMAGE, scan->catalog->images[visit->image].id,
			     on_image, visit);
		return;
	}
	if (!stop_signal() && list->trouble[0])
		list_trouble(scan, visit->image, list->trouble);
	else if (!stop_signal())
		take_tags(scan, visit->image, list);
	leave(visit);
}

static void ask(struct scan_scaleway *scan, uint32_t image)
{
	struct visit *visit = xmalloc(sizeof *visit);

	*visit = (struct visit){ scan, image, NULL };
	scan->in_flight++;
	scaleway_list_begin(scan->api, &(struct scaleway_list_request){
					       .kind = SCALEWAY_TAG,
					       .parent = scan->catalog->images[image].id,
					       .readings = 2,
					       .done = on_list,
					       .ctx = visit });
}

static void pump(struct scan_scaleway *scan)
{
	while (scan->in_flight < scan->window && scan->next < scan->catalog->image_count)
		ask(scan, (uint32_t)scan->next++);
}

int scan_scaleway_tags(struct scan_scaleway *scan, struct err *err)
{
	pump(scan);
	return http_run(scan->http, err);
}
