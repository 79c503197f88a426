/* Empty namespaces. */
#include "apply_scaleway/namespaces.h"

#include "util/xalloc.h"

void apply_scaleway_namespaces_clear(struct scaleway_namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		free(namespaces->items[i].id);
		free(namespaces->items[i].name);
	}
	free(namespaces->items);
	*namespaces = (struct scaleway_namespaces){ 0 };
}
