/* The state of a mark, and small changes to it. */
#include "native/marking.h"

#include "util/xalloc.h"

#include <stdlib.h>
#include <string.h>

uint32_t native_marking_number(struct native_marking *marking, const uint8_t *bytes, size_t length)
{
	struct native_marks_own *own = marking->own;
	uint32_t number = native_digests_add_bytes(marking->marks->digests, bytes, length);
	size_t old = own->node_capacity;

	if (number >= NATIVE_REF_NUMBER)
		die_internal("too many digests");
	if (number < own->node_capacity)
		return number;
	own->node_capacity = old ? old * 2 : 1024;
	own->nodes = xreallocarray(own->nodes, own->node_capacity, sizeof *own->nodes);
	memset(own->nodes + old, 0, (own->node_capacity - old) * sizeof *own->nodes);
	return number;
}

const char *native_marking_keep(struct native_marking *marking, char *text)
{
	struct native_marks_own *own = marking->own;

	GROW(own->texts, own->text_count, own->text_capacity);
	own->texts[own->text_count++] = text;
	return text;
}

void native_marking_unclear(struct native_marking *marking, struct native_place *place, char *text)
{
	if (place->unclear)
		free(text);
	else
		place->unclear = native_marking_keep(marking, text);
}

void native_marking_foreign(struct native_marking *marking, uint64_t count, const char *where,
			    const char *name)
{
	marking->marks->foreign_names += count;
	if (count > 0 && !marking->marks->foreign_name)
		marking->marks->foreign_name =
			native_marking_keep(marking, xasprintf("%s/%s", where, name));
}

void native_marking_want(struct native_marking *marking, uint32_t number)
{
	struct native_node *node = &marking->own->nodes[number];

	if (node->state != NATIVE_UNREAD)
		return;
	node->state = NATIVE_WANTED;
	GROW(marking->queue, marking->queue_count, marking->queue_capacity);
	marking->queue[marking->queue_count++] = number;
}

void native_marking_fault(struct native_marking *marking, uint32_t number, char *text)
{
	struct native_fault fault = { number, text };

	native_marking_keep(marking, text);
	if (native_marking_fault_of(marking, number))
		return;
	GROW(marking->faults, marking->fault_count, marking->fault_capacity);
	u64map_set(marking->fault_of, number, (uint32_t)marking->fault_count);
	marking->faults[marking->fault_count++] = fault;
}

const char *native_marking_fault_of(const struct native_marking *marking, uint32_t number)
{
	uint32_t index = u64map_get(marking->fault_of, number);

	return index == U64MAP_NONE ? NULL : marking->faults[index].text;
}

static int compare_pairs(const void *left, const void *right)
{
	const struct native_pair *a = left, *b = right;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return (a->b > b->b) - (a->b < b->b);
}

void native_aliases_sort(struct native_marking *marking)
{
	if (marking->alias_count > 0)
		qsort(marking->aliases, marking->alias_count, sizeof *marking->aliases,
		      compare_pairs);
}

size_t native_aliases_first(const struct native_marking *marking, uint32_t number)
{
	size_t low = 0, high = marking->alias_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (marking->aliases[middle].a < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
