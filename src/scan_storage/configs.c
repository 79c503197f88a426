/* Configs, of which only the dates are kept. */
#include "scan_storage/body.h"
#include "scan_storage/file_cache.h"
#include "scan_storage/folders.h"
#include "scan_storage/phases.h"
#include "scan_storage/reading.h"

#include "inventory/faults.h"
#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "storage/blob.h"
#include "storage/layout.h"
#include "storage/links.h"
#include "util/buf.h"
#include "util/parallel.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct answer {
	enum dates_taken taken;
	int error;     /* an errno */
	size_t length; /* of the blob of this digest, 0: not known */
	int64_t created;
	struct body_source source;
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

static enum dates_taken read_carefully(const struct layout *layout, const char *digest,
				       const char *stored, struct answer *answer, struct err *err)
{
	CLEANUP(buf_free) struct buf body = { 0 };
	int found = layout_read_blob(layout, stored, API_CONFIG_LIMIT, &body, err);

	answer->error = found < 0 ? errno : 0;
	if (found < 0)
		return DATES_UNREADABLE;
	if (found == 0) {
		err_set(err, ERR_IO, "it is not there");
		return DATES_MISSING;
	}
	return image_dates_read(digest, buf_string(&body), body.length, &answer->created, err);
}

/* An earlier scan read it, and its file is as it was. */
static enum dates_taken take_entry(struct answer *answer)
{
	answer->length = (size_t)answer->source.stamp.length;
	answer->created = answer->source.entry.created;
	return DATES_TAKEN;
}

static enum dates_taken read_body(struct folders *folders, const char *digest, const char *stored,
				  struct answer *answer, struct err *err)
{
	char text[BODY_ROOM];
	ssize_t length = body_read(&folders->blobs, folders->reading->cache, digest, stored, true,
				   text, &answer->source);
	enum dates_taken taken = DATES_CORRUPT;

	if (answer->source.known)
		return take_entry(answer);
	/* Nearly all of them: one read, and the hash proves that it was all. */
	if (length > 0 && (size_t)length < sizeof text)
		taken = image_dates_read(digest, text, (size_t)length, &answer->created, err);
	if (taken == DATES_CORRUPT)
		return read_carefully(folders->reading->layout, digest, stored, answer, err);
	if (strcmp(digest, stored) == 0)
		answer->length = (size_t)length;
	return taken;
}

/* Only a config that the repository links is one that the registry would answer with. */
static enum dates_taken read_config(struct folders *folders, uint32_t repository,
				    const char *digest, struct answer *answer, struct err *err)
{
	struct link link = links_digest_in(folders_links(folders, repository), digest);
	char fault[200];

	answer->error = link.error;
	if (link_is_bad(&link)) {
		err_set(err, ERR_IO, "%s", links_fault(&link, fault, sizeof fault));
		return DATES_UNREADABLE;
	}
	if (link.state == LINK_READ)
		return read_body(folders, digest, link.digest, answer, err);
	err_set(err, ERR_IO, "it is not there");
	return DATES_MISSING;
}

static void read_one(const struct configs *configs, struct folders *folders, size_t item,
		     struct answer *answer)
{
	const struct inventory *inventory = configs->reading->inventory;
	uint32_t id = configs->manifests[item];
	struct err err = { 0 };

	answer->taken = read_config(folders, inventory->manifests[id].repository,
				    image_dates_config(inventory, id), answer, &err);
	if (answer->taken != DATES_TAKEN)
		snprintf(answer->why, sizeof answer->why, "%.255s", err.msg);
}

static void read_configs(void *ctx, size_t first, size_t end, void *results)
{
	const struct configs *configs = ctx;
	struct answer *answers = results;
	struct folders folders;

	folders_open(&folders, configs->reading, LINKS_LAYERS);
	for (size_t i = first; i < end; i++)
		read_one(configs, &folders, i, &answers[i - first]);
	folders_close(&folders);
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

	if (answer->source.known)
		image_dates_note_remembered(reading->dates, inventory, id, answer->created);
	else
		image_dates_note(reading->dates, inventory, id, answer->taken, answer->created);
	if (answer->length > 0) {
		uint32_t number = image_dates_config_number(inventory, id);

		reading_note_size(reading, number, answer->length);
		/* One that is no config is read, and told of, by every scan. */
		if (answer->taken == DATES_TAKEN)
			file_cache_note(reading->cache, number, answer->source.stamp,
					answer->source.known);
	}
	if (!is_denied(reading, digest, answer))
		inventory_fault_config(inventory, reading->known != NULL,
				       inventory->manifests[id].repository, digest, answer->taken,
				       answer->why);
}

int scan_storage_configs(struct reading *reading, struct err *err)
{
	struct configs configs = { .reading = reading };
	struct parallel_chunks job = { 0, sizeof(struct answer), read_configs, take_config,
				       &configs };
	int result = 0;

	for (uint32_t m = 0; m < reading->inventory->manifest_count; m++) {
		/* A manifest known from an earlier scan has its date already, or none. */
		if (reading_known(reading, m) == INVENTORY_NONE &&
		    image_dates_wanted(reading->dates, reading->inventory, m))
			ask(&configs, m);
	}
	do {
		job.count = configs.count;
		result = parallel_run_chunks(&job, err);
		configs.count = 0;
	} while (result == 0 &&
		 image_dates_settle(reading->dates, reading->inventory, ask, &configs));
	free(configs.manifests);
	return reading_end(reading, result, err);
}
