/* The places that a registry redirects to, and what is known of them. */
#include "http/targets.h"

#include "util/secrets.h"
#include "util/xalloc.h"

#include <string.h>
#include <strings.h>

#define LONGEST_TOLD 100

struct target {
	char *place;         /* scheme, host and port */
	int64_t answered_ms; /* the last time; -1: never */
	struct silence silence;
	char *why; /* it is given up, or NULL */
};

void targets_free(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		free(targets->items[i].place);
		free(targets->items[i].why);
	}
	free(targets->items);
	*targets = (struct targets){ 0 };
}

char *targets_place(const char *url)
{
	const char *scheme_end = strstr(url, "://");
	const char *authority = scheme_end ? scheme_end + 3 : url;
	size_t length = strcspn(authority, "/?#");
	const char *at = memrchr(authority, '@', length);
	const char *host = at ? at + 1 : authority;

	return xasprintf("%.*s%.*s", (int)(authority - url), url, (int)(authority + length - host),
			 host);
}

char *targets_told(const char *url)
{
	char *place = targets_place(url);

	secrets_mask(place);
	if (strlen(place) > LONGEST_TOLD)
		place[LONGEST_TOLD] = '\0';
	return place;
}

bool targets_same(const char *a, const char *b)
{
	CLEANUP(free_p) char *place = targets_place(a);
	CLEANUP(free_p) char *other = targets_place(b);

	return strcasecmp(place, other) == 0;
}

static struct target *find(const struct targets *targets, const char *url)
{
	for (size_t i = 0; i < targets->count; i++)
		if (targets_same(targets->items[i].place, url))
			return &targets->items[i];
	return NULL;
}

/* NULL when there are too many. */
static struct target *find_or_add(struct targets *targets, const char *url)
{
	struct target *target = find(targets, url);

	if (target || targets->count == TARGETS_MOST)
		return target;
	GROW(targets->items, targets->count, targets->capacity);
	target = &targets->items[targets->count++];
	*target = (struct target){ .place = targets_place(url), .answered_ms = -1 };
	return target;
}

void targets_answered(struct targets *targets, const char *url, int64_t now)
{
	struct target *target = find_or_add(targets, url);

	if (!target)
		return;
	target->answered_ms = now;
	silence_break(&target->silence, now);
	free(target->why);
	target->why = NULL;
}

bool targets_known(const struct targets *targets, const char *url)
{
	const struct target *target = find(targets, url);

	return target && target->answered_ms >= 0;
}

bool targets_silent(struct targets *targets, const char *url, const struct silence_try *try)
{
	struct target *target = find_or_add(targets, url);

	return target && silence_grow(&target->silence, try);
}

bool targets_give_up(struct targets *targets, const char *url, int64_t since_ms, const char *why)
{
	struct target *target = find_or_add(targets, url);

	if (!target || target->why || target->answered_ms >= since_ms)
		return false;
	target->why = xstrdup(why);
	return true;
}

const char *targets_given_up(const struct targets *targets, const char *url)
{
	const struct target *target = find(targets, url);

	return target ? target->why : NULL;
}
