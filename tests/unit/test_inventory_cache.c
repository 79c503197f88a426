/* The text in which a scan is remembered: what comes back is what was written. */
#include "cache_world.h"
#include "oci/digest.h"
#include "util/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

#define ROUNDS 300
static uint32_t below(uint64_t *state, uint32_t limit)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33) % limit;
}

static const char *name_digest(const char *kind, uint32_t number, char text[DIGEST_TEXT])
{
	char name[32];

	snprintf(name, sizeof name, "%s%u", kind, number);
	return digest_of(name, strlen(name), text);
}

static int64_t random_date(uint64_t *state)
{
	static const int64_t DATES[] = { DATE_ABSENT, DATE_INVALID, DATE_EARLIEST };
	uint32_t which = below(state, 8);

	return which < 3 ? DATES[which] : DATE_EARLIEST + below(state, 1000000);
}

/* Manifest ID, of any kind, as a scan leaves it behind. */
static void describe(struct inventory *inventory, struct image_dates *dates, uint32_t id,
		     uint64_t *state)
{
	static const uint8_t KINDS[] = { MANIFEST_IMAGE,      MANIFEST_IMAGE,   MANIFEST_ARTIFACT,
					 MANIFEST_INDEX,      MANIFEST_SCHEMA1, MANIFEST_MISSING,
					 MANIFEST_UNREADABLE, MANIFEST_UNSEEN };
	struct inventory_manifest values = { .kind = KINDS[below(state, 8)],
					     .created = random_date(state),
					     .size = UINT64_MAX - below(state, 9),
					     .length = below(state, 99999) };
	uint32_t config = below(state, 6), blobs = below(state, 4);
	char digest[DIGEST_TEXT];
	int64_t created = random_date(state);

	if (values.kind == MANIFEST_INDEX)
		values.created = below(state, 2) ? DATE_ABSENT : DATE_INVALID;
	if (values.kind == MANIFEST_IMAGE) {
		uint32_t blob = inventory_blob(inventory, name_digest("config", config, digest), 7);

		if (below(state, 4) > 0 && !image_dates_of(dates, blob, &created))
			image_dates_enter(dates, blob, created);
	}
	inventory_restore(inventory, id, &values);
	if (values.kind == MANIFEST_IMAGE)
		inventory_restore_blob(
			inventory, id,
			inventory_blob(inventory, name_digest("config", config, digest), 7));
	while (values.kind != MANIFEST_INDEX && blobs-- > 0) {
		uint32_t number = below(state, 9);
		uint32_t blob = inventory_blob(inventory, name_digest("layer", number, digest),
					       (uint64_t)number << 60);

		inventory->blobs[blob].foreign = number % 2;
		inventory_restore_blob(inventory, id, blob);
	}
	for (blobs = below(state, 4); values.kind == MANIFEST_INDEX && blobs > 0; blobs--)
		inventory_restore_child(inventory, id,
					name_digest("manifest", below(state, 12), digest),
					(struct inventory_child){ .attestation = below(state, 2),
								  .artifact = below(state, 2) });
	if (below(state, 3) == 0)
		inventory_restore_subject(inventory, id,
					  name_digest("manifest", below(state, 12), digest));
}

/* A digest is the same in every repository: SEED and its number say what it is. */
static void point(struct inventory *inventory, struct image_dates *dates, uint32_t tag,
		  uint32_t number, uint64_t seed)
{
	uint64_t state = seed * 100 + number;
	char digest[DIGEST_TEXT];
	uint32_t manifest = inventory_manifest(inventory, inventory->tags[tag].repository,
					       name_digest("manifest", number, digest));

	if (inventory->manifests[manifest].kind == MANIFEST_UNSEEN)
		describe(inventory, dates, manifest, &state);
	inventory->tags[tag].state = TAG_READ;
	inventory->tags[tag].manifest = manifest;
}

static struct inventory *random_scan(struct image_dates *dates, uint64_t seed)
{
	char latest[] = "latest", number[] = "1.0", line[] = "_x", signature[] = "sha256-1.sig";
	char *names[] = { latest, number, line, signature };
	struct inventory *inventory = inventory_new();
	uint64_t state = seed;

	for (uint32_t r = 0, repositories = below(&state, 4); r < repositories; r++) {
		char name[32];
		uint32_t id;

		snprintf(name, sizeof name, "team/app%u", r);
		id = inventory_repository(inventory, name);
		inventory_tags(inventory, id, names, below(&state, 5));
		for (uint32_t t = 0; t < inventory->repositories[id].tag_count; t++) {
			uint32_t tag = inventory->repositories[id].first_tag + t;

			inventory->tags[tag].state = TAG_UNREADABLE;
			if (below(&state, 5))
				point(inventory, dates, tag, below(&state, 12), seed);
		}
	}
	return inventory;
}

