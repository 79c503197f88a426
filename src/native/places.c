/* Reads the links of all repositories: those of small folders by the thread that lists them, those
 * of large ones in pieces. What vanished meanwhile is read again, from its start. */
#include "native/marking.h"
#include "util/parallel.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TRIES 3 /* more of them */

/* Links of a large folder, for one thread. */
struct piece {
	size_t place, folder, from;
};

struct reader {
	struct native_marking *marking;
	size_t *places; /* those that are to be read */
	size_t place_count;
	struct piece *pieces;
	size_t piece_count, piece_capacity;
	struct err err;
};

static void *list_place(void *ctx, size_t item)
{
	const struct reader *reader = ctx;
	const struct native_marking *marking = reader->marking;

	return native_listing_new(marking->repositories,
				  marking->places[reader->places[item]].name);
}

static void add_alias(struct native_marking *marking, uint32_t a, uint32_t b)
{
	const struct native_pair there = { a, b }, back = { b, a };

	GROW(marking->aliases, marking->alias_count, marking->alias_capacity);
	marking->aliases[marking->alias_count++] = there;
	GROW(marking->aliases, marking->alias_count, marking->alias_capacity);
	marking->aliases[marking->alias_count++] = back;
}

static void take_link(struct native_marking *marking, struct native_place *place,
		      enum native_kind kind, uint32_t named, uint32_t stored)
{
	const struct native_pair link = { named, stored };
	const struct native_revision revision = { named, stored };

	marking->own->nodes[named].flags |= NATIVE_LINKED;
	marking->own->nodes[stored].flags |= NATIVE_LINKED;
	if (named != stored)
		add_alias(marking, named, stored);
	if (kind == NATIVE_LAYERS) {
		GROW(place->links, place->link_count, place->link_capacity);
		place->links[place->link_count++] = link;
	} else {
		GROW(place->revisions, place->revision_count, place->revision_capacity);
		place->revisions[place->revision_count++] = revision;
	}
}

/* A link that holds another digest of the same algorithm contradicts itself. */
static void check_other(struct native_marking *marking, struct native_place *place,
			const struct native_folder *folder, const struct native_other *other)
{
	CLEANUP(free_p) char *path = NULL;
	char text[DIGEST_TEXT];

	if (folder->length != other->digest.length)
		return;
	path = native_folder_link(folder, other->item);
	native_marking_unclear(marking, place,
			       xasprintf("%s holds another digest than its own, %s", path,
					 native_digest_text(&other->digest, text)));
}

static uint32_t number_of(struct native_marking *marking, const struct native_digest *digest)
{
	return native_marking_number(marking, digest->bytes, digest->length);
}

static void take_digests(struct native_marking *marking, struct native_place *place,
			 const struct native_folder *folder, enum native_kind kind,
			 const struct native_reading *reading)
{
	const struct native_other *other = reading->others;

	for (size_t i = 0; i < reading->count; i++) {
		const uint8_t *hash = folder->hashes + (reading->from + i) * folder->length;
		uint32_t named = 0, stored = 0;

		if (reading->states[i] == NATIVE_LINK_ABSENT)
			continue;
		named = stored = native_marking_number(marking, hash, folder->length);
		if (reading->states[i] == NATIVE_LINK_OTHER) {
			check_other(marking, place, folder, other);
			stored = number_of(marking, &other++->digest);
		}
		take_link(marking, place, kind, named, stored);
	}
}

static void take_tags(struct native_marking *marking, struct native_place *place,
		      const struct native_reading *reading)
{
	for (size_t i = 0; i < reading->other_count; i++)
		place->tags[reading->others[i].item] =
			number_of(marking, &reading->others[i].digest);
}

/* Adds what the links of a folder hold. */
static void take_reading(struct reader *reader, struct native_place *place, size_t folder,
			 const struct native_reading *reading)
{
	struct native_marking *marking = reader->marking;

	if (reading->unknown && reader->err.kind == ERR_NONE)
		err_set(&reader->err, ERR_COLLECTOR,
			"%s/" NATIVE_REPOSITORIES "/%s/%s: nothing may be collected while it "
			"cannot be read",
			native_store_path(marking->store), place->name, reading->fault);
	if (reading->fault)
		native_marking_unclear(marking, place, xstrdup(reading->fault));
	if (reading->stale)
		place->again = true;
	if (native_folder_kind(folder) == NATIVE_TAGS)
		take_tags(marking, place, reading);
	else
		take_digests(marking, place, &place->listing->folders[folder],
			     native_folder_kind(folder), reading);
}

static void add_pieces(struct reader *reader, size_t place, size_t folder, size_t count)
{
	for (size_t from = 0; from < count; from += NATIVE_PIECE) {
		struct piece piece = { place, folder, from };

		GROW(reader->pieces, reader->piece_count, reader->piece_capacity);
		reader->pieces[reader->piece_count++] = piece;
	}
}

