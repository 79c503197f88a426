/* The first phases: names of tags, what tags point at, which manifests are linked. */
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

/* What one folder of names came to. */
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

static void *read_tags(void *ctx, size_t chunk)
{
	const struct reading *reading = ctx;
	const struct inventory *inventory = reading->inventory;
	struct link *links = xcalloc(READING_CHUNK, sizeof *links);
	size_t first = chunk * READING_CHUNK;

	for (size_t i = 0; i < READING_CHUNK && first + i < inventory->tag_count; i++) {
		const struct inventory_tag *tag = &inventory->tags[first + i];

		if (tag->state == TAG_UNSEEN)
			links[i] = links_tag(reading->layout,
					     repository_name(reading, tag->repository), tag->name);
	}
	return links;
}

static void take_tag(struct reading *reading, uint32_t tag, const struct link *link)
{
	struct inventory *inventory = reading->inventory;
	struct inventory_tag *entry = &inventory->tags[tag];
	char fault[FAULT_TEXT];

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

static void take_tags(void *ctx, size_t chunk, void *result)
{
	struct reading *reading = ctx;
	const struct inventory *inventory = reading->inventory;
	struct link *links = result;
	size_t first = chunk * READING_CHUNK;

	for (size_t i = 0; i < READING_CHUNK && first + i < inventory->tag_count; i++) {
		if (inventory->tags[first + i].state == TAG_UNSEEN)
			take_tag(reading, (uint32_t)(first + i), &links[i]);
	}
	free(links);
}

int scan_storage_tags(struct reading *reading, struct err *err)
{
	size_t count = reading->inventory->tag_count;
	const struct parallel job = { reading_chunks(count), read_tags, take_tags, reading };

	reading->targets = xmalloc((count + 1) * sizeof *reading->targets);
	for (size_t t = 0; t < count; t++)
		reading->targets[t] = INVENTORY_NONE;
	return reading_end(reading, parallel_run(&job, err), err);
}

/* Some of the revisions of one repository. */
struct part {
	uint32_t repository;
	uint32_t count;
	const char *names;
};

struct revisions {
	struct reading *reading;
	struct tree_names *names; /* by repository */
	struct part *parts;
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
	for (size_t left = folder->names.count; left > 0;) {
		struct part part = { (uint32_t)repository,
				     left < READING_CHUNK ? (uint32_t)left : READING_CHUNK, at };

		GROW(revisions->parts, revisions->count, revisions->capacity);
		revisions->parts[revisions->count++] = part;
		left -= part.count;
		for (uint32_t i = 0; i < part.count; i++)
			at += strlen(at) + 1;
	}
	revisions->names[repository] = folder->names;
	free(folder);
}

struct revision {
	enum link_state state;
	int error;
	char *stored; /* what it is an alias of, or NULL */
};

static void *read_revisions(void *ctx, size_t item)
{
	const struct revisions *revisions = ctx;
	const struct part *part = &revisions->parts[item];
	const char *repository = repository_name(revisions->reading, part->repository);
	const char *digest = part->names;
	struct revision *found = xcalloc(part->count, sizeof *found);

	for (uint32_t i = 0; i < part->count; i++, digest += strlen(digest) + 1) {
		struct link link = links_revision(revisions->reading->layout, repository, digest);

		found[i] = (struct revision){ .state = link.state, .error = link.error };
		if (link.state == LINK_READ && strcmp(link.digest, digest) != 0)
			found[i].stored = xstrdup(link.digest);
	}
	return found;
}

static void take_revision(struct reading *reading, uint32_t repository, const char *digest,
			  const struct revision *found)
{
	const struct link link = { .state = found->state, .error = found->error };
	struct inventory *inventory = reading->inventory;
	char fault[FAULT_TEXT];
	uint32_t id = 0;

	if (link.state == LINK_ABSENT || reading_denied(reading, link.error, digest))
		return;
	id = inventory_manifest(inventory, repository, digest);
	if (link.state == LINK_READ)
		reading_link(reading, id, found->stored);
	else
		inventory_fault_manifest(inventory, reading->known != NULL, id,
					 links_fault(&link, fault, sizeof fault));
}

static void take_revisions(void *ctx, size_t item, void *result)
{
	struct revisions *revisions = ctx;
	const struct part *part = &revisions->parts[item];
	const char *digest = part->names;
	struct revision *found = result;

	for (uint32_t i = 0; i < part->count; i++, digest += strlen(digest) + 1) {
		take_revision(revisions->reading, part->repository, digest, &found[i]);
		free(found[i].stored);
	}
	free(found);
}

int scan_storage_revisions(struct reading *reading, struct err *err)
{
	size_t repositories = reading->inventory->repository_count;
	struct revisions revisions = {
		.reading = reading,
		.names = xcalloc(repositories + 1, sizeof *revisions.names),
	};
	struct parallel job = { repositories, list_revisions, take_revision_names, &revisions };
	int result = parallel_run(&job, err);

	if (result == 0) {
		job = (struct parallel){ revisions.count, read_revisions, take_revisions,
					 &revisions };
		result = parallel_run(&job, err);
	}
	for (size_t r = 0; r < repositories; r++)
		tree_names_clear(&revisions.names[r]);
	free(revisions.names);
	free(revisions.parts);
	return reading_end(reading, result, err);
}
