/* What a dry run says of an interrupted collection, and what a run calls its own. */
#include "run/native_recovery.h"

#include "session/native_left.h"
#include "util/log.h"
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
