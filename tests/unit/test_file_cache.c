/* What scans of the storage remember: only files that are as they were, and the same as if they
 * were read. */
#include "storage_world.h"

#include "inventory/image_dates.h"
#include "oci/manifest.h"
#include "scan_storage/file_cache.h"
#include "scan_storage/remembered.h"
#include "util/buf.h"
#include "util/causes.h"
#include "util/strtab.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

static struct file_cache_place place_of(const struct store *store)
{
	struct stat status;

	assert_int_equal(fstat(layout_fd(store->layout), &status), 0);
	return (struct file_cache_place){ status.st_dev, status.st_ino, 2 };
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

static struct buf copy_of(const struct buf *text)
{
	struct buf copy = { 0 };

	buf_add(&copy, text->data, text->length);
	return copy;
}

/* What CACHE would keep of INVENTORY; empty if that is nothing new. */
static struct buf output_of(const struct file_cache *cache, const struct inventory *inventory)
{
	struct buf output = { 0 };
	struct err err = { 0 };
	char *text = NULL;
	size_t length = 0;
	FILE *stream;

	if (!file_cache_is_new(cache))
		return output;
	stream = open_memstream(&text, &length);
	assert_int_equal(file_cache_write(cache, inventory, stream, &err), 0);
	fclose(stream);
	buf_add(&output, text, length);
	free(text);
	return output;
}

/* Scans with what KEPT says, SECONDS later than now; what is to be kept of that is in OUT, which is
 * empty if nothing is. Returns how much was known. */
static size_t scan_later(struct store *store, const struct buf *kept, int64_t seconds,
			 struct buf *out)
{
	struct file_cache_place place = place_of(store);
	struct file_cache *cache = file_cache_new(&place, now() + seconds * SECOND);
	size_t taken;

