/* Looks at link and blob files, and reads the blobs. Threads read and answer; the caller's thread
 * notes the answers. */
#include "verify/ask_storage.h"

#include "inventory/alias.h"
#include "oci/digest.h"
#include "storage/blob.h"
#include "storage/links.h"
#include "util/parallel.h"
#include "util/progress.h"
#include "util/xalloc.h"
#include "verify/deep.h"
#include "verify/needs.h"

#include <stdatomic.h>
#include <stdio.h>

struct looking {
	struct verify *verify;
	const struct layout *layout;
};

/* Whether the blob was FOUND (as blob_size and blob_read say); if not, ANSWER says so. */
static bool is_there(int found, const struct err *err, struct verify_answer *answer)
{
	answer->fault = found < 0 ? VERIFY_UNKNOWN : found == 0 ? VERIFY_MISSING : VERIFY_FOUND;
	if (found < 0)
		snprintf(answer->why, sizeof answer->why, "%.199s", err->msg);
	return found > 0;
}

static void look(const struct inventory *inventory, const char *digest, struct links_folder *layers,
		 struct blob_folder *blobs, struct verify_answer *answer)
{
	struct link link = links_digest_in(layers, digest);
	struct err err = { 0 };
	/* Of what is named by another algorithm only a link tells where it lies. */
	const char *stored =
		link.state == LINK_READ ? link.digest : inventory_stored_text(inventory, digest);
	int found = blob_folder_size(blobs, stored, &answer->found, &err);

	if (!is_there(found, &err, answer))
		return;
	if (link.state == LINK_ABSENT) {
		answer->fault = VERIFY_UNLINKED;
	} else if (link_is_bad(&link)) {
		answer->fault = link.state == LINK_UNREADABLE ? VERIFY_UNKNOWN : VERIFY_BAD_LINK;
		links_fault(&link, answer->why, sizeof answer->why);
	}
}

/* Items of one repository stand together. */
static void look_at(void *ctx, size_t first, size_t end, void *results)
{
	const struct looking *looking = ctx;
	const struct verify *verify = looking->verify;
	struct verify_answer *answers = results;
	uint32_t repository = verify->items[first].repository;
	struct links_folder layers;
	struct blob_folder blobs;

	blob_folder_open(&blobs, looking->layout);
	links_open(&layers, looking->layout, verify_item_repository(verify, first), LINKS_LAYERS);
	for (size_t i = first; i < end; i++) {
		if (verify->items[i].repository != repository) {
			links_close(&layers);
			links_open(&layers, looking->layout, verify_item_repository(verify, i),
				   LINKS_LAYERS);
			repository = verify->items[i].repository;
		}
		look(verify->inventory, verify_item_digest(verify, i), &layers, &blobs,
		     &answers[i - first]);
	}
	links_close(&layers);
	blob_folder_close(&blobs);
}

static void take_look(void *ctx, size_t item, void *result)
{
	struct looking *looking = ctx;

	verify_answer(looking->verify, item, result);
	progress("verifying: %zu of %zu blobs", item + 1, looking->verify->item_count);
}

int verify_storage(struct verify *verify, const struct layout *layout, struct err *err)
{
	struct looking looking = { verify, layout };
	const struct parallel_chunks job = { verify->item_count, sizeof(struct verify_answer),
					     look_at, take_look, &looking };
	int result = parallel_run_chunks(&job, err);

	progress_end();
	return result;
}

struct reading {
	struct verify_deep deep;
	const struct layout *layout;
	struct parallel_watch watch;
	atomic_uint_least64_t bytes;
	size_t blobs;
};

struct hashing {
	struct reading *reading;
	struct digest_check *check;
};

static bool hash_piece(void *ctx, const char *bytes, size_t length)
{
	struct hashing *hashing = ctx;

	digest_check_add(hashing->check, bytes, length);
	atomic_fetch_add(&hashing->reading->bytes, length);
	return !atomic_load(&hashing->reading->watch.ended);
}

static void *read_blob(void *ctx, size_t number)
{
	struct reading *reading = ctx;
	struct verify_answer *answer = xcalloc(1, sizeof *answer);
	const char *digest = verify_item_digest(reading->deep.verify, reading->deep.items[number]);
	const char *stored = inventory_stored_text(reading->deep.verify->inventory, digest);
	struct hashing hashing = { reading, digest_check_new(digest) };
	struct err err = { 0 };
	int found = blob_read(reading->layout, stored, hash_piece, &hashing, &err);

	if (is_there(found, &err, answer) && !digest_check_end(hashing.check))
		answer->fault = VERIFY_CORRUPT;
	digest_check_free(hashing.check);
	return answer;
}

static void show_progress(void *ctx)
{
	const struct reading *reading = ctx;

	verify_deep_progress(&reading->deep, reading->blobs, atomic_load(&reading->bytes));
}

/* After a stop signal what was read is cut short, and nobody asks for the answers. */
static void take_blob(void *ctx, size_t number, void *result)
{
	struct reading *reading = ctx;

	verify_deep_answer(&reading->deep, number, result);
	reading->blobs++;
	show_progress(reading);
	free(result);
}

int verify_storage_deep(struct verify *verify, const struct layout *layout, struct err *err)
{
	struct reading reading = { .deep = verify_deep_new(verify),
				   .layout = layout,
				   .watch = { .waiting = show_progress } };
	const struct parallel job = {
		.count = reading.deep.count, .work = read_blob, .take = take_blob, .ctx = &reading
	};
	int result = parallel_run_long(&job, &reading.watch, err);

	progress_end();
	verify_deep_clear(&reading.deep);
	return result;
}
