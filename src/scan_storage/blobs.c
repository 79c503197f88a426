/* Configs, of which only the dates are kept, and the sizes of all blobs. */
#include "scan_storage/phases.h"
#include "scan_storage/reading.h"

#include "inventory/faults.h"
#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "storage/layout.h"
#include "storage/links.h"
#include "storage/tree.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/parallel.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct answer {
	enum dates_taken taken;
	int error; /* an errno */
	int64_t created;
	char why[256];
};

/* A round of questions, each for the config of a manifest in that one's repository. */
struct configs {
	struct reading *reading;
	uint32_t *manifests;
	size_t count, capacity;
};

static void ask(void *ctx, uint32_t manifest)
{
	struct configs *configs = ctx;

	GROW(configs->manifests, configs->count, configs->capacity);
	configs->manifests[configs->count++] = manifest;
}

/* Only a config that the repository links is one that the registry would answer with. */
static enum dates_taken read_config(const struct layout *layout, const char *repository,
				    const char *digest, struct answer *answer, struct err *err)
{
	CLEANUP(buf_free) struct buf body = { 0 };
	struct link link = links_layer(layout, repository, digest);
	char fault[200];
	int found = 0;

	answer->error = link.error;
	if (link_is_bad(&link)) {
		err_set(err, ERR_IO, "%s", links_fault(&link, fault, sizeof fault));
		return DATES_UNREADABLE;
	}
	if (link.state == LINK_READ) {
		found = layout_read_blob(layout, link.digest, API_CONFIG_LIMIT, &body, err);
		answer->error = found < 0 ? errno : 0;
	}
	if (found < 0)
		return DATES_UNREADABLE;
	if (found == 0) {
		err_set(err, ERR_IO, "it is not there");
		return DATES_MISSING;
	}
	return image_dates_read(digest, buf_string(&body), body.length, &answer->created, err);
}

static void read_one(void *ctx, size_t item, void *result)
{
	const struct configs *configs = ctx;
	const struct inventory *inventory = configs->reading->inventory;
	struct answer *answer = result;
	uint32_t id = configs->manifests[item];
	uint32_t repository = inventory->manifests[id].repository;
	struct err err = { 0 };

	answer->taken =
		read_config(configs->reading->layout, inventory->repositories[repository].name,
			    image_dates_config(inventory, id), answer, &err);
	if (answer->taken != DATES_TAKEN)
		snprintf(answer->why, sizeof answer->why, "%.255s", err.msg);
}

/* A file that only root may read is no fault of the config. */
static bool is_denied(struct reading *reading, const char *digest, const struct answer *answer)
{
	char what[360];

	snprintf(what, sizeof what, "config %s: %s", digest, answer->why);
	return answer->taken == DATES_UNREADABLE && reading_denied(reading, answer->error, what);
}

static void take_config(void *ctx, size_t item, void *result)
{
	struct configs *configs = ctx;
	struct reading *reading = configs->reading;
	struct inventory *inventory = reading->inventory;
	const struct answer *answer = result;
	uint32_t id = configs->manifests[item];
	const char *digest = image_dates_config(inventory, id);

	image_dates_note(reading->dates, inventory, id, answer->taken, answer->created);
	if (!is_denied(reading, digest, answer))
		inventory_fault_config(inventory, reading->known != NULL,
				       inventory->manifests[id].repository, digest, answer->taken,
				       answer->why);
}

int scan_storage_configs(struct reading *reading, struct err *err)
{
	struct configs configs = { .reading = reading };
	struct parallel_small job = { 0, sizeof(struct answer), read_one, take_config, &configs };
	int result = 0;

	for (uint32_t m = 0; m < reading->inventory->manifest_count; m++) {
		/* A manifest known from an earlier scan has its date already, or none. */
		if (reading_known(reading, m) == INVENTORY_NONE &&
		    image_dates_wanted(reading->dates, reading->inventory, m))
			ask(&configs, m);
	}
	do {
		job.count = configs.count;
		result = parallel_run_small(&job, err);
		configs.count = 0;
	} while (result == 0 &&
		 image_dates_settle(reading->dates, reading->inventory, ask, &configs));
	free(configs.manifests);
	return reading_end(reading, result, err);
}

/* The blobs in one folder. */
struct sizes {
	struct tree_names digests;
	struct buf bytes; /* uint64_t each */
	int result;
	int error; /* an errno */
	struct err err;
};

struct blobs {
	struct reading *reading;
	const char **folders;
};

static void *read_sizes(void *ctx, size_t item)
{
	const struct blobs *blobs = ctx;
	struct sizes *sizes = xcalloc(1, sizeof *sizes);

	sizes->result = tree_blobs(blobs->reading->layout, blobs->folders[item], &sizes->digests,
				   &sizes->bytes, &sizes->err);
	sizes->error = errno;
	return sizes;
}

static void take_sizes(void *ctx, size_t item, void *result)
{
	struct blobs *blobs = ctx;
	struct reading *reading = blobs->reading;
	struct inventory *inventory = reading->inventory;
	struct sizes *sizes = result;
	const char *digest = sizes->digests.text.data;
	const char *bytes = sizes->bytes.data;

	for (size_t i = 0; i < sizes->digests.count; i++, digest += strlen(digest) + 1) {
		uint64_t size = 0;
		uint32_t id = 0;

		memcpy(&size, bytes + i * sizeof size, sizeof size);
		id = inventory_blob(inventory, digest, size);
		inventory->blobs[id].stored = size;
	}
	if (sizes->result < 0 && !reading_denied(reading, sizes->error, sizes->err.msg)) {
		inventory->failures++;
		log_warning("%s; what is in it is not counted", sizes->err.msg);
	}
	tree_names_clear(&sizes->digests);
	buf_free(&sizes->bytes);
	free(sizes);
	(void)item;
}

int scan_storage_blobs(struct reading *reading, struct err *err)
{
	struct inventory *inventory = reading->inventory;
	struct tree_names names = { 0 };
	struct blobs blobs = { .reading = reading };
	struct parallel job = { 0, read_sizes, take_sizes, &blobs };
	int result = tree_blob_folders(reading->layout, &names, err);
	const char *name = names.text.data;

	blobs.folders = xcalloc(names.count + 1, sizeof *blobs.folders);
	for (size_t i = 0; i < names.count; i++, name += strlen(name) + 1)
		blobs.folders[i] = name;
	for (size_t i = 0; i < inventory->blob_count; i++)
		inventory->blobs[i].stored = INVENTORY_ABSENT;
	job.count = names.count;
	if (result == 0)
		result = parallel_run(&job, err);
	free(blobs.folders);
	tree_names_clear(&names);
	return reading_end(reading, result, err);
}
