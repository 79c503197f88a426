/* The folders that one thread has open while it reads neighbouring items: the links of one
 * repository, and the blobs. */
#ifndef SCAN_STORAGE_FOLDERS_H
#define SCAN_STORAGE_FOLDERS_H

#include "storage/blob.h"
#include "storage/links.h"

#include <stdint.h>

struct reading;

struct folders {
	const struct reading *reading;
	enum links_kind kind;
	uint32_t repository; /* whose LINKS are open, or INVENTORY_NONE */
	struct links_folder links;
	struct blob_folder blobs;
};

void folders_open(struct folders *folders, const struct reading *reading, enum links_kind kind);
void folders_close(struct folders *folders);
/* The links of REPOSITORY (its number), open until another one is asked for. */
struct links_folder *folders_links(struct folders *folders, uint32_t repository);

#endif
