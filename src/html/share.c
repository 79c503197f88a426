/* Small groups are shown whole before large ones get more. */
#include "html/share.h"

#include <stdbool.h>

static bool fits(const size_t *counts, size_t count, size_t total, size_t each)
{
	size_t sum = 0;

	for (size_t i = 0; i < count && sum <= total; i++)
		sum += counts[i] < each ? counts[i] : each;
	return sum <= total;
}

size_t html_share(const size_t *counts, size_t count, size_t total)
{
	size_t low = 0, high = total;

	while (low < high) {
		size_t middle = high - (high - low) / 2;

		if (fits(counts, count, total, middle))
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}
