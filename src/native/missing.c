/* Which layer links are missing: a whole manifest needs a blob that is there, and its repository
 * has no link for it. */
#include "native/marking.h"
#include "storage/layout.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct search {
	struct native_marking *marking;
	uint32_t *stamps; /* by number: one more than the place that is known to have a link */
	size_t capacity;  /* of the missing ones */
};

static bool is_stored(const struct native_marking *marking, uint32_t number)
{
	char path[LAYOUT_BLOB_PATH], text[DIGEST_TEXT];
	struct stat status;
	bool stored = false;
	int fd = -1;

	if (!(marking->own->nodes[number].flags & NATIVE_STORED))
		return false;
	layout_blob_path(native_digests_text(marking->marks->digests, number, text), path);
	fd = native_store_openat(native_store_fd(marking->store), path, O_PATH);
	if (fd < 0)
		return false;
	stored = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	close(fd);
	return stored;
}

/* What NUMBER is stored as, or NATIVE_NONE. */
static uint32_t stored_as(const struct native_marking *marking, uint32_t number)
{
	if (is_stored(marking, number))
		return number;
	for (size_t i = native_aliases_first(marking, number);
	     i < marking->alias_count && marking->aliases[i].a == number; i++) {
		if (is_stored(marking, marking->aliases[i].b))
			return marking->aliases[i].b;
	}
	return NATIVE_NONE;
}

static void look_at(struct search *search, size_t place, uint32_t ref)
{
	struct native_marks *marks = search->marking->marks;
	uint32_t named = ref & NATIVE_REF_NUMBER, stored = 0;
	struct native_missing missing = { .repository = (uint32_t)place, .named = named };

	if ((ref & NATIVE_REF_CHILD) || search->stamps[named] == place + 1)
		return;
	search->stamps[named] = (uint32_t)place + 1;
	stored = stored_as(search->marking, named);
	if (stored == NATIVE_NONE)
		return;
	missing.stored = stored;
	missing.foreign = (ref & NATIVE_REF_FOREIGN) != 0;
	GROW(marks->missing, marks->missing_count, search->capacity);
	marks->missing[marks->missing_count++] = missing;
}

static void look_at_place(struct search *search, size_t index)
{
	const struct native_marks_own *own = search->marking->own;
	const struct native_place *place = &search->marking->places[index];

	for (size_t i = 0; i < place->link_count; i++)
		search->stamps[place->links[i].a] = (uint32_t)index + 1;
	for (size_t i = 0; i < place->revision_count; i++) {
		struct native_node node = own->nodes[place->revisions[i].stored];

		for (uint32_t j = 0; node.state == NATIVE_WHOLE && j < node.count; j++)
			look_at(search, index, own->refs[node.first + j]);
	}
}

void native_missing_find(struct native_marking *marking)
{
	struct search search = { .marking = marking };

	search.stamps = xcalloc((size_t)native_digests_count(marking->marks->digests) + 1,
				sizeof *search.stamps);
	for (size_t i = 0; i < marking->place_count; i++)
		look_at_place(&search, i);
	free(search.stamps);
}