/* What may be remembered, said independently of the code under test. */
static bool may_be_known(const struct inventory *inventory, const struct image_dates *dates,
			 const struct inventory_tag *tag)
{
	const struct inventory_manifest *manifest;
	int64_t created;

	if (tag->state != TAG_READ)
		return false;
	manifest = &inventory->manifests[tag->manifest];
	if (manifest->kind == MANIFEST_IMAGE)
		return image_dates_of(dates, inventory->references[manifest->blobs], &created);
	return manifest->kind == MANIFEST_ARTIFACT || manifest->kind == MANIFEST_INDEX;
}

static void same_blobs(const struct inventory *a, const struct inventory_manifest *left,
		       const struct inventory *b, const struct inventory_manifest *right)
{
	assert_int_equal(left->blob_count, right->blob_count);
	for (uint32_t i = 0; i < left->blob_count; i++) {
		const struct inventory_blob *one = &a->blobs[a->references[left->blobs + i]];
		const struct inventory_blob *two = &b->blobs[b->references[right->blobs + i]];

		assert_string_equal(strtab_text(a->digests, one->digest),
				    strtab_text(b->digests, two->digest));
		assert_true(one->size == two->size && one->foreign == two->foreign);
	}
}

static void same_manifest(const struct inventory *a, uint32_t a_id, const struct inventory *b,
			  uint32_t b_id)
{
	const struct inventory_manifest *left = &a->manifests[a_id], *right = &b->manifests[b_id];

	assert_string_equal(inventory_digest(a, a_id), inventory_digest(b, b_id));
	assert_true(left->kind == right->kind && left->size == right->size &&
		    left->length == right->length);
	same_blobs(a, left, b, right);
	assert_int_equal(left->child_count, right->child_count);
	for (uint32_t i = 0; i < left->child_count; i++) {
		const struct inventory_child *one = &a->children[left->children + i];
		const struct inventory_child *two = &b->children[right->children + i];

		assert_string_equal(inventory_digest(a, one->manifest),
				    inventory_digest(b, two->manifest));
		assert_int_equal(one->attestation, two->attestation);
		assert_int_equal(one->artifact, two->artifact);
	}
	assert_int_equal(left->subject == INVENTORY_NONE, right->subject == INVENTORY_NONE);
	if (left->subject != INVENTORY_NONE)
		assert_string_equal(inventory_digest(a, left->subject),
				    inventory_digest(b, right->subject));
}

/* The config's date, and where that says nothing the manifest's own. */
static int64_t effective_date(const struct inventory *inventory, const struct image_dates *dates,
			      uint32_t id)
{
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	int64_t created = DATE_ABSENT;

	if (manifest->kind == MANIFEST_IMAGE)
		image_dates_of(dates, inventory->references[manifest->blobs], &created);
	return created != DATE_ABSENT ? created : manifest->created;
}

static void check_repository(const struct inventory *inventory, const struct image_dates *dates,
			     uint32_t repository, const struct cache *cache)
{
	const struct inventory_repository *entry = &inventory->repositories[repository];
	uint32_t known = inventory_repository_find(cache->known, entry->name);
	uint32_t at;

	assert_true(known != INVENTORY_NONE);
	at = cache->known->repositories[known].first_tag;
	for (uint32_t t = 0; t < entry->tag_count; t++) {
		const struct inventory_tag *tag = &inventory->tags[entry->first_tag + t];
		const struct inventory_tag *same = &cache->known->tags[at];

		if (!may_be_known(inventory, dates, tag))
			continue;
		assert_string_equal(same->name, tag->name);
		assert_int_equal(same->state, TAG_READ);
		same_manifest(inventory, tag->manifest, cache->known, same->manifest);
		assert_true(effective_date(inventory, dates, tag->manifest) ==
			    effective_date(cache->known, cache->known_dates, same->manifest));
		at++;
	}
	assert_int_equal(at, cache->known->repositories[known].first_tag +
				     cache->known->repositories[known].tag_count);
}

static void test_what_was_read_comes_back(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		struct cache *writer = cache_new(), *reader;
		struct inventory *scan, *again;
		struct buf text = { 0 }, second = { 0 };
		struct err err = { 0 };

		writer->dates = image_dates_new();
		scan = random_scan(writer->dates, seed);
		assert_true(cache_print(writer, scan, &text));
		reader = cache_read(text.data, text.length, &err);
		if (!reader)
			fail_msg("seed %d: %s\n%s", (int)seed, err.msg, text.data);
		assert_int_equal(reader->known->repository_count, scan->repository_count + 1);
		for (uint32_t r = 0; r < scan->repository_count; r++)
			check_repository(scan, writer->dates, r, reader);

		again = cache_scan(reader);
		if (cache_print(reader, again, &second))
			fail_msg("seed %d: %s\ndiffers from %s", (int)seed, second.data, text.data);
		inventory_free(again);
		inventory_free(scan);
		cache_free(writer);
		cache_free(reader);
		buf_free(&text);
		buf_free(&second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_read_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
