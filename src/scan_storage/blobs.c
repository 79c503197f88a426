/* The sizes of all blobs. Each folder's names tell which there are; a blob that this reading read
 * whole has the size that was read, and only of the others the disk is asked. */
#include "scan_storage/phases.h"
#include "scan_storage/reading.h"

#include "inventory/inventory.h"
#include "storage/blob.h"
#include "storage/dir.h"
#include "storage/layout.h"
#include "storage/tree.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/parallel.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* The blobs in one folder. */
struct names {
	struct tree_names digests;
	int result;
	int error; /* an errno */
	struct err err;
};

/* A blob whose size the disk is to be asked for. */
struct doubt {
	const char *digest;
	uint32_t blob;
	bool fresh; /* no manifest states its size */
};

struct blobs {
	struct reading *reading;
	const char **folders;
	struct doubt *doubts;
	size_t doubt_count, capacity;
	const char *told; /* a blob of the folder whose trouble was told last, or NULL */
};

static void *read_names(void *ctx, size_t item)
{
	const struct blobs *blobs = ctx;
	struct names *names = xcalloc(1, sizeof *names);

	names->result = tree_blobs(blobs->reading->layout, blobs->folders[item], &names->digests,
				   NULL, &names->err);
	names->error = errno;
	return names;
}

static void take_size(struct inventory *inventory, uint32_t id, bool fresh, uint64_t size)
{
	inventory->blobs[id].stored = size;
	if (fresh)
		inventory->blobs[id].size = size;
}

static void take_name(struct blobs *blobs, const char *digest)
{
	struct inventory *inventory = blobs->reading->inventory;
	size_t known = inventory->blob_count;
	uint32_t id = inventory_blob(inventory, digest, 0);
	uint32_t number = inventory->blobs[id].digest, size = reading_size(blobs->reading, number);

	if (size > 0) {
		take_size(inventory, id, id == known, size);
		return;
	}
	inventory->blobs[id].stored = INVENTORY_ABSENT;
	GROW(blobs->doubts, blobs->doubt_count, blobs->capacity);
	blobs->doubts[blobs->doubt_count++] =
		(struct doubt){ strtab_text(inventory->digests, number), id, id == known };
}

static void tell(struct reading *reading, int error, const char *message)
{
	if (reading_denied(reading, error, message))
		return;
	reading->inventory->failures++;
	log_warning("%s; what is in it is not counted", message);
}

static void take_names(void *ctx, size_t item, void *result)
{
	struct blobs *blobs = ctx;
	struct names *names = result;
	const char *digest = names->digests.text.data;

	for (size_t i = 0; i < names->digests.count; i++, digest += strlen(digest) + 1)
		take_name(blobs, digest);
	if (names->result < 0)
		tell(blobs->reading, names->error, names->err.msg);
	tree_names_clear(&names->digests);
	free(names);
	(void)item;
}

static int list_names(struct blobs *blobs, struct err *err)
{
	struct tree_names names = { 0 };
	struct parallel job = { 0, read_names, take_names, blobs };
	int result = tree_blob_folders(blobs->reading->layout, &names, err);
	const char *name = names.text.data;

	blobs->folders = xcalloc(names.count + 1, sizeof *blobs->folders);
	for (size_t i = 0; i < names.count; i++, name += strlen(name) + 1)
		blobs->folders[i] = name;
	job.count = names.count;
	if (result == 0)
		result = parallel_run(&job, err);
	free(blobs->folders);
	tree_names_clear(&names);
	return result;
}

struct answer {
	int error; /* an errno */
	bool found;
	uint64_t size;
};

static struct answer ask_size(struct blob_folder *blobs, const char *digest)
{
	char path[LAYOUT_BLOB_PATH];
	struct stat status;
	int folder = blob_folder_path(blobs, digest, path);

	if (folder < 0 || fstatat(folder, path, &status, 0) != 0)
		return (struct answer){ .error = errno };
	return (struct answer){ .found = S_ISREG(status.st_mode),
				.size = (uint64_t)status.st_size };
}

static void ask_disk(void *ctx, size_t first, size_t end, void *results)
{
	const struct blobs *blobs = ctx;
	struct answer *answers = results;
	struct blob_folder folder;

	blob_folder_open(&folder, blobs->reading->layout);
	for (size_t i = first; i < end; i++)
		answers[i - first] = ask_size(&folder, blobs->doubts[i].digest);
	blob_folder_close(&folder);
}

/* How many letters of DIGEST name its folder, "sha256:xx". */
static size_t folder_length(const char *digest)
{
	return strcspn(digest, ":") + 3;
}

/* Tells once of each folder: doubts stand together by their folders. */
static void take_error(struct blobs *blobs, const char *digest, int error)
{
	CLEANUP(buf_free) struct buf message = { 0 };
	size_t length = folder_length(digest);

	if (dir_vanished(error) || error == ENOTDIR ||
	    (blobs->told && strncmp(blobs->told, digest, length) == 0))
		return;
	blobs->told = digest;
	buf_format(&message, "%s/blobs/%.*s/%.2s: %s%s", layout_path(blobs->reading->layout),
		   (int)length - 3, digest, digest + length - 2, strerror(error),
		   error == EACCES ? "; run as root" : "");
	tell(blobs->reading, error, buf_string(&message));
}

static void take_answer(void *ctx, size_t item, void *result)
{
	struct blobs *blobs = ctx;
	const struct answer *answer = result;
	const struct doubt *doubt = &blobs->doubts[item];

	if (answer->error)
		take_error(blobs, doubt->digest, answer->error);
	else if (answer->found)
		take_size(blobs->reading->inventory, doubt->blob, doubt->fresh, answer->size);
}

int scan_storage_blobs(struct reading *reading, struct err *err)
{
	struct inventory *inventory = reading->inventory;
	struct blobs blobs = { .reading = reading };
	struct parallel_chunks job = { 0, sizeof(struct answer), ask_disk, take_answer, &blobs };
	int result = 0;

	for (size_t i = 0; i < inventory->blob_count; i++)
		inventory->blobs[i].stored = INVENTORY_ABSENT;
	result = list_names(&blobs, err);
	job.count = blobs.doubt_count;
	if (result == 0)
		result = parallel_run_chunks(&job, err);
	free(blobs.doubts);
	return reading_end(reading, result, err);
}
