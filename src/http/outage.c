/* Connections that fail one after the other, and when to try one again. */
#include "http/outage.h"

#include "http/retry.h"

#include <stddef.h>

void outage_end(struct outage *outage)
{
	*outage = (struct outage){ 0 };
}

bool outage_grow(struct outage *outage, const void *who, int64_t now, int64_t limit_ms,
		 bool permanent, double random)
{
	struct retry_question question = { .failure = HTTP_NO_CONNECTION,
					   .limit_ms = limit_ms,
					   .retry_after_ms = -1,
					   .random = random };
	int64_t pause;

	if (outage->holding && outage->probe != who)
		return false;
	if (outage->failures++ == 0)
		outage->began_ms = now;
	question.attempts = outage->failures;
	question.elapsed_ms = now - outage->began_ms;
	pause = retry_pause_ms(&question);
	outage->holding = pause >= 0 && !permanent;
	outage->next_probe_ms = now + pause;
	return true;
}

bool outage_lets(const struct outage *outage, int64_t now)
{
	return !outage->holding || (!outage->probe && now >= outage->next_probe_ms);
}
