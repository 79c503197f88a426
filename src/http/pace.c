/* How many requests may be in flight at a time: a pure rule. */
#include "http/pace.h"

#include <stdbool.h>

struct pace pace_begin(unsigned most)
{
	return (struct pace){ .most = most, .allowed = most };
}

static bool is_too_much(enum http_failure failure, int status)
{
	return failure == HTTP_TIMED_OUT ||
	       (failure == HTTP_ANSWERED && (status == 429 || status == 503 || status == 504));
}

void pace_see(struct pace *pace, enum http_failure failure, int status)
{
	if (is_too_much(failure, status)) {
		pace->allowed = pace->allowed > 1 ? pace->allowed / 2 : 1;
		pace->successes = 0;
		return;
	}
	if (failure != HTTP_ANSWERED || status >= 500 || pace->allowed == pace->most)
		return;
	if (++pace->successes >= pace->allowed) {
		pace->allowed++;
		pace->successes = 0;
	}
}