	if (kept && kept->length > 0) {
		struct buf text = copy_of(kept);

		if (file_cache_read_text(cache, &text, &store->err) < 0)
			fail_msg("%s", store->err.msg);
	}
	inventory_free(store->inventory);
	store->inventory = inventory_new();
	store->inventory->server.major = 2;
	assert_int_equal(
		scan_storage_load_cached(store->inventory, store->layout, cache, &store->err), 0);
	if (out)
		*out = output_of(cache, store->inventory);
	taken = file_cache_taken(cache);
	file_cache_free(cache);
	return taken;
}

static size_t scan(struct store *store, const struct buf *kept, struct buf *out)
{
	return scan_later(store, kept, 60, out);
}

/* A store with all that a manifest can say. */
static void fill(const struct store *store)
{
	static const char *const CONFIGS[] = { "{}", "{\"created\":\"yesterday\"}", "no config" };
	static const char *const NAMES[] = { "undated", "yesterday", "none" };
	char child[DIGEST_TEXT], digest[DIGEST_TEXT], config[DIGEST_TEXT];
	char *body;

	store_image(store, "app", "new", D2020, child);
	store_index(store, "app", "list", child, digest);
	store_image(store, "team/other", NULL, D2020, digest);
	for (size_t i = 0; i < sizeof CONFIGS / sizeof *CONFIGS; i++) {
		store_layer(store, "app", store_blob(store, CONFIGS[i], config));
		body = store_image_body(config, NAMES[i], "");
		store_manifest(store, "app", NULL, body, digest);
		free(body);
	}
	body = xasprintf(
		"{\"schemaVersion\":2,\"mediaType\":\"" TYPE_IMAGE
		"\",\"config\":{\"mediaType\":\"application/"
		"vnd.oci.empty.v1+json\",\"digest\":\"sha256:" HEX1
		"\",\"size\":2},\"layers\":[{\"mediaType\":\"a/b\",\"digest\":\"sha256:" HEX2
		"\",\"size\":7,\"urls\":[\"http://x\"]},{\"mediaType\":\"a/"
		"b\",\"digest\":\"sha256:" HEX2
		"\",\"size\":8}],\"subject\":{\"mediaType\":\"" TYPE_IMAGE
		"\",\"digest\":\"%s\",\"size\":5},"
		"\"annotations\":{\"" OCI_ANNOTATION_CREATED "\":\"" D2020 "\"}}",
		child);
	store_manifest(store, "app", "signed", body, digest);
	free(body);
	body = xasprintf(
		"{\"schemaVersion\":2,\"mediaType\":\"" TYPE_INDEX
		"\",\"manifests\":[{\"mediaType\":\"" TYPE_IMAGE "\",\"digest\":\"%s\",\"size\":5},"
		"{\"mediaType\":\"" TYPE_IMAGE
		"\",\"digest\":\"%s\",\"size\":5,\"artifactType\":\"a/b\","
		"\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}}]}",
		child, digest);
	store_manifest(store, "app", "both", body, digest);
	free(body);
}

static void assert_same_lists(const struct inventory *a, const struct inventory_manifest *x,
			      const struct inventory *b, const struct inventory_manifest *y)
{
	assert_int_equal(x->blob_count, y->blob_count);
	for (uint32_t i = 0; i < x->blob_count; i++) {
		struct inventory_statement said = inventory_statement(a, x->blobs + i);
		struct inventory_statement now_said = inventory_statement(b, y->blobs + i);

		assert_string_equal(
			strtab_text(a->digests, a->blobs[a->references[x->blobs + i]].digest),
			strtab_text(b->digests, b->blobs[b->references[y->blobs + i]].digest));
		assert_int_equal(said.size, now_said.size);
		assert_int_equal(said.foreign, now_said.foreign);
	}
	assert_int_equal(x->child_count, y->child_count);
	for (uint32_t i = 0; i < x->child_count; i++) {
		const struct inventory_child *child = &a->children[x->children + i];
		const struct inventory_child *now_child = &b->children[y->children + i];

		assert_string_equal(inventory_digest(a, child->manifest),
				    inventory_digest(b, now_child->manifest));
		assert_int_equal(child->attestation, now_child->attestation);
		assert_int_equal(child->artifact, now_child->artifact);
	}
	assert_int_equal(x->subject == INVENTORY_NONE, y->subject == INVENTORY_NONE);
	if (x->subject != INVENTORY_NONE)
		assert_string_equal(inventory_digest(a, x->subject),
				    inventory_digest(b, y->subject));
}

/* Everything but whether it was read now is the same. */
static void assert_same(const struct inventory *a, const struct inventory *b)
{
	assert_int_equal(a->manifest_count, b->manifest_count);
	assert_int_equal(a->tag_count, b->tag_count);
	assert_int_equal(a->blob_count, b->blob_count);
	assert_int_equal(a->failures, b->failures);
	for (uint32_t m = 0; m < a->manifest_count; m++) {
		const struct inventory_manifest *x = &a->manifests[m];
		uint32_t repository =
			inventory_repository_find(b, a->repositories[x->repository].name);
		const struct inventory_manifest *y = &b->manifests[inventory_manifest_find(
			b, repository, inventory_digest(a, m))];

		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->created, y->created);
		assert_int_equal(x->size, y->size);
		assert_int_equal(x->length, y->length);
		assert_int_equal(x->linked, y->linked);
		assert_same_lists(a, x, b, y);
	}
	for (uint32_t i = 0; i < a->blob_count; i++) {
		const struct inventory_blob *blob = &b->blobs[inventory_blob_find(
			b, strtab_text(a->digests, a->blobs[i].digest))];

		assert_int_equal(a->blobs[i].size, blob->size);
		assert_int_equal(a->blobs[i].stored, blob->stored);
		assert_int_equal(a->blobs[i].foreign, blob->foreign);
	}
}

static struct inventory *keep(struct store *store)
{
	struct inventory *inventory = store->inventory;

	store->inventory = inventory_new();
	return inventory;
}

