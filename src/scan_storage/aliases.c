/* What configs and layers that are named by another algorithm than the registry's are stored as:
 * only a link tells. That of a repository which names one is asked first, and then that of any. */
#include "scan_storage/phases.h"
#include "scan_storage/reading.h"

#include "inventory/alias.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "storage/links.h"
#include "util/parallel.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* A blob that a repository names. Its texts stay where they are. */
struct named {
	uint32_t repository;
	bool foreign; /* it may be absent, say all that name it */
	const char *name, *digest;
};

struct naming {
	struct reading *reading;
	struct named *items;
	size_t count, capacity;
};

static void name_blob(struct naming *naming, struct u64map *known, uint32_t repository,
		      uint32_t reference)
{
	const struct inventory *inventory = naming->reading->inventory;
	uint32_t blob = inventory->references[reference];
	uint64_t key = (uint64_t)repository << 32 | blob;
	uint32_t place = u64map_get(known, key);

	if (place == U64MAP_NONE) {
		place = (uint32_t)naming->count;
		GROW(naming->items, naming->count, naming->capacity);
		naming->items[naming->count++] = (struct named){
			.repository = repository,
			.foreign = true,
			.name = inventory->repositories[repository].name,
			.digest = strtab_text(inventory->digests, inventory->blobs[blob].digest),
		};
		u64map_set(known, key, place);
	}
	naming->items[place].foreign &= inventory_statement(inventory, reference).foreign;
}

static void gather(struct naming *naming)
{
	const struct inventory *inventory = naming->reading->inventory;
	CLEANUP(free_p) bool *odd = xcalloc(inventory->blob_count + 1, sizeof *odd);
	struct u64map *known = NULL;
	bool any = false;

	for (size_t b = 0; b < inventory->blob_count; b++) {
		odd[b] = !digest_canonical(
			strtab_text(inventory->digests, inventory->blobs[b].digest));
		any |= odd[b];
	}
	if (!any)
		return;
	known = u64map_new();
	naming->items = xcalloc(1, sizeof *naming->items);
	naming->capacity = 1;
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];

		for (uint32_t i = 0; i < manifest->blob_count; i++) {
			if (odd[inventory->references[manifest->blobs + i]])
				name_blob(naming, known, manifest->repository, manifest->blobs + i);
		}
	}
	u64map_free(known);
}

static void read_alias(void *ctx, size_t item, void *result)
{
	const struct naming *naming = ctx;
	const struct named *named = &naming->items[item];

	*(struct link *)result = links_layer(naming->reading->layout, named->name, named->digest);
}

static void fault(struct naming *naming, const struct named *named, const char *why)
{
	char what[DIGEST_TEXT + sizeof "blob "];

	snprintf(what, sizeof what, "blob %s", named->digest);
	inventory_fault(naming->reading->inventory, naming->reading->known != NULL,
			named->repository, what, why);
}

static void take_alias(void *ctx, size_t item, void *result)
{
	struct naming *naming = ctx;
	const struct named *named = &naming->items[item];
	const struct link *link = result;

	if (link->state == LINK_READ) {
		if (!inventory_alias(naming->reading->inventory, named->digest, link->digest))
			fault(naming, named,
			      "its link names another blob than that of another repository");
	} else if (link->state == LINK_UNREADABLE) {
		(void)!reading_denied(naming->reading, link->error, named->digest);
	}
}

/* Looks for a link of a blob in what is known, and then in every repository. */
static bool find_elsewhere(struct naming *naming, const struct named *named)
{
	struct reading *reading = naming->reading;
	struct inventory *inventory = reading->inventory;

	if (reading->known) {
		const char *stored = inventory_stored_text(reading->known, named->digest);

		if (stored != named->digest)
			return inventory_alias(inventory, named->digest, stored);
	}
	for (size_t r = 0; r < inventory->repository_count; r++) {
		struct link link = links_layer(reading->layout, inventory->repositories[r].name,
					       named->digest);

		if (link.state == LINK_READ)
			return inventory_alias(inventory, named->digest, link.digest);
	}
	return false;
}

static void resolve_rest(struct naming *naming)
{
	const struct inventory *inventory = naming->reading->inventory;

	for (size_t i = 0; i < naming->count; i++) {
		const struct named *named = &naming->items[i];
		uint32_t digest =
			strtab_find(inventory->digests, named->digest, strlen(named->digest));

		if (!inventory_alias_known(inventory, digest) && !find_elsewhere(naming, named) &&
		    !named->foreign)
			fault(naming, named, "no link says by which digest it is stored");
	}
}

int scan_storage_aliases(struct reading *reading, struct err *err)
{
	struct naming naming = { .reading = reading };
	struct parallel_small job = { 0, sizeof(struct link), read_alias, take_alias, &naming };
	int result = 0;

	gather(&naming);
	job.count = naming.count;
	if (naming.count > 0)
		result = parallel_run_small(&job, err);
	if (result == 0)
		resolve_rest(&naming);
	free(naming.items);
	return reading_end(reading, result, err);
}
