/* When a place that answers nothing any more is given up: a pure rule. */
#include "http/silence.h"

enum silence_sign silence_sign(enum http_failure failure, int status, bool head)
{
	switch (failure) {
	case HTTP_ANSWERED:
		return status < 502 ? SILENCE_BREAKS : SILENCE_GROWS;
	case HTTP_TIMED_OUT:
		return SILENCE_GROWS;
	case HTTP_CUT:
		return head ? SILENCE_NO_SIGN : SILENCE_GROWS;
	default:
		return SILENCE_NO_SIGN;
	}
}

void silence_break(struct silence *silence, int64_t now)
{
	*silence = (struct silence){ .broken = silence->broken + 1, .broken_ms = now };
}

static bool is_over(const struct silence *silence, int64_t least_ms)
{
	int64_t lasted = silence->last_ms - silence->began_ms;

	return silence->requests >= SILENCE_REQUESTS && lasted >= least_ms &&
	       (silence->rounds >= SILENCE_ROUNDS ||
		(silence->rounds >= SILENCE_LONG_ROUNDS && lasted >= SILENCE_LONG_MS));
}

bool silence_grow(struct silence *silence, const struct silence_try *try)
{
	int64_t least_ms =
		try->retry_ms > SILENCE_SHORTEST_MS ? try->retry_ms : SILENCE_SHORTEST_MS;

	if (silence->requests > 0 && try->tried_ms - silence->last_ms > least_ms)
		silence_break(silence, try->tried_ms);
	if (silence->requests == 0 || try->tried_ms < silence->began_ms)
		silence->began_ms =
			try->tried_ms > silence->broken_ms ? try->tried_ms : silence->broken_ms;
	if (*try->mark != silence->broken + 1)
		silence->requests++;
	*try->mark = silence->broken + 1;
	if (silence->rounds == 0 || try->tried_ms >= silence->round_ms) {
		silence->rounds++;
		silence->round_ms = try->now;
	}
	silence->last_ms = try->now;
	return is_over(silence, least_ms);
}
