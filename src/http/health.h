/* What the tries so far tell about the registry, and about the places that it redirects to. Private
 * to src/http. */
#ifndef HTTP_HEALTH_H
#define HTTP_HEALTH_H

#include "http/outage.h"
#include "http/pace.h"
#include "http/silence.h"
#include "http/targets.h"
#include "http/transfer.h"
#include "util/err.h"

struct health {
	struct pace pace;
	struct outage outage;
	struct silence silence;
	struct targets targets;
};

struct health_limits {
	int64_t retry_ms; /* how long an outage is waited out */
	double random;    /* as in retry.h */
};

/* Takes note of what the try of TRANSFER came to. A place that was redirected to and that is silent
 * for good is given up, which is told once. -1 (ERR_UNREACHABLE): there is no use in sending
 * anything more. */
int health_see(struct health *health, const struct transfer *transfer,
	       const struct http_response *response, struct health_limits limits, struct err *err)
	__attribute__((warn_unused_result));
/* RESPONSE is the last word on its request. If it says that the place that was redirected to cannot
 * be reached or trusted, that is told once, and TARGETS know it from now on. */
void health_give_up(struct health *health, const struct transfer *transfer,
		    const struct http_response *response);

#endif