static void test_all_is_known(void **state)
{
	struct store *store = *state;
	struct buf kept, again, unused;
	struct inventory *before;

	fill(store);
	assert_int_equal(scan(store, NULL, &kept), 0);
	before = keep(store);
	/* Eight manifests and four configs: one that is none is read again. */
	assert_int_equal(scan(store, &kept, &again), 12);
	assert_same(before, store->inventory);
	assert_int_equal(again.length, 0);
	for (uint32_t m = 0; m < store->inventory->manifest_count; m++) {
		assert_false(before->manifests[m].remembered);
		assert_true(store->inventory->manifests[m].remembered);
	}
	/* What is taken over once more is the same. */
	store_image(store, "app", "newer", D2020, (char[DIGEST_TEXT]){ 0 });
	assert_int_equal(scan(store, &kept, &again), 12);
	inventory_free(before);
	before = keep(store);
	assert_int_equal(scan(store, &again, &unused), 14);
	assert_same(before, store->inventory);
	inventory_free(before);
	buf_free(&kept);
	buf_free(&again);
	buf_free(&unused);
}

static char told[400];

static void tell(const struct cause *cause)
{
	size_t length = strlen(told);

	snprintf(told + length, sizeof told - length, "%s %.14s %zu: %s\n", cause->place,
		 cause->what, cause->count, cause->why);
}

/* Why an image has no date is told by every scan, whatever earlier ones read. */
static void test_troubles_are_told_again(void **state)
{
	struct store *store = *state;
	struct buf kept;
	char first[sizeof told];

	fill(store);
	told[0] = '\0';
	scan(store, NULL, &kept);
	assert_int_equal(causes_tell(store->inventory->undated, SIZE_MAX, tell), 0);
	assert_non_null(strstr(told, "app config sha256: 1: "));
	memcpy(first, told, sizeof first);
	told[0] = '\0';
	assert_true(scan(store, &kept, NULL) > 0);
	assert_int_equal(causes_tell(store->inventory->undated, SIZE_MAX, tell), 0);
	assert_string_equal(told, first);
	buf_free(&kept);
}

/* What somebody does to a file. */
enum change { REWRITTEN, REPLACED, LONGER, TOUCHED, GONE };

static void change_file(const char *path, enum change change)
{
	CLEANUP(free_p) char *other = xasprintf("%s.new", path);
	struct timespec times[2] = { { 0 } };
	struct buf text = { 0 };
	struct stat status;
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	times[0] = status.st_atim;
	times[1] = status.st_mtim;
	buf_extend(&text, (size_t)pread(fd, buf_reserve(&text, (size_t)status.st_size),
					(size_t)status.st_size, 0));
	switch (change) {
	case REWRITTEN: /* with the same length, and the time that it had */
		text.data[text.length / 2] ^= 1;
		assert_int_equal(pwrite(fd, text.data, text.length, 0), text.length);
		break;
	case REPLACED:
		close(fd);
		fd = open(other, O_RDWR | O_CREAT, 0600);
		assert_int_equal(write(fd, text.data, text.length), text.length);
		assert_int_equal(rename(other, path), 0);
		break;
	case LONGER:
		assert_int_equal(pwrite(fd, "\n", 1, status.st_size), 1);
		break;
	case TOUCHED:
		break;
	case GONE:
		assert_int_equal(unlink(path), 0);
		break;
	}
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
	buf_free(&text);
}

static char *blob_path(const struct store *store, const char *digest)
{
	CLEANUP(free_p)
	char *below = xasprintf("blobs/sha256/%.2s/%s/data", digest + 7, digest + 7);

	return store_path(store, below);
}

static void test_changes_are_seen(void **state)
{
	static const struct {
		enum change change;
		size_t known;
		uint8_t kind;
	} cases[] = {
		{ REWRITTEN, 0, MANIFEST_UNREADABLE }, { REPLACED, 1, MANIFEST_IMAGE },
		{ LONGER, 0, MANIFEST_UNREADABLE },    { TOUCHED, 1, MANIFEST_IMAGE },
		{ GONE, 0, MANIFEST_MISSING },
	};
	struct store *store = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free_p) char *name = xasprintf("app%zu", i);
		CLEANUP(free_p) char *path = NULL;
		char digest[DIGEST_TEXT];
		struct buf kept, again;
		size_t known;

		store_image(store, name, "a", D2020, digest);
		path = blob_path(store, digest);
		scan(store, NULL, &kept);
		known = scan(store, &kept, NULL);
		change_file(path, cases[i].change);
		/* A config that no image leads to is not read. */
		assert_int_equal(scan(store, &kept, &again), known - 2 + cases[i].known);
		assert_int_equal(store_find_manifest(store, name, digest)->kind, cases[i].kind);
		assert_true(again.length > 0);
		buf_free(&kept);
		buf_free(&again);
	}
}

