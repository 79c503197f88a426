/* What a batch leaves for the run after one that was cut: believed whole or not at all. */
#include "state_world.h"

#include "apply/record.h"
#include "oci/digest.h"
#include "util/strtab.h"

#define TYPE "application/vnd.oci.image.manifest.v1+json"

static void write_two(struct state *state)
{
	CLEANUP(record_clear) struct record record = { 0 };
	struct record_manifest *manifest;
	struct err err = { 0 };
	char digest[DIGEST_TEXT];

	manifest = record_add(&record, digest_of("one\nbody\n", 9, digest), TYPE, "one\nbody\n", 9);
	strtab_add(manifest->tags, "v1", 2);
	strtab_add(manifest->tags, "latest", 6);
	(void)record_add(&record, digest_of("", 0, digest), TYPE, "", 0);
	assert_int_equal(record_write(&record, state, "team/app", &err), 0);
}

static void test_what_is_written_is_read(void **state)
{
	struct state *open = world_open(*state);
	CLEANUP(record_clear) struct record record = { 0 };
	char digest[DIGEST_TEXT];

	write_two(open);
	record_read(&record, open, "team/app");
	assert_int_equal(record.count, 2);
	assert_string_equal(record.manifests[0].digest, digest_of("one\nbody\n", 9, digest));
	assert_string_equal(record.manifests[0].type, TYPE);
	assert_string_equal(buf_string(&record.manifests[0].body), "one\nbody\n");
	assert_int_equal(strtab_count(record.manifests[0].tags), 2);
	assert_string_equal(strtab_text(record.manifests[0].tags, 1), "latest");
	assert_int_equal(record.manifests[1].body.length, 0);
	record_clear(&record);
	record_read(&record, open, "team/other");
	assert_int_equal(record.count, 0);
	record_remove(open, "team/app");
	record_read(&record, open, "team/app");
	assert_int_equal(record.count, 0);
	state_close(open);
}

/* Every end and every byte of the file: what is not as it was written is nothing, never something
 * else. */
static void test_damage_counts_for_nothing(void **state)
{
	struct world *world = *state;
	struct state *open = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *own = world_own_folder(world);
	CLEANUP(free_p) char *path = NULL;
	struct err err = { 0 };
	char digest[DIGEST_TEXT];
	struct dirent *entry;
	DIR *folder;

	write_two(open);
	folder = opendir(own);
	while (!path && (entry = readdir(folder))) {
		if (strncmp(entry->d_name, "batch-", 6) == 0)
			path = xstrdup(entry->d_name);
	}
	closedir(folder);
	assert_non_null(path);
	assert_int_equal(state_read_file(open, path, 4096, &text, &err), 0);
	for (size_t i = 0; i < text.length; i++) {
		CLEANUP(buf_free) struct buf damaged = { 0 };
		CLEANUP(record_clear) struct record record = { 0 };

		buf_add(&damaged, text.data, text.length);
		damaged.data[i] ^= 1;
		assert_int_equal(state_replace_file(open, path, &damaged, &err), 0);
		record_read(&record, open, "team/app");
		for (size_t m = 0; m < record.count; m++)
			assert_true(digest_matches(record.manifests[m].digest,
						   buf_string(&record.manifests[m].body),
						   record.manifests[m].body.length));
		damaged.length = i;
		record_clear(&record);
		assert_int_equal(state_replace_file(open, path, &damaged, &err), 0);
		record_read(&record, open, "team/app");
		assert_true(record.count < 2);
		if (record.count == 1)
			assert_string_equal(record.manifests[0].digest,
					    digest_of("one\nbody\n", 9, digest));
	}
	state_close(open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_written_is_read),
		TEST(test_damage_counts_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
