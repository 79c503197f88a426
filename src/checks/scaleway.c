/* Scaleway's registry: what the configuration means there, and what the key may do. */
#include "checks/checks.h"

#include "config/config.h"
#include "inventory/inventory.h"
#include "scan_scaleway/catalog.h"
#include "session/session.h"
#include "util/units.h"

/* That they are there was found out by reading them. */
enum check_verdict checks_scope(struct checks_place *place, struct err *said)
{
	const struct config *config = place->config;
	const struct inventory *inventory = place->session->inventory;
	const struct scaleway_catalog *catalog = place->session->scaleway;
	size_t images = inventory->repository_count;

	if (*config->registry.image)
		return checks_say(said, CHECK_OK, "%s in region %s, and nothing else",
				  images > 0 ? inventory->repositories[0].name : "no image",
				  config->registry.region);
	return checks_say(said, CHECK_OK, "%zu image%s in %zu namespace%s of region %s%s%s", images,
			  units_s(images), catalog->namespace_count,
			  units_s(catalog->namespace_count), config->registry.region,
			  *config->registry.namespace ? ", which is registry.namespace: " : "",
			  config->registry.namespace);
}

/* No request that changes nothing tells. */
enum check_verdict checks_may_delete(struct checks_place *place, struct err *said)
{
	(void)place;
	return checks_say(
		said, CHECK_NOT_ASKED,
		"only a DELETE would tell: a key that may list everything "
		"(ContainerRegistryReadOnly) deletes nothing; it needs the permission set "
		"with full access to the Container Registry");
}
