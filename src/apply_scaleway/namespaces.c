/* Which namespaces may go, and what is told of them. */
#include "apply_scaleway/namespaces.h"

#include "apply_scaleway/emptying.h"
#include "apply_scaleway/namespace_rules.h"
#include "scaleway/object.h"
#include "scan_scaleway/catalog.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/xalloc.h"

#include <string.h>

void apply_scaleway_namespaces_clear(struct scaleway_namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		free(namespaces->items[i].id);
		free(namespaces->items[i].name);
	}
	free(namespaces->items);
	*namespaces = (struct scaleway_namespaces){ 0 };
}

static bool has_images(const struct scaleway_catalog *catalog, size_t place)
{
	for (size_t i = 0; i < catalog->image_count; i++) {
		if (catalog->places[i] == place)
			return true;
	}
	return false;
}

/* As far as is known now. */
static bool is_candidate(const struct scaleway_namespace_rules *rules, size_t place)
{
	const struct scaleway_object *namespace = &rules->catalog->namespaces[place];
	const char *obstacle = namespace_rules_obstacle(rules, namespace);

	if ((rules->only && strcmp(rules->only, namespace->id) != 0) ||
	    has_images(rules->catalog, place))
		return false;
	if (!obstacle && namespace_rules_protect(rules, namespace->name))
		obstacle = "it is protected (cleanup.protected_repositories)";
	if (obstacle)
		log_debug("namespace %s has no images, and stays: %s", namespace->name, obstacle);
	return !obstacle;
}

static void tell(const struct scaleway_namespaces *namespaces, bool dry_run)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct scaleway_namespace *entry = &namespaces->items[i];

		if (dry_run && entry->fate == SCALEWAY_NAMESPACE_PLANNED)
			log_info("would delete the empty namespace %s", entry->name);
	}
}

int apply_scaleway_namespaces(const struct scaleway_emptying *emptying,
			      struct scaleway_namespaces *namespaces, struct err *err)
{
	const struct scaleway_catalog *catalog = emptying->rules.catalog;
	CLEANUP(free_p)
	const struct scaleway_object **candidates =
		xcalloc(catalog->namespace_count + 1, sizeof *candidates);
	size_t count = 0;
	int result;

	if (!catalog->whole)
		die_internal("namespaces are looked at though a list had an error");
	for (size_t n = 0; n < catalog->namespace_count; n++) {
		if (is_candidate(&emptying->rules, n))
			candidates[count++] = &catalog->namespaces[n];
	}
	result = emptying_run(emptying, candidates, count, namespaces, err);
	progress_end();
	if (result == 0)
		tell(namespaces, emptying->dry_run);
	return result;
}