static void test_a_changed_config_is_seen(void **state)
{
	struct store *store = *state;
	char digest[DIGEST_TEXT];
	struct buf kept;
	CLEANUP(free_p) char *path = NULL;

	store_image(store, "app", "a", D2020, digest);
	scan(store, NULL, &kept);
	path = blob_path(store,
			 image_dates_config(store->inventory,
					    inventory_manifest_find(store->inventory, 0, digest)));
	change_file(path, REWRITTEN);
	assert_int_equal(scan(store, &kept, NULL), 1);
	assert_int_equal(store_find_manifest(store, "app", digest)->created, DATE_INVALID);
	buf_free(&kept);
}

static void test_young_files_are_not_kept(void **state)
{
	struct store *store = *state;
	char digest[DIGEST_TEXT];
	struct buf kept;

	store_image(store, "app", "a", D2020, digest);
	scan_later(store, NULL, FILE_CACHE_SECONDS - 1, &kept);
	assert_int_equal(kept.length, 0);
	scan_later(store, NULL, FILE_CACHE_SECONDS + 1, &kept);
	assert_int_equal(scan(store, &kept, NULL), 2);
	buf_free(&kept);
}

static int parse(const struct store *store, const struct file_cache_place *place,
		 const struct buf *text)
{
	struct file_cache *cache = file_cache_new(place, 0);
	struct buf copy = copy_of(text);
	struct err err = { 0 };
	int result = file_cache_read_text(cache, &copy, &err);
	struct file_cache_entry entry;

	if (result < 0) {
		for (uint32_t m = 0; m < store->inventory->manifest_count; m++)
			assert_false(file_cache_find(cache, inventory_digest(store->inventory, m),
						     false, &entry));
	}
	file_cache_free(cache);
	return result;
}

static void test_other_places(void **state)
{
	struct store *store = *state;
	struct file_cache_place place = place_of(store), other;
	struct buf kept;

	fill(store);
	scan(store, NULL, &kept);
	assert_int_equal(parse(store, &place, &kept), 0);
	other = place;
	other.device++;
	assert_int_equal(parse(store, &other, &kept), -1);
	other = place;
	other.inode++;
	assert_int_equal(parse(store, &other, &kept), -1);
	other = place;
	other.major++;
	assert_int_equal(parse(store, &other, &kept), -1);
	buf_free(&kept);
}

/* Gives TEXT the checksum that it must have. */
static void seal(struct buf *text)
{
	char sum[DIGEST_TEXT];

	memcpy(text->data + text->length - 72, digest_of(text->data, text->length - 72, sum), 71);
}

static void test_damage(void **state)
{
	struct store *store = *state;
	struct file_cache_place place = place_of(store);
	struct buf kept, text;
	size_t believed = 0;

	fill(store);
	scan(store, NULL, &kept);
	for (size_t i = 0; i < kept.length; i++) {
		text = copy_of(&kept);
		text.data[i] ^= 0x41;
		assert_int_equal(parse(store, &place, &text), -1);
		/* What is wrong in itself is found, whatever the checksum; nothing crashes. */
		seal(&text);
		believed += parse(store, &place, &text) == 0;
		text.length = i;
		assert_int_equal(parse(store, &place, &text), -1);
		buf_free(&text);
	}
	assert_true(believed < kept.length);
	buf_free(&kept);
}

