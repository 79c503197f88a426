/* The first phases: names of tags, what tags point at, which manifests are linked. */
#include "scan_storage/folders.h"
#include "scan_storage/phases.h"
#include "scan_storage/reading.h"

#include "inventory/alias.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "storage/layout.h"
#include "storage/links.h"
#include "storage/tree.h"
#include "util/parallel.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FAULT_TEXT 256

static const char *repository_name(const struct reading *reading, uint32_t repository)
{
	return reading->inventory->repositories[repository].name;
}

/* The names in one folder, or why it could not be listed. */
struct folder {
	struct tree_names names;
	int found; /* 1, 0: there is no such folder, -1: see ERR */
	int error; /* an errno */
	struct err err;
};

typedef int (*folder_list)(const struct layout *layout, const char *repository,
			   struct tree_names *out, struct err *err);

static void *read_folder(const struct reading *reading, size_t repository, folder_list list)
{
	struct folder *folder = xcalloc(1, sizeof *folder);
	const char *name = repository_name(reading, (uint32_t)repository);

	/* Names of debts come from a file. */
	if (!api_repository_valid(name)) {
		folder->found = err_set(&folder->err, ERR_IO, "its name is not valid");
		folder->error = EINVAL;
		return folder;
	}
	folder->found = list(reading->layout, name, &folder->names, &folder->err);
	folder->error = errno;
	return folder;
}

/* Takes a folder that could not be read; false when it was. */
static bool is_unread(struct reading *reading, size_t repository, const struct folder *folder,
		      const char *what)
{
	if (folder->found >= 0)
		return false;
	if (!reading_denied(reading, folder->error, folder->err.msg))
		inventory_fault(reading->inventory, reading->known != NULL, (uint32_t)repository,
				what, folder->err.msg);
	return true;
}

static void *list_tags(void *ctx, size_t repository)
{
	return read_folder(ctx, repository, tree_tags);
}

static void take_names(void *ctx, size_t item, void *result)
{
	struct reading *reading = ctx;
	struct inventory *inventory = reading->inventory;
	struct folder *folder = result;
	CLEANUP(free_p) char **names = xcalloc(folder->names.count + 1, sizeof *names);
	uint32_t repository = (uint32_t)item;
	char *at = folder->names.text.data;

	for (size_t i = 0; i < folder->names.count; i++, at += strlen(at) + 1)
		names[i] = at;
	(void)is_unread(reading, repository, folder, "the list of its tags is not complete");
	inventory->repositories[repository].never_tagged = folder->found == 0;
	inventory_tags(inventory, repository, names, folder->names.count);
	for (uint32_t t = inventory->repositories[repository].first_tag; t < inventory->tag_count;
	     t++) {
		if (!api_tag_valid(inventory->tags[t].name))
			inventory_fault_tag(inventory, reading->known != NULL, t, FAULT_TAG_NAME);
	}
	tree_names_clear(&folder->names);
	free(folder);
}

int scan_storage_names(struct reading *reading, struct err *err)
{
	const struct parallel job = { reading->inventory->repository_count, list_tags, take_names,
				      reading };

	return reading_end(reading, parallel_run(&job, err), err);
}

static void read_tags(void *ctx, size_t first, size_t end, void *results)
{
	const struct reading *reading = ctx;
	struct link *links = results;
	struct folders folders;

	folders_open(&folders, reading, LINKS_TAGS);
	for (size_t i = first; i < end; i++) {
		const struct inventory_tag *tag = &reading->inventory->tags[i];

		if (tag->state == TAG_UNSEEN)
			links[i - first] =
				links_tag_in(folders_links(&folders, tag->repository), tag->name);
	}
	folders_close(&folders);
}

static void take_tag(void *ctx, size_t item, void *result)
{
	struct reading *reading = ctx;
	struct inventory *inventory = reading->inventory;
	struct inventory_tag *entry = &inventory->tags[item];
	const struct link *link = result;
	uint32_t tag = (uint32_t)item;
	char fault[FAULT_TEXT];

	if (entry->state != TAG_UNSEEN)
		return;
	if (link->state == LINK_READ) {
		entry->pushed = link->written;
		reading->targets[tag] =
			inventory_manifest(inventory, entry->repository, link->digest);
	} else if (link->state == LINK_ABSENT) {
		entry->state = TAG_MISSING;
	} else if (!reading_denied(reading, link->error, entry->name)) {
		inventory_fault_tag(inventory, reading->known != NULL, tag,
				    links_fault(link, fault, sizeof fault));
	}
}

int scan_storage_tags(struct reading *reading, struct err *err)
{
	size_t count = reading->inventory->tag_count;
	const struct parallel_chunks job = { count, sizeof(struct link), read_tags, take_tag,
					     reading };

	reading->targets = xmalloc((count + 1) * sizeof *reading->targets);
	for (size_t t = 0; t < count; t++)
		reading->targets[t] = INVENTORY_NONE;
	return reading_end(reading, parallel_run_chunks(&job, err), err);
}

struct revision {
	uint32_t repository;
	const char *digest; /* its name, in NAMES below */
};

struct revisions {
	struct reading *reading;
	struct tree_names *names; /* by repository */
	struct revision *list;
	size_t count, capacity;
};

static void *list_revisions(void *ctx, size_t repository)
{
	const struct revisions *revisions = ctx;

	return read_folder(revisions->reading, repository, tree_revisions);
}

static void take_revision_names(void *ctx, size_t repository, void *result)
{
	struct revisions *revisions = ctx;
	struct folder *folder = result;
	const char *at = folder->names.text.data;

	(void)is_unread(revisions->reading, repository, folder, "its manifests cannot be listed");
	for (size_t i = 0; i < folder->names.count; i++, at += strlen(at) + 1) {
		GROW(revisions->list, revisions->count, revisions->capacity);
		revisions->list[revisions->count++] = (struct revision){ (uint32_t)repository, at };
	}
	revisions->names[repository] = folder->names;
	free(folder);
}

static void read_revisions(void *ctx, size_t first, size_t end, void *results)
{
	const struct revisions *revisions = ctx;
	struct link *links = results;
	struct folders folders;

	folders_open(&folders, revisions->reading, LINKS_REVISIONS);
	for (size_t i = first; i < end; i++)
		links[i - first] =
			links_digest_in(folders_links(&folders, revisions->list[i].repository),
					revisions->list[i].digest);
	folders_close(&folders);
}

static void take_revision(void *ctx, size_t item, void *result)
{
	struct revisions *revisions = ctx;
	const struct revision *revision = &revisions->list[item];
	struct reading *reading = revisions->reading;
	const struct link *link = result;

	if (link->state != LINK_ABSENT && !reading_denied(reading, link->error, revision->digest))
		reading_take_revision(reading,
				      inventory_manifest(reading->inventory, revision->repository,
							 revision->digest),
				      link);
}

int scan_storage_revisions(struct reading *reading, struct err *err)
{
	size_t repositories = reading->inventory->repository_count;
	struct revisions revisions = {
		.reading = reading,
		.names = xcalloc(repositories + 1, sizeof *revisions.names),
	};
	const struct parallel listing = { repositories, list_revisions, take_revision_names,
					  &revisions };
	struct parallel_chunks job = { 0, sizeof(struct link), read_revisions, take_revision,
				       &revisions };
	int result = parallel_run(&listing, err);

	job.count = revisions.count;
	if (result == 0)
		result = parallel_run_chunks(&job, err);
	for (size_t r = 0; r < repositories; r++)
		tree_names_clear(&revisions.names[r]);
	free(revisions.names);
	free(revisions.list);
	return reading_end(reading, result, err);
}
