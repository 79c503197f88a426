/* The second look at one repository (S6): a scan that knows what it saw before. */
#include "scan_api/load.h"

#include "config/config.h"
#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "inventory/named.h"
#include "registry/api.h"
#include "scan_api/scan.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

struct second_look {
	struct scan scan;
	struct scan_look look;
};

/* Names that are asked for whatever the list says: first those of protected_tags, then those that
 * somebody named. */
static size_t name_count(const struct scan *scan)
{
	return scan->look->order->protected_tags->count +
	       named_count(scan->look->order->known->named);
}

/* Name NUMBER of these; NULL: it is of another repository. */
static const char *protected_tag(const struct scan *scan, uint32_t number)
{
	const struct string_list *names = scan->look->order->protected_tags;

	if (number < names->count)
		return names->items[number];
	return named_tag(scan->look->order->known->named, number - names->count,
			 scan->inventory->repositories[0].name);
}

static void describe(const struct scan *scan, uint32_t number, char *what, size_t size)
{
	size_t protected_count = scan->look->order->protected_tags->count;
	const char *name = protected_tag(scan, number);

	if (number < protected_count)
		snprintf(what, size, "protected tag %.200s", name);
	else
		snprintf(what, size, "tag %.200s, named by %s", name,
			 named_where(scan->look->order->known->named, number - protected_count));
}

/* Such a name that the list left out proves that the list leaves names out. */
static void take_protected(struct scan *scan, uint32_t number, const struct api_answer *answer)
{
	char what[300];

	describe(scan, number, what, sizeof what);
	if (answer->outcome == API_OK || answer->outcome == API_NOT_MODIFIED)
		scan_trouble(scan, 0, what, "it exists, but the registry does not list it");
	else if (answer->outcome == API_FAILED)
		scan_trouble(scan, 0, what, answer->why);
	scan_answered(scan, 0);
}

/* Asks for the protected tags, and those that somebody named, that LIST leaves out (S6). */
static void ask_protected(struct scan *scan, const struct api_list *list)
{
	struct strtab *listed = strtab_new();

	for (size_t i = 0; i < list->count; i++)
		strtab_add(listed, list->names[i], strlen(list->names[i]));
	for (uint32_t i = 0; i < name_count(scan); i++) {
		const char *name = protected_tag(scan, i);

		if (!name || !api_tag_valid(name) ||
		    strtab_find(listed, name, strlen(name)) != STRTAB_NONE)
			continue;
		scan->pending[0]++;
		scan_ask(scan, ASK_PROTECTED, i);
	}
	strtab_free(listed);
}

static void end(struct scan *scan)
{
	void (*done)(void *ctx) = scan->look->order->done;
	void *ctx = scan->look->order->ctx;

	scan_clear(scan);
	free((struct second_look *)scan); /* its first member */
	done(ctx);
}

void rescan_begin(const struct inventory_look *look, struct api *api)
{
	struct second_look *second = xcalloc(1, sizeof *second);
	const char *name = look->fresh->repositories[0].name;

	second->look = (struct scan_look){ .listed = ask_protected,
					   .tag = protected_tag,
					   .take = take_protected,
					   .end = end,
					   .order = look };
	second->scan =
		(struct scan){ .inventory = look->fresh,
			       .api = api,
			       .look = &second->look,
			       .dates = image_dates_new(),
			       .window = look->window,
			       .known = { .inventory = look->known,
					  .manifests = inventory_repository_find(look->known, name),
					  .reread = look->reread } };
	scan_ask_tags(&second->scan, 0);
	scan_pump(&second->scan);
}
