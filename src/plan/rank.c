/* Ranks by date, then by name. */
#include "plan/rank.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
	const struct plan_ranked *a = left, *b = right;

	if (a->date != b->date)
		return a->date > b->date ? -1 : 1;
	return strverscmp(b->name, a->name);
}

void plan_newest(struct plan_ranked *ranked, size_t count, uint32_t *images, uint32_t *places)
{
	uint32_t last = 0;

	qsort(ranked, count, sizeof *ranked, compare);
	for (size_t i = 0; i < count; i++) {
		uint32_t *of_image = images ? &images[ranked[i].image] : NULL;

		if (!of_image || !*of_image)
			last++;
		if (of_image && !*of_image)
			*of_image = last;
		places[ranked[i].tag] = of_image ? *of_image : last;
	}
}