/* Entries that lie: of KIND's byte at the first entry of a kind. */
static void test_damage_inside(void **state)
{
	struct store *store = *state;
	struct file_cache_place place = place_of(store);
	char digest[DIGEST_TEXT];
	struct buf kept, text = { 0 };
	size_t head = sizeof FILE_CACHE_HEADER - 1 + 4 + 4 + 8 + 8, config = 1 + 32 + 5 * 8 + 1;
	size_t lists = head + config + 1 + 32 + 5 * 8;
	static const struct {
		size_t at; /* behind LISTS */
		char value;
	} wrong[] = { { 0, 2 }, { 0, 0 }, { 4, 1 }, { 8, 2 }, { 9, 1 } };

	store_image(store, "app", "a", D2020, digest);
	scan(store, NULL, &kept);
	assert_int_equal(kept.length, lists + 9 + 4 + 72);
	assert_int_equal(kept.data[head], 'd');
	assert_int_equal(kept.data[head + config], 'i');
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		text = copy_of(&kept);
		text.data[lists + wrong[i].at] = wrong[i].value;
		seal(&text);
		assert_int_equal(parse(store, &place, &text), -1);
		buf_free(&text);
	}
	/* The same manifest twice. */
	buf_add(&text, kept.data, kept.length - 72);
	buf_add(&text, kept.data + head + config, kept.length - 72 - head - config);
	buf_add(&text, kept.data + kept.length - 72, 72);
	seal(&text);
	assert_int_equal(parse(store, &place, &text), -1);
	buf_free(&text);
	buf_free(&kept);
}

/* Where the date of the config of a store's only image stands in what was kept. */
#define DATE_AT (sizeof FILE_CACHE_HEADER - 1 + 4 + 4 + 8 + 8 + 1 + 32 + 4 * 8)

/* Before something goes, what was remembered is read: what is not as it was stays remembered. */
static void test_read_in_full(void **state)
{
	struct store *store = *state;
	char whole[DIGEST_TEXT], broken[DIGEST_TEXT], unread[DIGEST_TEXT];
	CLEANUP(free_p) char *path = NULL;
	struct buf kept;

	store_image(store, "app", "whole", D2020, whole);
	store_image(store, "app", "broken", D2020, broken);
	store_image(store, "other", "unread", D2020, unread);
	scan(store, NULL, &kept);
	assert_int_equal(scan(store, &kept, NULL), 6);
	buf_free(&kept);
	path = blob_path(store,
			 image_dates_config(store->inventory,
					    (uint32_t)(store_find_manifest(store, "app", broken) -
						       store->inventory->manifests)));
	change_file(path, REWRITTEN);
	assert_int_equal(remembered_read(store->inventory,
					 inventory_repository_find(store->inventory, "app"),
					 store->layout, &store->err),
			 0);
	assert_false(store_find_manifest(store, "app", whole)->remembered);
	assert_true(store_find_manifest(store, "app", broken)->remembered);
	assert_true(store_find_manifest(store, "other", unread)->remembered);
}

static void test_a_lie_is_found_out(void **state)
{
	struct store *store = *state;
	char digest[DIGEST_TEXT];
	int64_t created = 0, lie = T2020 - 1;
	struct buf kept;

	store_image(store, "app", "a", D2020, digest);
	scan(store, NULL, &kept);
	memcpy(&created, kept.data + DATE_AT, sizeof created);
	assert_int_equal(created, T2020);
	memcpy(kept.data + DATE_AT, &lie, sizeof lie);
	seal(&kept);
	assert_int_equal(scan(store, &kept, NULL), 2);
	assert_int_equal(store_find_manifest(store, "app", digest)->created, lie);
	assert_int_equal(remembered_read(store->inventory, 0, store->layout, &store->err), 0);
	assert_true(store_find_manifest(store, "app", digest)->remembered);
	buf_free(&kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_all_is_known),
		STORE_TEST(test_troubles_are_told_again),
		STORE_TEST(test_changes_are_seen),
		STORE_TEST(test_a_changed_config_is_seen),
		STORE_TEST(test_young_files_are_not_kept),
		STORE_TEST(test_other_places),
		STORE_TEST(test_damage),
		STORE_TEST(test_damage_inside),
		STORE_TEST(test_read_in_full),
		STORE_TEST(test_a_lie_is_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
