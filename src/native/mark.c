/* Marks, stage by stage: blobs, repositories, links, manifests; then what contradicts itself, what
 * is needed, and which links are missing. */
#include "native/marks.h"

#include "native/marking.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct native_marks *new_marks(void)
{
	struct native_marks *marks = xcalloc(1, sizeof *marks);

	marks->digests = native_digests_new();
	marks->own = xcalloc(1, sizeof *marks->own);
	return marks;
}

void native_marks_free(struct native_marks *marks)
{
	if (!marks)
		return;
	for (size_t i = 0; i < marks->own->text_count; i++)
		free(marks->own->texts[i]);
	free(marks->own->texts);
	free(marks->own->nodes);
	free(marks->own->refs);
	free(marks->own);
	native_digests_free(marks->digests);
	free(marks->flags);
	free(marks->repositories);
	free(marks->links);
	free(marks->missing);
	free(marks);
}

static void clear_marking(struct native_marking *marking)
{
	for (size_t i = 0; i < marking->place_count; i++) {
		struct native_place *place = &marking->places[i];

		free(place->name);
		native_listing_free(place->listing);
		free(place->links);
		free(place->revisions);
		free(place->tags);
	}
	free(marking->places);
	free(marking->aliases);
	free(marking->faults);
	u64map_free(marking->fault_of);
	free(marking->queue);
	if (marking->repositories >= 0)
		close(marking->repositories);
}

static void hand_out_links(struct native_marks *marks, uint32_t repository,
			   const struct native_place *place)
{
	for (size_t i = 0; i < place->link_count; i++)
		marks->links[marks->link_count++] =
			(struct native_link){ repository, place->links[i].a, place->links[i].b };
}

static void hand_out_places(struct native_marking *marking)
{
	struct native_marks *marks = marking->marks;
	size_t links = 0;

	for (size_t i = 0; i < marking->place_count; i++)
		links += marking->places[i].link_count;
	marks->links = xcalloc(links + 1, sizeof *marks->links);
	marks->repositories = xcalloc(marking->place_count + 1, sizeof *marks->repositories);
	for (size_t i = 0; i < marking->place_count; i++) {
		struct native_place *place = &marking->places[i];

		marks->repositories[i].name = native_marking_keep(marking, place->name);
		marks->repositories[i].unclear = place->unclear;
		place->name = NULL;
		marks->unclear_count += place->unclear != NULL;
		marks->manifests += place->revision_count;
		hand_out_links(marks, (uint32_t)i, place);
	}
	marks->repository_count = marking->place_count;
}

static void hand_out_flags(struct native_marking *marking)
{
	struct native_marks *marks = marking->marks;
	uint32_t count = native_digests_count(marks->digests);

	marks->flags = xcalloc((size_t)count + 1, 1);
	for (uint32_t i = 0; i < count; i++) {
		const unsigned both = NATIVE_MARKED | NATIVE_STORED;

		marks->flags[i] = marking->own->nodes[i].flags;
		marks->blobs_marked += (marks->flags[i] & both) == both;
	}
}

static int open_repositories(struct native_marking *marking, struct err *err)
{
	marking->repositories = native_store_openat(native_store_fd(marking->store),
						    NATIVE_REPOSITORIES, O_RDONLY | O_DIRECTORY);
	if (marking->repositories >= 0)
		return 0;
	return err_set(err, ERR_COLLECTOR, "%s/" NATIVE_REPOSITORIES ": %s",
		       native_store_path(marking->store), strerror(errno));
}

static int mark(struct native_marking *marking, struct err *err)
{
	if (open_repositories(marking, err) < 0 || native_blobs_list(marking, err) < 0 ||
	    native_places_find(marking, err) < 0 || native_places_read(marking, err) < 0 ||
	    native_manifests_read(marking, err) < 0)
		return -1;
	native_judge(marking);
	native_spread(marking);
	native_missing_find(marking);
	hand_out_places(marking);
	hand_out_flags(marking);
	return 0;
}

static int mark_from(const struct native_store *store, const struct native_marks *before,
		     struct native_marks **out, struct err *err)
{
	struct native_marking marking = { .store = store, .before = before, .repositories = -1 };
	int result = 0;

	marking.marks = new_marks();
	marking.own = marking.marks->own;
	marking.fault_of = u64map_new();
	result = mark(&marking, err);
	clear_marking(&marking);
	if (result < 0)
		native_marks_free(marking.marks);
	*out = result < 0 ? NULL : marking.marks;
	return result;
}

int native_mark(const struct native_store *store, struct native_marks **out, struct err *err)
{
	return mark_from(store, NULL, out, err);
}

int native_mark_again(const struct native_store *store, const struct native_marks *before,
		      struct native_marks **out, struct err *err)
{
	return mark_from(store, before, out, err);
}
