/* When a request is sent again: a pure table. */
#include "http/retry.h"

#include "util/time.h"
#include "util/units.h"

#include <stdbool.h>
#include <string.h>

#define FIRST_PAUSE_MS   200
#define LONGEST_PAUSE_MS 10000
#define ALWAYS           UINT32_MAX
#define SHORT_ATTEMPTS   3

/* How many attempts a status is worth; those that are not listed are worth one. */
static const struct {
	int status;
	unsigned reads, writes;
} ATTEMPTS[] = {
	{ 408, ALWAYS, 1 }, { 429, ALWAYS, ALWAYS }, { 500, 3, 1 },
	{ 502, ALWAYS, 1 }, { 503, ALWAYS, 1 },      { 504, ALWAYS, 1 },
};

static unsigned attempts_for_status(int status, bool writes)
{
	for (size_t i = 0; i < sizeof ATTEMPTS / sizeof *ATTEMPTS; i++)
		if (ATTEMPTS[i].status == status)
			return writes ? ATTEMPTS[i].writes : ATTEMPTS[i].reads;
	return 1;
}

static unsigned attempts_allowed(const struct retry_question *question)
{
	bool writes = question->method == HTTP_DELETE || question->method == HTTP_PUT;

	if (question->verdict.again != HTTP_AGAIN_USUAL)
		return question->verdict.again == HTTP_AGAIN_YES ? ALWAYS : 1;
	switch (question->failure) {
	case HTTP_ANSWERED:
		return attempts_for_status(question->status, writes);
	case HTTP_NO_CONNECTION:
		return ALWAYS;
	case HTTP_TIMED_OUT:
	case HTTP_CUT:
		return writes ? 1 : ALWAYS;
	case HTTP_SHORT:
		/* A registry that lost a blob's data goes on announcing it: it does not heal. */
		return SHORT_ATTEMPTS;
	case HTTP_EXPIRED:
	case HTTP_NO_TOKEN:
	case HTTP_TOO_LARGE:
	case HTTP_ABANDONED:
		break;
	}
	return 1;
}

static int64_t usual_pause(unsigned attempts, double random)
{
	int64_t longest = FIRST_PAUSE_MS, half;

	for (unsigned i = 1; i < attempts && longest < LONGEST_PAUSE_MS; i++)
		longest *= 2;
	if (longest > LONGEST_PAUSE_MS)
		longest = LONGEST_PAUSE_MS;
	half = longest / 2;
	return half + (int64_t)(random * (double)half);
}

int64_t retry_pause_ms(const struct retry_question *question)
{
	bool asked = question->failure == HTTP_ANSWERED &&
		     (question->status == 429 || question->status == 503);
	int64_t pause = usual_pause(question->attempts, question->random);

	if (question->attempts >= attempts_allowed(question))
		return -1;
	/* "At once" is no pause to obey: it would let us knock without end. */
	if (question->verdict.pause_ms > 0)
		pause = question->verdict.pause_ms;
	else if (asked && question->retry_after_ms > 0)
		pause = question->retry_after_ms;
	return pause > question->limit_ms - question->elapsed_ms ? -1 : pause;
}

int64_t retry_after_parse(const char *text, int64_t now)
{
	uint64_t seconds;
	int64_t date;

	if (units_parse_u64(text, &seconds))
		return seconds > INT64_MAX / 1000 ? INT64_MAX : (int64_t)seconds * 1000;
	date = time_parse_http(text);
	if (date < 0)
		return -1;
	return date > now ? (date - now) * 1000 : 0;
}
