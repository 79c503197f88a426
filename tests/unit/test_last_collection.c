/* When a collection was completed last: what is written is read, and nothing else is believed. */
#include "state/last_collection.h"

#include "state_world.h"

#include "lists/checksummed.h"

static void test_what_is_written_is_read(void **state)
{
	struct world *world = *state;
	struct state *own = world_open(world), *dry;
	struct err err = { 0 };

	assert_true(last_collection_read(NULL) == DATE_ABSENT);
	assert_true(last_collection_read(own) == DATE_ABSENT);
	assert_int_equal(last_collection_write(own, 1700000000, &err), 0);
	assert_int_equal(last_collection_write(own, 1800000000, &err), 0);
	assert_int_equal(last_collection_read(own), 1800000000);
	dry = state_open_read_only(&world->options, &err);
	assert_int_equal(last_collection_read(dry), 1800000000);
	state_close(dry);
	state_close(own);
}

static const char *const DAMAGED[] = {
	"",
	"collected \n",
	"collected 12\n",
	"collected 1800000000 \n",
	"collected -1800000000\n",
	"collected 1800000000\ncollected 1800000000\n",
	"collected 99999999999999999999\n",
	"Collected 1800000000\n",
};

static void test_nothing_else_is_believed(void **state)
{
	int64_t at = 7;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof DAMAGED / sizeof *DAMAGED; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };
		char sum[DIGEST_TEXT];

		buf_format(&text, "clean-registry last collection 1\n%s", DAMAGED[i]);
		checksummed_close(&text, sum);
		if (last_collection_parse(buf_string(&text), text.length, &at, &err) == 0)
			fail_msg("taken: %s", DAMAGED[i]);
		assert_int_equal(at, 7);
	}
	assert_int_equal(last_collection_parse("", 0, &at, &err), -1);
}

/* One is due then, and the log says why. */
static void test_a_damaged_file_is_told(void **state)
{
	struct world *world = *state;
	struct state *own = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *folder = world_own_folder(world);
	struct err err = { 0 };

	temporary_write(folder, "collected", "x", 1);
	assert_true(last_collection_read(own) == DATE_ABSENT);
	assert_int_equal(file_read(AT_FDCWD, world->log, 1 << 20, &text, &err), 0);
	assert_non_null(strstr(buf_string(&text), "the file collected in paths.state: "));
	assert_non_null(strstr(buf_string(&text), "so one counts as due"));
	state_close(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_written_is_read),
		cmocka_unit_test(test_nothing_else_is_believed),
		TEST(test_a_damaged_file_is_told),
	};

	return cmocka_run_group_tests_name("last_collection", tests, NULL, NULL);
}
