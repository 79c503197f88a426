/* The date of each config, by the number of its blob. */
#include "inventory/image_dates.h"

#include "inventory/inventory.h"
#include "oci/digest.h"
#include "oci/image_config.h"
#include "util/date.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"

enum config_state { CONFIG_NEW = 0, CONFIG_ASKED, CONFIG_KNOWN, CONFIG_FAILED };

struct config {
	int64_t created;
	uint32_t repository; /* where it was asked for first */
	uint8_t state;       /* enum config_state */
	bool remembered;
};

struct image_dates {
	struct config *configs; /* by blob */
	size_t count;
	struct u64map *tried; /* blob and repository, once asked there as well; or NULL */
	const struct image_dates *earlier;
	const struct inventory *known; /* to which EARLIER belongs */
};

struct image_dates *image_dates_new(void)
{
	return xcalloc(1, sizeof(struct image_dates));
}

void image_dates_free(struct image_dates *dates)
{
	if (!dates)
		return;
	u64map_free(dates->tried);
	free(dates->configs);
	free(dates);
}

static uint32_t config_blob(const struct inventory *inventory, uint32_t manifest)
{
	return inventory->references[inventory->manifests[manifest].blobs];
}

uint32_t image_dates_config_number(const struct inventory *inventory, uint32_t manifest)
{
	return inventory->blobs[config_blob(inventory, manifest)].digest;
}

const char *image_dates_config(const struct inventory *inventory, uint32_t manifest)
{
	return strtab_text(inventory->digests, image_dates_config_number(inventory, manifest));
}

static struct config *find_config(struct image_dates *dates, uint32_t blob)
{
	if (blob >= dates->count) {
		size_t count = ((size_t)blob + 1) * 2;

		dates->configs = xreallocarray(dates->configs, count, sizeof *dates->configs);
		for (size_t i = dates->count; i < count; i++)
			dates->configs[i] = (struct config){ .created = DATE_ABSENT,
							     .repository = INVENTORY_NONE };
		dates->count = count;
	}
	return &dates->configs[blob];
}

static bool has_config(const struct inventory *inventory, uint32_t manifest)
{
	return inventory->manifests[manifest].kind == MANIFEST_IMAGE &&
	       inventory->manifests[manifest].blob_count > 0;
}

static uint64_t place_key(const struct inventory *inventory, uint32_t manifest)
{
	return (uint64_t)config_blob(inventory, manifest) << 32 |
	       inventory->manifests[manifest].repository;
}

/* Whether CONFIG, that of MANIFEST, was asked for in its repository already. */
static bool was_tried(const struct image_dates *dates, const struct config *config,
		      const struct inventory *inventory, uint32_t manifest)
{
	return config->repository == inventory->manifests[manifest].repository ||
	       (dates->tried &&
		u64map_get(dates->tried, place_key(inventory, manifest)) != U64MAP_NONE);
}

void image_dates_remember(struct image_dates *dates, const struct image_dates *earlier,
			  const struct inventory *known)
{
	dates->earlier = earlier;
	dates->known = known;
}

void image_dates_enter(struct image_dates *dates, uint32_t blob, int64_t created)
{
	struct config *config = find_config(dates, blob);

	config->state = CONFIG_KNOWN;
	config->created = created;
}

bool image_dates_of(const struct image_dates *dates, uint32_t blob, int64_t *created)
{
	if (blob >= dates->count || dates->configs[blob].state != CONFIG_KNOWN)
		return false;
	*created = dates->configs[blob].created;
	return true;
}

static bool recall(struct image_dates *dates, const struct inventory *inventory, uint32_t manifest)
{
	struct config *config = find_config(dates, config_blob(inventory, manifest));
	uint32_t blob = INVENTORY_NONE;

	if (dates->earlier)
		blob = inventory_blob_find(dates->known, image_dates_config(inventory, manifest));
	if (blob == INVENTORY_NONE || !image_dates_of(dates->earlier, blob, &config->created))
		return false;
	config->state = CONFIG_KNOWN;
	config->remembered = true;
	return true;
}

bool image_dates_wanted(struct image_dates *dates, const struct inventory *inventory,
			uint32_t manifest)
{
	struct config *config;

	if (inventory->to_verify || !has_config(inventory, manifest))
		return false;
	config = find_config(dates, config_blob(inventory, manifest));
	if (config->state != CONFIG_NEW || recall(dates, inventory, manifest))
		return false;
	config->state = CONFIG_ASKED;
	config->repository = inventory->manifests[manifest].repository;
	return true;
}

enum dates_taken image_dates_read(const char *digest, const char *body, size_t length,
				  int64_t *created, struct err *err)
{
	struct err fault = { 0 };

	if (!digest_matches(digest, body, length)) {
		err_set(err, ERR_IO, "the body does not match its digest");
		return DATES_CORRUPT;
	}
	if (image_config_created(body, length, created, &fault) == 0)
		return DATES_TAKEN;
	err_set(err, ERR_IO, "%s", fault.msg);
	return DATES_NO_CONFIG;
}

void image_dates_note(struct image_dates *dates, const struct inventory *inventory,
		      uint32_t manifest, enum dates_taken taken, int64_t created)
{
	struct config *config = find_config(dates, config_blob(inventory, manifest));

	config->state =
		taken == DATES_TAKEN || taken == DATES_NO_CONFIG ? CONFIG_KNOWN : CONFIG_FAILED;
	config->created = taken == DATES_TAKEN ? created : DATE_INVALID;
}

void image_dates_note_remembered(struct image_dates *dates, const struct inventory *inventory,
				 uint32_t manifest, int64_t created)
{
	struct config *config = find_config(dates, config_blob(inventory, manifest));

	config->state = CONFIG_KNOWN;
	config->created = created;
	config->remembered = true;
}

bool image_dates_settle(struct image_dates *dates, struct inventory *inventory,
			void (*ask)(void *ctx, uint32_t manifest), void *ctx)
{
	bool asked = false;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		struct inventory_manifest *manifest = &inventory->manifests[m];
		struct config *config;

		if (!has_config(inventory, m))
			continue;
		config = find_config(dates, config_blob(inventory, m));
		if (config->state == CONFIG_KNOWN && config->created != DATE_ABSENT)
			manifest->created = config->created;
		manifest->remembered |= config->remembered;
		if (config->state != CONFIG_FAILED)
			continue;
		if (was_tried(dates, config, inventory, m)) {
			manifest->created = DATE_INVALID;
			continue;
		}
		config->state = CONFIG_ASKED;
		if (!dates->tried)
			dates->tried = u64map_new();
		u64map_set(dates->tried, place_key(inventory, m), 1);
		ask(ctx, m);
		asked = true;
	}
	return asked;
}
