/* One reading of a list, and whether two agree. */
#include "scaleway/reading.h"

#include "util/strtab.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void scaleway_reading_begin(struct scaleway_reading *reading)
{
	*reading = (struct scaleway_reading){ .ids = strtab_new(),
					      .names = strtab_new(),
					      .total = -1 };
}

void scaleway_reading_clear(struct scaleway_reading *reading)
{
	for (size_t i = 0; i < reading->count; i++)
		scaleway_object_clear(&reading->items[i]);
	free(reading->items);
	strtab_free(reading->ids);
	strtab_free(reading->names);
	*reading = (struct scaleway_reading){ 0 };
}

/* True when no other entry of the same parent has its name. */
static bool add_name(struct scaleway_reading *reading, const struct scaleway_object *object)
{
	CLEANUP(free_p)
	char *key = xasprintf("%s/%s", object->parent ? object->parent : "", object->name);
	uint32_t known = strtab_count(reading->names);

	return strtab_add(reading->names, key, strlen(key)) == known;
}

/* Takes OBJECT, which is empty then, unless it is there already. */
static void add(struct scaleway_reading *reading, struct scaleway_object *object,
		char fault[READING_FAULT])
{
	uint32_t number = strtab_add(reading->ids, object->id, strlen(object->id));

	if (number < reading->count) {
		if (!scaleway_object_same(&reading->items[number], object))
			(void)snprintf(fault, READING_FAULT, "%s %.100s changed while it was read",
				       scaleway_kind_name(object->kind), object->name);
		return;
	}
	if (!add_name(reading, object))
		(void)snprintf(fault, READING_FAULT, "two %ss are named %.100s",
			       scaleway_kind_name(object->kind), object->name);
	GROW(reading->items, reading->count, reading->capacity);
	reading->items[reading->count++] = *object;
	*object = (struct scaleway_object){ 0 };
}

static void add_total(struct scaleway_reading *reading, int64_t total, char fault[READING_FAULT])
{
	if (total >= 0 && reading->total >= 0 && total != reading->total)
		(void)snprintf(fault, READING_FAULT,
			       "its pages tell different numbers of entries (%" PRId64
			       " and %" PRId64 ")",
			       reading->total, total);
	if (total >= 0)
		reading->total = total;
}

/* A page past the end has been reached, or what stands for it. */
static bool end(const struct scaleway_reading *reading, char fault[READING_FAULT])
{
	if (reading->total >= 0 && (uint64_t)reading->total != reading->count)
		(void)snprintf(fault, READING_FAULT,
			       "it has %zu entries, but tells that there are %" PRId64,
			       reading->count, reading->total);
	return false;
}

bool scaleway_reading_add(struct scaleway_reading *reading, struct scaleway_page *page,
			  char fault[READING_FAULT])
{
	size_t before = reading->count;

	fault[0] = '\0';
	/* Past the end a page may tell any number. */
	if (page->count > 0 || before == 0)
		add_total(reading, page->total, fault);
	for (size_t i = 0; i < page->count && !fault[0]; i++)
		add(reading, &page->items[i], fault);
	if (fault[0])
		return false;
	if (page->count == 0)
		return end(reading, fault);
	if (reading->count == before) {
		(void)snprintf(fault, READING_FAULT,
			       "a page has nothing that was not on one before it");
		return false;
	}
	if (reading->total >= 0 &&
	    ((uint64_t)reading->total < reading->count ||
	     (page->count < READING_PAGE_SIZE && (uint64_t)reading->total == reading->count)))
		return end(reading, fault);
	return true;
}

bool scaleway_reading_same(const struct scaleway_reading *a, const struct scaleway_reading *b,
			   char why[READING_FAULT])
{
	why[0] = '\0';
	for (size_t i = 0; i < b->count && !why[0]; i++) {
		const struct scaleway_object *object = &b->items[i];
		uint32_t number = strtab_find(a->ids, object->id, strlen(object->id));

		if (number == STRTAB_NONE || !scaleway_object_same(&a->items[number], object))
			(void)snprintf(why, READING_FAULT,
				       "%s %.100s came or changed between two readings",
				       scaleway_kind_name(object->kind), object->name);
	}
	if (!why[0] && a->count != b->count)
		(void)snprintf(why, READING_FAULT, "one reading has %zu entries, the next one %zu",
			       a->count, b->count);
	return !why[0];
}
