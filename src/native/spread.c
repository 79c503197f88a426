/* Marks: from what repositories link to everything below it. */
#include "native/marking.h"
#include "util/xalloc.h"

#include <stdlib.h>

/* Marked, and what is below not yet. */
struct waiting {
	struct native_marking *marking;
	uint32_t *list;
	size_t count, capacity;
};

static void mark(struct waiting *waiting, uint32_t number)
{
	struct native_node *node = &waiting->marking->own->nodes[number];

	if (node->flags & NATIVE_MARKED)
		return;
	node->flags |= NATIVE_MARKED;
	GROW(waiting->list, waiting->count, waiting->capacity);
	waiting->list[waiting->count++] = number;
}

static void mark_below(struct waiting *waiting, uint32_t number)
{
	const struct native_marking *marking = waiting->marking;
	const struct native_marks_own *own = marking->own;
	struct native_node node = own->nodes[number];

	for (uint32_t i = 0; i < node.count; i++)
		mark(waiting, own->refs[node.first + i] & NATIVE_REF_NUMBER);
	for (size_t i = native_aliases_first(marking, number);
	     i < marking->alias_count && marking->aliases[i].a == number; i++)
		mark(waiting, marking->aliases[i].b);
}

static void mark_place(struct waiting *waiting, const struct native_place *place)
{
	for (size_t i = 0; i < place->revision_count; i++) {
		mark(waiting, place->revisions[i].named);
		mark(waiting, place->revisions[i].stored);
	}
	for (size_t i = 0; i < place->tag_count; i++) {
		if (place->tags[i] != NATIVE_NONE)
			mark(waiting, place->tags[i]);
	}
	for (size_t i = 0; place->unclear && i < place->link_count; i++) {
		mark(waiting, place->links[i].a);
		mark(waiting, place->links[i].b);
	}
}

void native_spread(struct native_marking *marking)
{
	struct waiting waiting = { .marking = marking };

	for (size_t i = 0; i < marking->place_count; i++)
		mark_place(&waiting, &marking->places[i]);
	while (waiting.count > 0)
		mark_below(&waiting, waiting.list[--waiting.count]);
	free(waiting.list);
}
