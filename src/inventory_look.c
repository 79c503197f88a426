/* The second look at one repository (S6): a scan that knows what it saw before. */
#include "inventory_api.h"

#include "config.h"
#include "inventory.h"
#include "inventory_dates.h"
#include "inventory_scan.h"
#include "registry/api.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* A protected name that the list left out proves that the list leaves names out. */
void look_take_protected(struct scan *scan, uint32_t number, const struct api_answer *answer)
{
	const char *name = scan->look->protected_tags->items[number];
	char what[300];

	snprintf(what, sizeof what, "protected tag %.200s", name);
	if (answer->outcome == API_OK || answer->outcome == API_NOT_MODIFIED)
		scan_trouble(scan, 0, what, "it exists, but the registry does not list it");
	else if (answer->outcome == API_FAILED)
		scan_trouble(scan, 0, what, answer->why);
	scan_answered(scan, 0);
}

static bool is_listed(const struct api_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->names[i], name) == 0)
			return true;
	}
	return false;
}

void look_ask_protected(struct scan *scan, const struct api_list *list)
{
	const struct string_list *names = scan->look->protected_tags;

	for (size_t i = 0; i < names->count; i++) {
		if (!api_tag_valid(names->items[i]) || is_listed(list, names->items[i]))
			continue;
		scan->pending[0]++;
		scan_ask(scan, ASK_PROTECTED, (uint32_t)i);
	}
}

void look_end(struct scan *scan)
{
	void (*done)(void *ctx) = scan->look->done;
	void *ctx = scan->look->ctx;

	scan_clear(scan);
	free(scan);
	done(ctx);
}

void inventory_api_look(const struct inventory_look *look, struct api *api)
{
	struct scan *scan = xcalloc(1, sizeof *scan);
	const char *name = look->fresh->repositories[0].name;

	*scan = (struct scan){ .inventory = look->fresh,
			       .api = api,
			       .look = look,
			       .dates = dates_new(),
			       .window = look->window,
			       .known = look->known,
			       .known_manifests = inventory_repository_find(look->known, name) };
	scan_ask_tags(scan, 0);
	scan_pump(scan);
}
