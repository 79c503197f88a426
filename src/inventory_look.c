/* The second look at one repository (S6): a scan that knows what it saw before. */
#include "inventory_api.h"

#include "config.h"
#include "inventory.h"
#include "inventory_dates.h"
#include "inventory_named.h"
#include "inventory_scan.h"
#include "registry/api.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* Names that are asked for whatever the list says: first those of protected_tags, then those that
 * somebody named. */
static size_t name_count(const struct scan *scan)
{
	return scan->look->protected_tags->count + named_count(scan->look->known->named);
}

const char *look_protected(const struct scan *scan, uint32_t number)
{
	const struct string_list *names = scan->look->protected_tags;

	if (number < names->count)
		return names->items[number];
	return named_tag(scan->look->known->named, number - names->count,
			 scan->inventory->repositories[0].name);
}

static void describe(const struct scan *scan, uint32_t number, char *what, size_t size)
{
	size_t protected_count = scan->look->protected_tags->count;
	const char *name = look_protected(scan, number);

	if (number < protected_count)
		snprintf(what, size, "protected tag %.200s", name);
	else
		snprintf(what, size, "tag %.200s, named by %s", name,
			 named_where(scan->look->known->named, number - protected_count));
}

/* Such a name that the list left out proves that the list leaves names out. */
void look_take_protected(struct scan *scan, uint32_t number, const struct api_answer *answer)
{
	char what[300];

	describe(scan, number, what, sizeof what);
	if (answer->outcome == API_OK || answer->outcome == API_NOT_MODIFIED)
		scan_trouble(scan, 0, what, "it exists, but the registry does not list it");
	else if (answer->outcome == API_FAILED)
		scan_trouble(scan, 0, what, answer->why);
	scan_answered(scan, 0);
}

void look_ask_protected(struct scan *scan, const struct api_list *list)
{
	struct strtab *listed = strtab_new();

	for (size_t i = 0; i < list->count; i++)
		strtab_add(listed, list->names[i], strlen(list->names[i]));
	for (uint32_t i = 0; i < name_count(scan); i++) {
		const char *name = look_protected(scan, i);

		if (!name || !api_tag_valid(name) ||
		    strtab_find(listed, name, strlen(name)) != STRTAB_NONE)
			continue;
		scan->pending[0]++;
		scan_ask(scan, ASK_PROTECTED, i);
	}
	strtab_free(listed);
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
