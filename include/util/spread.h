/* A sample at even distances. */
#ifndef UTIL_SPREAD_H
#define UTIL_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

/* Whether item NUMBER (from 0) of COUNT is taken into a sample of at most MOST; of COUNT items
 * exactly MOST are taken, or all where there are fewer. COUNT is not 0 where there is an item. */
static inline bool spread_takes(size_t number, size_t count, size_t most)
{
	return count > 0 && number * most / count != (number + 1) * most / count;
}

#endif
