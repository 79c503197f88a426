/* Prints the trace of one tag, or of those of one digest. */
#include "command/why.h"

#include "cli/options.h"
#include "command/preview.h"
#include "inventory/inventory.h"
#include "report/why.h"
#include "scaleway/object.h"
#include "scan_scaleway/catalog.h"

#include <stdio.h>
#include <string.h>

static bool is_wanted(const struct inventory *inventory, const struct reference *wanted,
		      uint32_t tag)
{
	const struct inventory_tag *entry = &inventory->tags[tag];

	if (wanted->tag)
		return strcmp(entry->name, wanted->tag) == 0;
	return entry->manifest != INVENTORY_NONE &&
	       strcmp(inventory_digest(inventory, entry->manifest), wanted->digest) == 0;
}

/* A tag that is named together with a digest points at that. */
static int check_digest(const struct inventory *inventory, const struct reference *wanted,
			uint32_t tag, struct err *err)
{
	uint32_t manifest = inventory->tags[tag].manifest;
	const char *digest =
		manifest == INVENTORY_NONE ? "nothing" : inventory_digest(inventory, manifest);

	if (!wanted->digest || strcmp(digest, wanted->digest) == 0)
		return 0;
	return err_set(err, ERR_IO, "%s:%s points at %s, and not at %s", wanted->repository,
		       inventory->tags[tag].name, digest, wanted->digest);
}

static void print_status(const struct scaleway_object *object)
{
	if (object->status != SCALEWAY_READY)
		printf("%-10s the %s is %s, says the registry\n", "status",
		       scaleway_kind_name(object->kind), scaleway_status_name(object->status));
}

/* What of it is not ready, in Scaleway's registry. */
static void print_statuses(const struct preview *preview, uint32_t tag)
{
	const struct scaleway_catalog *catalog = preview->session.scaleway;
	uint32_t image = preview->session.inventory->tags[tag].repository;

	if (!catalog || tag >= catalog->tag_count || image >= catalog->image_count)
		return;
	print_status(&catalog->tags[tag]);
	print_status(&catalog->images[image]);
	print_status(&catalog->namespaces[catalog->places[image]]);
}

static void print_tag(const struct preview *preview, uint32_t tag, bool first)
{
	if (!first)
		fputc('\n', stdout);
	why_write(preview->session.inventory, preview->rules.policy, preview->plan, tag, stdout);
	if (preview->session.inventory->tags[tag].not_ready)
		print_statuses(preview, tag);
}

/* By a digest all tags that point at it. */
static int print(struct preview *preview, struct err *err)
{
	const struct inventory *inventory = preview->session.inventory;
	const struct reference *wanted = &preview->options->reference;
	uint32_t repository = inventory_repository_find(inventory, wanted->repository);
	size_t found = 0;

	if (repository == INVENTORY_NONE)
		return err_set(err, ERR_IO, "there is no repository '%s'", wanted->repository);
	for (uint32_t i = 0; i < inventory->repositories[repository].tag_count; i++) {
		uint32_t tag = inventory->repositories[repository].first_tag + i;

		if (!is_wanted(inventory, wanted, tag))
			continue;
		if (check_digest(inventory, wanted, tag, err) < 0)
			return -1;
		print_tag(preview, tag, found++ == 0);
	}
	if (found > 0)
		return 0;
	if (inventory->repositories[repository].trouble)
		return err_set(err, ERR_IO,
			       "whether the repository '%s' has %s is not known: not all of it "
			       "could be read, and nothing is deleted in it",
			       wanted->repository, wanted->tag ? wanted->tag : wanted->digest);
	if (wanted->tag)
		return err_set(err, ERR_IO, "the repository '%s' has no tag '%s'",
			       wanted->repository, wanted->tag);
	return err_set(err, ERR_IO, "the repository '%s' has no tag that points at %s",
		       wanted->repository, wanted->digest);
}

int command_why(const struct options *options, const struct config *config)
{
	return preview_run(options, config, print);
}
