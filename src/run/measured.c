/* Measures by the folder, or by du in the container. */
#include "run/measured.h"

#include "config/config.h"
#include "gc/gc.h"
#include "measure/measure.h"
#include "run/context.h"
#include "session/verification.h"
#include "storage/layout.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>

static const char *const *exec_prefix(const struct run *run)
{
	return (const char *const *)run->config->registry.exec.items;
}

/* Of the first measurement of a run alone. */
static void tell_unreadable(const struct run *run, const struct measurement *measured,
			    const char *remedy)
{
	if (measured->unreadable && measured == &run->report.before)
		log_warning("%" PRIu64 " part%s of the storage could not be read (%s); its figures "
			    "are too low: %s",
			    measured->unreadable, units_s(measured->unreadable),
			    measured->first_unreadable, remedy);
}

/* By the folder if we have it, else by du in the container, unless there is no folder; unavailable
 * is a warning, stopped is -1. */
static int measure(struct run *run, struct measurement *measured, struct err *err)
{
	const struct config *config = run->config;
	const struct session *session = &run->session;
	CLEANUP(free_p) char *place = NULL;
	struct err why = { 0 };

	progress("measuring the storage");
	if (session->layout && session->trust != STORAGE_REFUTED) {
		if (measure_folder(config->paths.host_storage, measured, &why) == 0) {
			tell_unreadable(run, measured, "run as root");
			return 0;
		}
		if (why.kind == ERR_STOPPED) {
			*err = why;
			return -1;
		}
		log_warning("the storage cannot be measured here: %s", why.msg);
	}
	if (!config->paths.storage[0] || server_config_has_no_folder(&session->server))
		return 0;
	/* While the driver is not known, the folder may be none of a registry. */
	place = xasprintf("%s%s", config->paths.storage,
			  session->server.driver[0] ? "" : "/" LAYOUT_FOLDER);
	if (measure_by_du(exec_prefix(run), place, measured, &why) < 0)
		log_info("the storage cannot be measured through the container: %s", why.msg);
	else
		tell_unreadable(run, measured,
				"let registry.exec run as root (docker exec -u 0, say)");
	return 0;
}

static bool was_removed(const void *ctx, const char *repository, const char *digest)
{
	return gc_removed(ctx, repository, digest);
}

/* Only where everything that we began has come to its end, and what is there now can be seen. */
static bool can_verify(const struct run *run)
{
	const struct outcome *outcome = &run->outcome;
	const struct gc_result *gc = &run->report.gc;
	bool changed = gc->ran || outcome->tags_deleted > 0 || outcome->manifests_deleted > 0 ||
		       run->report.repositories_removed.count > 0;

	return changed && run->apply.end != APPLY_STALE && !outcome->end_unknown &&
	       !gc->end_unknown && stop_signal_count() == 0;
}

int run_verify(struct run *run, struct err *err)
{
	const struct verify_past past = { .before = run->session.inventory,
					  .removed = was_removed,
					  .ctx = &run->report.gc };
	struct err why = { 0 };
	size_t errors = 0;

	if (!can_verify(run))
		return 0;
	run->verified = verification_inventory(&run->session);
	if (verification_read(&run->session, run->verified, &why) == 0 &&
	    verification_run(&run->session, run->verified, &past, false, &run->report.verification,
			     &errors, &why) == 0) {
		run->report.verified = run->verified;
		run->report.errors += errors;
		return 0;
	}
	if (why.kind == ERR_STOPPED) {
		*err = why;
		return -1;
	}
	run->report.errors++;
	log_error("whether all tags are whole could not be verified: %s", why.msg);
	return 0;
}

int run_measured(struct run *run, run_work work, struct err *err)
{
	struct err why = { 0 };
	int result;

	if (!time_is_up(run->until_ms) && measure(run, &run->report.before, err) < 0)
		return -1;
	progress_end();
	result = work(run, err);
	if (run->report.before.allocated != MEASURE_UNKNOWN && !run->out_of_time)
		(void)!measure(run, &run->report.after, &why);
	progress_end();
	if (run->out_of_time)
		log_info("time is up: what is there now is not verified; clean-registry verify "
			 "does");
	else if (run_verify(run, result < 0 ? &why : err) < 0) /* the first error is kept */
		return -1;
	return result;
}
