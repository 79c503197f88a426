/* The collection whose end was not seen: what is remembered of it, and what a damaged line tells.
 */
#include "state_world.h"

#include "state/collecting.h"

static const struct collecting BEGUN = {
	.since = DATE_EARLIEST + 7,
	.run = (char[]){ "0f3b-99-7" },
	.host = (char[]){ "0f3b2c1d" },
	.container = (char[]){ "2026-01-02T03:04:05.6Z" },
};

static void begin(struct state *opened, const struct collecting *begun)
{
	struct err err = { 0 };

	assert_int_equal(state_begin_collection(opened, begun, &err), 0);
}

/* "SINCE RUN HOST CONTAINER", SINCE counted from DATE_EARLIEST; "none". In OUT, returned. */
static const char *tell(const struct state *opened, struct buf *out)
{
	const struct collecting *begun = state_collecting(opened);

	buf_clear(out);
	if (!begun)
		buf_text(out, "none");
	else if (date_known(begun->since))
		buf_format(out, "%" PRId64 " %s %s %s", begun->since - DATE_EARLIEST, begun->run,
			   begun->host, begun->container);
	else
		buf_format(out, "? %s %s %s", begun->run, begun->host, begun->container);
	return buf_string(out);
}

static void test_it_is_remembered_until_its_end(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	assert_string_equal(tell(opened, &text), "none");
	begin(opened, &BEGUN);
	for (int reads = 0; reads < 3; reads++) {
		assert_string_equal(tell(opened, &text),
				    "7 0f3b-99-7 0f3b2c1d 2026-01-02T03:04:05.6Z");
		state_close(opened);
		opened = world_open(world);
	}
	/* Nothing else strikes it off. */
	assert_int_equal(state_add_pending_collection(opened, &err), 0);
	assert_int_equal(state_collection_done(opened, &err), 0);
	state_close(opened);
	opened = world_open(world);
	assert_string_not_equal(tell(opened, &text), "none");
	assert_int_equal(state_end_collection(opened, &err), 0);
	assert_string_equal(tell(opened, &text), "none");
	state_close(opened);
	opened = world_open(world);
	assert_string_equal(tell(opened, &text), "none");
	assert_string_equal(world_journal(world, &text), HEADER);
	state_close(opened);
}

static void test_a_dry_run_sees_it(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };

	begin(opened, &BEGUN);
	state_close(opened);
	opened = state_open_read_only(&world->options, &(struct err){ 0 });
	assert_string_equal(tell(opened, &text), "7 0f3b-99-7 0f3b2c1d 2026-01-02T03:04:05.6Z");
	state_close(opened);
}

static void test_a_second_one_takes_the_place_of_the_first(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct collecting second = BEGUN;

	second.since = DATE_ABSENT;
	second.host = (char[]){ "" };
	second.container = (char[]){ "two words\n" };
	begin(opened, &BEGUN);
	begin(opened, &second);
	state_close(opened);
	opened = world_open(world);
	assert_string_equal(tell(opened, &text), "? 0f3b-99-7 - -");
	state_close(opened);
}

/* What is damaged says that there is one: nobody may delete. */
static void test_damaged_lines_count(void **state)
{
	static const struct {
		const char *line;
		const char *told;
	} rows[] = {
		{ "collecting 1363737607 r h c\n", "7 r h c" },
		{ "collecting - r h c\n", "? r h c" },
		{ "collecting x r h c\n", "? r h c" },
		{ "collecting 1363737607 r h\n", "? - - -" },
		{ "collecting 1363737607 r h c d\n", "? - - -" },
		{ "collecting 1363737607  h c\n", "? - - -" },
		{ "collecting \n", "? - - -" },
		{ "collecting 1363737607 r h c\nended \n", "7 r h c" },
		{ "collecting 1363737607 r h c\nende\n", "7 r h c" },
		{ "collecting 1363737607 r h c\nended\n", "none" },
		{ "ended\n", "none" },
		/* Not written whole: it was not started. */
		{ "collecting 1363737607 r h c", "none" },
	};
	struct world *world = *state;

	world_make_folder(world);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CLEANUP(free_p) char *journal = xasprintf(HEADER "%s", rows[i].line);
		CLEANUP(buf_free) struct buf text = { 0 };
		struct state *opened;

		world_put_journal(world, journal, strlen(journal));
		opened = world_open(world);
		if (strcmp(tell(opened, &text), rows[i].told) != 0)
			fail_msg("%s: %s", rows[i].line, buf_string(&text));
		state_close(opened);
	}
}

/* An older program must not pass over these lines; what it wrote is read. */
static void test_a_journal_of_version_1_is_read(void **state)
{
	static const char old[] = "clean-registry debts 1\ncollect\nowe a " D1 "\n";
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct state *opened;

	world_make_folder(world);
	world_put_journal(world, old, sizeof old - 1);
	opened = world_open(world);
	assert_string_equal(world_tell(opened, &text), "a@sha256:1 | | collect");
	assert_string_equal(tell(opened, &text), "none");
	assert_string_equal(world_journal(world, &text), HEADER "collect\nowe a " D1 "\n");
	state_close(opened);
}

/* Then no collector is started. */
static void test_what_cannot_be_written_is_told(void **state)
{
	struct world *world = *state;
	struct state *opened;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	world_make_folder(world);
	opened = state_open_read_only(&world->options, &(struct err){ 0 });
	assert_int_equal(state_begin_collection(opened, &BEGUN, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_string_equal(tell(opened, &text), "none");
	state_close(opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_is_remembered_until_its_end),
		TEST(test_a_dry_run_sees_it),
		TEST(test_a_second_one_takes_the_place_of_the_first),
		TEST(test_damaged_lines_count),
		TEST(test_a_journal_of_version_1_is_read),
		TEST(test_what_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
