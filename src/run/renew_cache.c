/* gc.restart, and the wait for an answer. */
#include "run/renew_cache.h"

#include "config/config.h"
#include "gc/gc.h"
#include "http/engine.h"
#include "run/context.h"
#include "session/health.h"
#include "util/log.h"

int renew_cache(struct run *run, const char *after)
{
	struct err err = { 0 };

	if (run->config->gc.restart.count == 0)
		return 0;
	if (gc_restart(run->config, &err) < 0 ||
	    health_await(run->config, http_by_token(run->session.http), &err) < 0) {
		run->report.errors++;
		log_error("%s: %s", after, err.msg);
		return -1;
	}
	run->door_used = false;
	log_info("the registry answers again");
	return 0;
}
