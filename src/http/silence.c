/* When a registry that answers nothing any more is given up: a pure rule. */
#include "http/silence.h"

void silence_break(struct silence *silence)
{
	*silence = (struct silence){ .broken = silence->broken + 1 };
}

bool silence_grow(struct silence *silence, uint64_t *mark, int64_t tried_ms, int64_t now)
{
	if (silence->requests == 0 || tried_ms < silence->began_ms)
		silence->began_ms = tried_ms;
	if (*mark != silence->broken + 1)
		silence->requests++;
	*mark = silence->broken + 1;
	if (silence->rounds == 0 || tried_ms >= silence->round_ms) {
		silence->rounds++;
		silence->round_ms = now;
	}
	return silence->requests >= SILENCE_REQUESTS &&
	       (silence->rounds >= SILENCE_ROUNDS || (silence->rounds >= SILENCE_LONG_ROUNDS &&
						      now - silence->began_ms >= SILENCE_LONG_MS));
}
