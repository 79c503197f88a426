/* An array that grows, without holes to be hashed into. */
#include "inventory/by_digest.h"

#include "util/xalloc.h"

#include <string.h>

uint32_t by_digest_get(const struct by_digest *numbers, uint32_t digest)
{
	return digest < numbers->room ? numbers->items[digest] : BY_DIGEST_NONE;
}

void by_digest_set(struct by_digest *numbers, uint32_t digest, uint32_t number)
{
	if (digest >= numbers->room) {
		size_t room = ((size_t)digest + 1) * 2;

		numbers->items = xreallocarray(numbers->items, room, sizeof *numbers->items);
		memset(numbers->items + numbers->room, 0xff,
		       (room - numbers->room) * sizeof *numbers->items);
		numbers->room = room;
	}
	numbers->items[digest] = number;
}
