/* The pure rules of age. */
#include "native/candidates.h"

#include <stdlib.h>

#define HOUR 3600

/* A rule of seconds: what is of the same second is not older. */
static bool is_older(const struct timespec *time, const struct timespec *now, int64_t seconds)
{
	int64_t age = 0;

	if (__builtin_sub_overflow((int64_t)now->tv_sec, (int64_t)time->tv_sec, &age))
		return false;
	if (age == seconds)
		return now->tv_nsec >= time->tv_nsec;
	return age > seconds;
}

bool native_candidate_is_young(const struct native_candidate *candidate, const struct timespec *now,
			       int64_t grace_seconds)
{
	if (candidate->unreadable)
		return true;
	return grace_seconds > 0 && !is_older(&candidate->newest, now, grace_seconds);
}

bool native_is_due(int64_t since, const struct timespec *now, int64_t grace_seconds)
{
	int64_t due = 0;

	if (grace_seconds <= 0)
		return true;
	return !__builtin_add_overflow(since, grace_seconds, &due) && now->tv_sec >= due;
}

static int compare_moments(const void *one, const void *other)
{
	const int64_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

size_t native_renewed(int64_t *moments, size_t count, int64_t *last)
{
	size_t first = 0, most = 0;

	if (count < NATIVE_RENEWED_LEAST)
		return 0;
	qsort(moments, count, sizeof *moments, compare_moments);
	for (size_t i = 0; i < count; i++) {
		while (moments[i] - moments[first] > HOUR)
			first++;
		if (i - first + 1 > most) {
			most = i - first + 1;
			*last = moments[i];
		}
	}
	return most > count / 2 ? most : 0;
}
