/* Finds what contradicts itself: each repository gets the first reason why it is unclear. */
#include "native/body.h"
#include "native/marking.h"
#include "registry/api.h"
#include "util/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* By which other digest is NUMBER stored? NATIVE_NONE: none. */
static bool is_resolved(const struct native_marking *marking, uint32_t number)
{
	size_t alias = native_aliases_first(marking, number);

	return (marking->own->nodes[number].flags & NATIVE_STORED) ||
	       (alias < marking->alias_count && marking->aliases[alias].a == number);
}

/* A reference by another algorithm than the one that blobs are stored by. */
static void check_ref(struct native_marking *marking, uint32_t number, uint32_t ref)
{
	const struct native_digests *digests = marking->marks->digests;
	uint32_t target = ref & NATIVE_REF_NUMBER;
	char text[DIGEST_TEXT], needed[DIGEST_TEXT];

	if (native_digests_canonical(digests, target) || (ref & NATIVE_REF_FOREIGN) ||
	    is_resolved(marking, target))
		return;
	native_marking_fault(marking, number,
			     xasprintf("manifest %s: it refers to %s, to which no link leads",
				       native_digests_text(digests, number, text),
				       native_digests_text(digests, target, needed)));
	marking->own->nodes[number].state = NATIVE_DOUBTFUL;
}

static void check_refs(struct native_marking *marking)
{
	const struct native_marks_own *own = marking->own;

	for (uint32_t i = 0; i < native_digests_count(marking->marks->digests); i++) {
		for (uint32_t j = 0; j < own->nodes[i].count; j++)
			check_ref(marking, i, own->refs[own->nodes[i].first + j]);
	}
}

/* Children and their parents, sorted by child. */
struct parents {
	struct native_pair *list;
	size_t count, capacity;
};

static int compare_children(const void *left, const void *right)
{
	const struct native_pair *a = left, *b = right;

	return (a->a > b->a) - (a->a < b->a);
}

static void find_parents(const struct native_marking *marking, struct parents *parents)
{
	const struct native_marks_own *own = marking->own;

	for (uint32_t i = 0; i < native_digests_count(marking->marks->digests); i++) {
		for (uint32_t j = 0; j < own->nodes[i].count; j++) {
			uint32_t ref = own->refs[own->nodes[i].first + j];
			struct native_pair pair = { ref & NATIVE_REF_NUMBER, i };

			if (!(ref & NATIVE_REF_CHILD))
				continue;
			GROW(parents->list, parents->count, parents->capacity);
			parents->list[parents->count++] = pair;
		}
	}
	if (parents->count > 0)
		qsort(parents->list, parents->count, sizeof *parents->list, compare_children);
}

static size_t first_parent(const struct parents *parents, uint32_t child)
{
	size_t low = 0, high = parents->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (parents->list[middle].a < child)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What is wrong with a child is wrong with its index. A child that is not there at all is not: a
 * registry may have only some of the platforms. */
static void raise_faults(struct native_marking *marking)
{
	struct parents parents = { 0 };

	if (marking->fault_count == 0)
		return;
	find_parents(marking, &parents);
	/* The list grows while it is gone through; a manifest is added to it once. */
	for (size_t i = 0; i < marking->fault_count; i++) {
		uint32_t child = marking->faults[i].number;

		if (marking->own->nodes[child].state == NATIVE_ABSENT)
			continue;
		for (size_t j = first_parent(&parents, child);
		     j < parents.count && parents.list[j].a == child; j++) {
			uint32_t parent = parents.list[j].b;

			native_marking_fault(marking, parent, xstrdup(marking->faults[i].text));
			if (marking->own->nodes[parent].state == NATIVE_WHOLE)
				marking->own->nodes[parent].state = NATIVE_DOUBTFUL;
		}
	}
	free(parents.list);
}

static void check_revisions(struct native_marking *marking, struct native_place *place)
{
	for (size_t i = 0; i < place->revision_count && !place->unclear; i++) {
		const char *fault = native_marking_fault_of(marking, place->revisions[i].stored);

		if (fault)
			native_marking_unclear(marking, place, xstrdup(fault));
	}
}

/* STAMPS, by number: one more than the index of the place that was seen to have it last. */
static void check_tags(struct native_marking *marking, size_t index, uint32_t *stamps)
{
	struct native_place *place = &marking->places[index];
	const struct native_folder *names = &place->listing->folders[NATIVE_FOLDERS - 1];
	char text[DIGEST_TEXT];

	for (size_t i = 0; i < place->revision_count; i++)
		stamps[place->revisions[i].named] = stamps[place->revisions[i].stored] =
			(uint32_t)index + 1;
	for (size_t i = 0; i < place->tag_count && !place->unclear; i++) {
		uint32_t number = place->tags[i];

		if (number == NATIVE_NONE || stamps[number] == index + 1)
			continue;
		native_marking_unclear(
			marking, place,
			xasprintf("tag %s: it has no revision link for %s",
				  native_folder_tag(names, i),
				  native_digests_text(marking->marks->digests, number, text)));
	}
}

static void check_place(struct native_marking *marking, size_t index, uint32_t *stamps)
{
	struct native_place *place = &marking->places[index];

	if (!api_repository_valid(place->name))
		native_marking_unclear(marking, place, xstrdup("no repository can have this name"));
	if (place->manifests && !place->layers)
		native_marking_unclear(marking, place,
				       xstrdup("it has _manifests, but not _layers"));
	check_revisions(marking, place);
	check_tags(marking, index, stamps);
}

void native_judge(struct native_marking *marking)
{
	uint32_t *stamps =
		xcalloc((size_t)native_digests_count(marking->marks->digests) + 1, sizeof *stamps);

	native_aliases_sort(marking);
	check_refs(marking);
	raise_faults(marking);
	for (size_t i = 0; i < marking->place_count; i++)
		check_place(marking, i, stamps);
	free(stamps);
}