static void forget(struct native_place *place)
{
	native_listing_free(place->listing);
	place->listing = NULL;
	free(place->tags);
	place->tags = NULL;
	place->tag_count = place->link_count = place->revision_count = 0;
	place->unclear = NULL;
	place->again = false;
}

static void make_tags(struct native_place *place)
{
	place->tag_count = place->listing->folders[NATIVE_FOLDERS - 1].count;
	place->tags = xcalloc(place->tag_count + 1, sizeof *place->tags);
	memset(place->tags, 0xff, place->tag_count * sizeof *place->tags);
}

static void take_listing(struct reader *reader, size_t item, struct native_listing *listing)
{
	struct native_place *place = &reader->marking->places[reader->places[item]];

	forget(place);
	place->listing = listing;
	place->again = listing->stale && !listing->gone;
	make_tags(place);
	if (listing->err.kind != ERR_NONE && reader->err.kind == ERR_NONE)
		reader->err = listing->err;
	for (size_t i = 0; i < NATIVE_FOLDERS; i++) {
		if (listing->readings[i])
			take_reading(reader, place, i, listing->readings[i]);
		else
			add_pieces(reader, reader->places[item], i, listing->folders[i].count);
		native_reading_free(listing->readings[i]);
		listing->readings[i] = NULL;
	}
}

static void take_place(void *ctx, size_t item, void *result)
{
	take_listing(ctx, item, result);
}

static size_t piece_size(const struct native_folder *folder, size_t from)
{
	return folder->count - from < NATIVE_PIECE ? folder->count - from : NATIVE_PIECE;
}

static void *read_piece(void *ctx, size_t item)
{
	const struct reader *reader = ctx;
	const struct piece *piece = &reader->pieces[item];
	const struct native_place *place = &reader->marking->places[piece->place];
	const struct native_folder *folder = &place->listing->folders[piece->folder];
	CLEANUP(free_p) char *path = xasprintf("%s/%s", place->name, folder->path);
	int fd = native_store_openat(reader->marking->repositories, path, O_RDONLY | O_DIRECTORY);
	struct native_reading *reading = NULL;

	if (fd < 0)
		return NULL;
	reading = native_reading_new(fd, folder, piece->from, piece_size(folder, piece->from));
	close(fd);
	return reading;
}

static void take_piece(void *ctx, size_t item, void *result)
{
	struct reader *reader = ctx;
	const struct piece *piece = &reader->pieces[item];
	struct native_place *place = &reader->marking->places[piece->place];

	if (result)
		take_reading(reader, place, piece->folder, result);
	else
		place->again = true;
	native_reading_free(result);
}

/* What could not be read at all may need any blob: unclear would not be enough. */
static void give_up(struct reader *reader, const struct native_place *place)
{
	if (reader->err.kind == ERR_NONE)
		err_set(&reader->err, ERR_COLLECTOR,
			"%s/" NATIVE_REPOSITORIES "/%s: what is in it vanishes while it is read",
			native_store_path(reader->marking->store), place->name);
}

/* Those that are to be read, again or for the first time. */
static void choose(struct reader *reader)
{
	struct native_marking *marking = reader->marking;

	reader->place_count = reader->piece_count = 0;
	for (size_t i = 0; i < marking->place_count; i++) {
		struct native_place *place = &marking->places[i];

		if (!place->again)
			continue;
		if (place->tries++ <= TRIES)
			reader->places[reader->place_count++] = i;
		else
			give_up(reader, place);
	}
}

static int read_once(struct reader *reader, struct err *err)
{
	struct parallel listings = { reader->place_count, list_place, take_place, reader };
	struct parallel pieces = { 0, read_piece, take_piece, reader };

	if (parallel_run(&listings, err) < 0)
		return -1;
	pieces.count = reader->piece_count;
	return parallel_run(&pieces, err);
}

static int read_all(struct reader *reader, struct err *err)
{
	choose(reader);
	while (reader->place_count > 0 && reader->err.kind == ERR_NONE) {
		if (read_once(reader, err) < 0)
			return -1;
		choose(reader);
	}
	if (reader->err.kind == ERR_NONE)
		return 0;
	*err = reader->err;
	return -1;
}

static void count_foreign(struct native_marking *marking, const struct native_place *place)
{
	CLEANUP(free_p) char *path = xasprintf(NATIVE_REPOSITORIES "/%s", place->name);

	native_marking_foreign(marking, place->listing->foreign_names, path,
			       place->listing->foreign_name);
}

int native_places_read(struct native_marking *marking, struct err *err)
{
	struct reader reader = { .marking = marking };
	int result = 0;

	reader.places = xcalloc(marking->place_count + 1, sizeof *reader.places);
	result = read_all(&reader, err);
	for (size_t i = 0; result == 0 && i < marking->place_count; i++)
		count_foreign(marking, &marking->places[i]);
	free(reader.places);
	free(reader.pieces);
	return result;
}
