/* Causes and places are numbered by their texts. */
#include "util/causes.h"

#include "util/buf.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct group {
	char *place, *what;
	size_t count, places;
};

struct causes {
	struct strtab *whys;   /* by number of group */
	struct strtab *places; /* number of group and name, each once */
	struct group *groups;
	size_t count, capacity;
};

struct causes *causes_new(void)
{
	struct causes *causes = xcalloc(1, sizeof *causes);

	causes->whys = strtab_new();
	causes->places = strtab_new();
	return causes;
}

static void clear(struct causes *causes)
{
	for (size_t i = 0; i < causes->count; i++) {
		free(causes->groups[i].place);
		free(causes->groups[i].what);
	}
	free(causes->groups);
	strtab_free(causes->whys);
	strtab_free(causes->places);
}

void causes_free(struct causes *causes)
{
	if (!causes)
		return;
	clear(causes);
	free(causes);
}

void causes_add(struct causes *causes, const char *place, const char *what, const char *why)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	uint32_t places = strtab_count(causes->places);
	uint32_t number = strtab_add(causes->whys, why, strlen(why));
	struct group *group;

	if (number == causes->count) {
		GROW(causes->groups, causes->count, causes->capacity);
		causes->groups[causes->count++] =
			(struct group){ .place = xstrdup(place), .what = xstrdup(what) };
	}
	group = &causes->groups[number];
	group->count++;
	buf_format(&key, "%u %s", (unsigned)number, place);
	strtab_add(causes->places, buf_string(&key), key.length);
	group->places += strtab_count(causes->places) > places;
}

size_t causes_tell(struct causes *causes, size_t most, void (*tell)(const struct cause *cause))
{
	size_t untold = 0;

	for (uint32_t i = 0; i < causes->count; i++) {
		const struct group *group = &causes->groups[i];
		struct cause cause = { strtab_text(causes->whys, i), group->place, group->what,
				       group->count, group->places };

		if (i < most)
			tell(&cause);
		else
			untold += cause.count;
	}
	clear(causes);
	*causes = (struct causes){ .whys = strtab_new(), .places = strtab_new() };
	return untold;
}
