/* Keeps open what the next item needs, too. */
#include "scan_storage/folders.h"

#include "inventory/inventory.h"
#include "scan_storage/reading.h"

void folders_open(struct folders *folders, const struct reading *reading, enum links_kind kind)
{
	folders->reading = reading;
	folders->kind = kind;
	folders->repository = INVENTORY_NONE;
	blob_folder_open(&folders->blobs, reading->layout);
}

static void close_links(struct folders *folders)
{
	if (folders->repository != INVENTORY_NONE)
		links_close(&folders->links);
	folders->repository = INVENTORY_NONE;
}

void folders_close(struct folders *folders)
{
	close_links(folders);
	blob_folder_close(&folders->blobs);
}

struct links_folder *folders_links(struct folders *folders, uint32_t repository)
{
	const struct reading *reading = folders->reading;

	if (folders->repository != repository) {
		close_links(folders);
		links_open(&folders->links, reading->layout,
			   reading->inventory->repositories[repository].name, folders->kind);
		folders->repository = repository;
	}
	return &folders->links;
}
