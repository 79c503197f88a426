/* Looks at when uploads were written to last, and waits. An unreadable uploads folder counts as
 * busy (S2). */
#include "run/wait_idle.h"

#include "config/config.h"
#include "inventory/inventory.h"
#include "storage/uploads.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/strtab.h"
#include "util/time.h"
#include "util/units.h"

#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS_MIN 1000

/* Whether a manifest that was read needs the layer: its push is over. */
static bool is_needed(void *ctx, const char *repository, const char *digest)
{
	const struct inventory *inventory = ctx;
	uint32_t place = inventory_repository_find(inventory, repository);
	uint32_t number = strtab_find(inventory->digests, digest, strlen(digest));
	uint32_t m = INVENTORY_NONE;

	if (place != INVENTORY_NONE && number != STRTAB_NONE)
		m = inventory->repositories[place].first_manifest;
	for (; m != INVENTORY_NONE; m = inventory->manifests[m].next) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];

		for (uint32_t i = 0; i < manifest->blob_count; i++) {
			uint32_t blob = inventory->references[manifest->blobs + i];

			if (inventory->blobs[blob].digest == number)
				return true;
		}
	}
	return false;
}

/* -1 with ERR_STOPPED, or when it cannot be seen. */
static int look(const struct quiet_place *place, struct uploads *uploads, struct err *err)
{
	struct uploads_pushes pushes = {
		.since = (int64_t)time(NULL) - place->config->gc.quiet_minutes * 60,
		.needed = is_needed,
		.ctx = (void *)(uintptr_t)place->inventory,
	};

	*uploads = UPLOADS_NONE;
	if (!place->layout)
		return err_set(
			err, ERR_IO,
			"paths.host_storage cannot be read, or is not the registry's own folder");
	return uploads_and_pushes(place->layout, &pushes, uploads, err);
}

/* Seconds until it is quiet; 0: it is. */
static int64_t seconds_left(const struct config *config, const struct uploads *uploads)
{
	int64_t ago = 0;

	if (uploads->newest == INT64_MIN)
		return 0;
	ago = (int64_t)time(NULL) - uploads->newest;
	return ago >= config->gc.quiet_minutes * 60 ? 0 : config->gc.quiet_minutes * 60 - ago;
}

static int pause_ms(int64_t ms, struct err *err)
{
	struct pollfd stop = { .fd = stop_signal_fd(), .events = POLLIN };

	/* Cut short by any other signal, it is a shorter pause. */
	if (stop_signal_count() == 0)
		(void)poll(&stop, 1, (int)ms);
	if (stop_signal_count() == 0)
		return 0;
	return err_set(err, ERR_STOPPED, "stopped by signal %d; the collection stays owed",
		       stop_signal());
}

static void tell_held(const struct config *config, const struct uploads *uploads, bool last)
{
	char text[TIME_TEXT];

	time_local(uploads->newest, text);
	if (last)
		log_warning("%s: an upload was written to at %s, less than %ld minute%s ago, so "
			    "nothing is collected now; the collection stays owed",
			    uploads->newest_repository, text, config->gc.quiet_minutes,
			    units_s((uint64_t)config->gc.quiet_minutes));
	else
		log_info("%s: an upload was written to at %s; waiting until there was none for "
			 "%ld minute%s",
			 uploads->newest_repository, text, config->gc.quiet_minutes,
			 units_s((uint64_t)config->gc.quiet_minutes));
}

/* Until it could be quiet or UNTIL_MS comes, whichever is first. */
static int64_t pause_of(int64_t seconds, int64_t left_ms)
{
	int64_t ms = seconds < left_ms / 1000 ? seconds * 1000 : left_ms;

	if (ms < PAUSE_MS_MIN)
		ms = PAUSE_MS_MIN;
	return ms < left_ms ? ms : left_ms;
}

int wait_idle(const struct quiet_place *place, int64_t until_ms, enum quiet *quiet, struct err *err)
{
	const struct config *config = place->config;
	struct uploads uploads;

	for (*quiet = QUIET_NOW; config->gc.quiet_minutes > 0; *quiet = QUIET_WAITED) {
		struct err why = { 0 };
		int64_t seconds, left_ms;

		if (look(place, &uploads, &why) < 0) {
			if (why.kind == ERR_STOPPED) {
				*err = why;
				return -1;
			}
			log_warning("whether anybody uploads cannot be seen, so nothing is "
				    "collected now; the collection stays owed: %s",
				    why.msg);
			*quiet = QUIET_NEVER;
			return 0;
		}
		seconds = seconds_left(config, &uploads);
		left_ms = until_ms - time_monotonic_ms();
		if (seconds == 0)
			return 0;
		if (left_ms <= 0) {
			tell_held(config, &uploads, true);
			*quiet = QUIET_NEVER;
			return 0;
		}
		if (*quiet == QUIET_NOW)
			tell_held(config, &uploads, false);
		progress("waiting until nobody uploads");
		if (pause_ms(pause_of(seconds, left_ms), err) < 0)
			return -1;
		progress_end();
	}
	return 0;
}
