/* Undone is sooner done than gone on with: the next collection does it again. */
#include "run/native_recovery.h"

#include "native/collect.h"
#include "run/native_ready.h"
#include "session/native_left.h"
#include "util/log.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <time.h>
#include <unistd.h>

char *native_recovery_run_name(void)
{
	time_t now = time(NULL);
	struct tm parts;
	char text[32] = "";

	if (gmtime_r(&now, &parts))
		strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
	return xasprintf("%s-%ld", text, (long)getpid());
}

int native_recovery(const struct config *config, struct state *state, struct err *err)
{
	CLEANUP(free_p) char *name = native_recovery_run_name();
	CLEANUP(native_left_clear) struct native_left left;
	struct native_recovered done = { 0 };
	int found = native_left_find(config, state, &left, err);
	struct native_collection collection = { .store = left.store,
						.state = state,
						.run = name,
						.grace_seconds =
							native_ready_grace_seconds(config) };

	if (found <= 0)
		return found;
	if (native_recover(&collection, &done, err) < 0)
		return err_wrap(err, "what an interrupted collection took is not all back");
	log_info("put back what an interrupted collection took: %zu link%s of layers, and %zu "
		 "blob%s from the trash",
		 done.links, units_s(done.links), done.blobs, units_s(done.blobs));
	return 1;
}

int native_recovery_tell(const struct config *config, const struct state *state, struct err *err)
{
	CLEANUP(native_left_clear) struct native_left left;
	int found = native_left_find(config, state, &left, err);

	if (found > 0)
		log_warning("a collection was interrupted: layers may be without their links, or "
			    "in the trash; the next run, or clean-registry recover, puts them back "
			    "before anything else");
	return found < 0 ? -1 : 0;
}
