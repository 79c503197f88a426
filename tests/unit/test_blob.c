/* Blob files: their sizes, and what is in them. */
#include "storage/blob.h"
#include "storage/layout.h"
#include "temporary.h"

#define V2     "docker/registry/v2/"
#define HEX    "1111111111111111111111111111111111111111111111111111111111111111"
#define DIGEST "sha256:" HEX
#define FOLDER V2 "blobs/sha256/11/" HEX

struct store {
	char *root;
	struct layout *layout;
	struct buf read;
	size_t pieces, enough; /* enough: how many pieces are wanted */
};

static int setup(void **state)
{
	struct store *store = xcalloc(1, sizeof *store);
	struct err err;

	store->root = temporary_folder();
	temporary_mkdir(store->root, V2 "repositories");
	store->layout = layout_open(store->root, &err);
	assert_non_null(store->layout);
	store->enough = SIZE_MAX;
	*state = store;
	return 0;
}

static int teardown(void **state)
{
	struct store *store = *state;

	layout_close(store->layout);
	temporary_remove(store->root);
	buf_free(&store->read);
	free(store);
	return 0;
}

static bool hear(void *ctx, const char *bytes, size_t length)
{
	struct store *store = ctx;

	buf_add(&store->read, bytes, length);
	return ++store->pieces < store->enough;
}

static void one_that_is_there(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };
	uint64_t size = 0;

	temporary_text(store->root, FOLDER "/data", "some text");
	assert_int_equal(blob_size(store->layout, DIGEST, &size, &err), 1);
	assert_int_equal(size, 9);
	assert_int_equal(blob_read(store->layout, DIGEST, hear, store, &err), 1);
	assert_string_equal(buf_string(&store->read), "some text");
}

static void a_long_one_comes_in_pieces_until_there_are_enough(void **state)
{
	struct store *store = *state;
	struct buf text = { 0 };
	struct err err = { 0 };

	for (int i = 0; i < 200000; i++)
		buf_format(&text, "%d,", i);
	temporary_text(store->root, FOLDER "/data", buf_string(&text));
	assert_int_equal(blob_read(store->layout, DIGEST, hear, store, &err), 1);
	assert_true(store->pieces > 1);
	assert_int_equal(store->read.length, text.length);
	assert_memory_equal(store->read.data, text.data, text.length);
	store->pieces = 0;
	store->enough = 1;
	buf_clear(&store->read);
	assert_int_equal(blob_read(store->layout, DIGEST, hear, store, &err), 1);
	assert_int_equal(store->pieces, 1);
	assert_true(store->read.length < text.length);
	buf_free(&text);
}

static void one_that_is_not_there(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };
	uint64_t size = 0;

	assert_int_equal(blob_size(store->layout, DIGEST, &size, &err), 0);
	assert_int_equal(blob_read(store->layout, DIGEST, hear, store, &err), 0);
	temporary_mkdir(store->root, FOLDER);
	assert_int_equal(blob_size(store->layout, DIGEST, &size, &err), 0);
	assert_int_equal(blob_read(store->layout, DIGEST, hear, store, &err), 0);
	assert_int_equal(store->pieces, 0);
}

static void one_that_is_no_file(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };
	uint64_t size = 0;

	temporary_mkdir(store->root, FOLDER "/data");
	assert_int_equal(blob_size(store->layout, DIGEST, &size, &err), -1);
	assert_non_null(strstr(err.msg, "blobs/sha256/11/" HEX "/data: "));
	assert_int_equal(blob_read(store->layout, DIGEST, hear, store, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_int_equal(store->pieces, 0);
}

/* Nobody writes to it: reading must not wait. */
static void one_that_is_a_pipe(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *path = xasprintf("%s/" FOLDER "/data", store->root);
	struct err err = { 0 };
	uint64_t size = 0;

	temporary_mkdir(store->root, FOLDER);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(blob_size(store->layout, DIGEST, &size, &err), -1);
	assert_int_equal(blob_read(store->layout, DIGEST, hear, store, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_that_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_one_comes_in_pieces_until_there_are_enough,
						setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_is_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_is_no_file, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_is_a_pipe, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
