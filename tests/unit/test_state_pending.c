/* The debts: what is remembered, and what a damaged journal still tells. */
#include "state_world.h"

#include "util/time.h"

static void test_debts_are_remembered(void **state)
{
	struct world *world = *state;
	struct state *first = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	assert_string_equal(world_tell(first, &text), "| |");
	world_owe(first, "a", D1);
	world_owe(first, "a", D2);
	world_owe(first, "b/c", D1);
	world_strike(first, "a", D1, true);
	assert_string_equal(world_tell(first, &text),
			    "a@sha256:2 b/c@sha256:1 | a@sha256:1 | collect");
	state_close(first);
	first = world_open(world);
	assert_string_equal(world_tell(first, &text),
			    "a@sha256:2 b/c@sha256:1 | a@sha256:1 | collect");
	world_strike(first, "b/c", D1, false);
	assert_int_equal(state_collection_done(first, &err), 0);
	assert_string_equal(world_tell(first, &text), "a@sha256:2 | a@sha256:1 |");
	state_close(first);
	first = world_open(world);
	assert_string_equal(world_tell(first, &text), "a@sha256:2 | a@sha256:1 |");
	world_strike(first, "a", D2, true);
	assert_string_equal(world_tell(first, &text), "| a@sha256:2 a@sha256:1 |");
	assert_int_equal(state_checkpoint(first, "b/c", &err), 0);
	assert_int_equal(state_checkpoint(first, "a", &err), 0);
	assert_string_equal(world_tell(first, &text), "| |");
	state_close(first);
	state_close(world_open(world));
	assert_string_equal(world_journal(world, &text), HEADER);
}

static void test_a_manifest_can_come_back(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };

	world_owe(opened, "a", D1);
	world_owe(opened, "a", D2);
	world_strike(opened, "a", D1, true);
	world_owe(opened, "a", D1);
	assert_string_equal(world_tell(opened, &text), "a@sha256:1 a@sha256:2 | | collect");
	world_strike(opened, "a", D1, false);
	world_strike(opened, "a", D3, false);
	assert_string_equal(world_tell(opened, &text), "a@sha256:2 | | collect");
	state_close(opened);
	opened = world_open(world);
	assert_string_equal(world_tell(opened, &text), "a@sha256:2 | | collect");
	state_close(opened);
}

/* Who pushes it again afterwards makes it a new thing; the first plan's time tells. */
static void test_when_it_was_planned_is_remembered(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	const char *const digests[] = { D1, D2 };
	struct err err = { 0 };

	assert_int_equal(state_add_pending(opened, "a", digests, 1, DATE_EARLIEST + 5, &err), 0);
	assert_int_equal(state_add_pending(opened, "a", digests, 2, DATE_EARLIEST + 9, &err), 0);
	for (int reads = 0; reads < 3; reads++) {
		assert_string_equal(world_tell(opened, &text),
				    "a@sha256:1+5 a@sha256:2+9 | | collect");
		state_close(opened);
		opened = world_open(world);
	}
	world_strike(opened, "a", D1, false);
	assert_int_equal(state_add_pending(opened, "a", digests, 2, DATE_EARLIEST + 20, &err), 0);
	assert_string_equal(world_tell(opened, &text), "a@sha256:1+20 a@sha256:2+9 | | collect");
	state_close(opened);
}

static void test_nothing_is_written_twice(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	world_owe(opened, "a", D1);
	world_owe(opened, "a", D1);
	assert_int_equal(
		state_add_pending(opened, "a", (const char *[]){ D1, D2 }, 2, DATE_ABSENT, &err),
		0);
	assert_int_equal(state_add_pending_collection(opened, &err), 0);
	assert_string_equal(world_journal(world, &text),
			    HEADER "collect\nowe a " D1 "\nowe a " D2 "\n");
	assert_int_equal(state_collection_done(opened, &err), 0);
	assert_int_equal(state_collection_done(opened, &err), 0);
	assert_int_equal(state_add_pending_collection(opened, &err), 0);
	assert_string_equal(world_journal(world, &text),
			    HEADER "collect\nowe a " D1 "\nowe a " D2 "\ncollected\ncollect\n");
	state_close(opened);
}

static void test_names_that_no_line_can_hold_are_refused(void **state)
{
	static const struct {
		const char *repository;
		const char *digest;
	} rows[] = {
		{ "a b", D1 },   { "a\nowe b", D1 },  { "", D1 },
		{ "a\x7f", D1 }, { "a", "sha256:1" }, { "a", D1 "\ncollected" },
	};
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = { 0 };

		assert_int_equal(state_add_pending(opened, rows[i].repository, &rows[i].digest, 1,
						   DATE_ABSENT, &err),
				 -1);
		assert_int_equal(err.kind, ERR_IO);
		assert_int_equal(
			state_clear_pending(opened, rows[i].repository, rows[i].digest, true, &err),
			-1);
	}
	assert_string_equal(world_tell(opened, &text), "| |");
	assert_string_equal(world_journal(world, &text), HEADER);
	state_close(opened);
}

static void test_journals_are_read(void **state)
{
	static const struct {
		const char *what;
		const char *journal;
		const char *told;
		const char *warning; /* what the log says of a line, or NULL */
	} rows[] = {
		{ "nothing", HEADER, "| |", NULL },
		{ "every kind of line",
		  HEADER "owe a " D1 "\nowe a " D2 "\nowe b " D1 "\ncollect\ngone a " D1
			 "\nstays b " D1 "\n",
		  "a@sha256:2 | a@sha256:1 | collect", NULL },
		{ "collected at last", HEADER "collect\ncollected\n", "| |", NULL },
		{ "owed again", HEADER "collected\ncollect\n", "| | collect", NULL },
		{ "gone from a repository without debts", HEADER "gone a " D1 "\n",
		  "| a@sha256:1 |", NULL },
		{ "gone from a settled repository",
		  HEADER "gone a " D1 "\nsettled a\ngone a " D2 "\ngone b " D1 "\nsettled c\n",
		  "| a@sha256:2 b@sha256:1 |", NULL },
		{ "settled in spite of a debt", HEADER "owe a " D2 "\ngone a " D1 "\nsettled a\n",
		  "a@sha256:2 | a@sha256:1 |", NULL },
		{ "when it was planned",
		  HEADER "owe a " D1 " 1363737607\nowe b " D1 " 1363737600\n",
		  "a@sha256:1+7 b@sha256:1+0 | |", NULL },
		{ "planned before there were images", HEADER "owe a " D1 " 1363737599\n",
		  "| | collect", "line 2" },
		{ "planned at no time", HEADER "owe a " D1 " \n", "| | collect", "line 2" },
		{ "planned at no number", HEADER "owe a " D1 " 1363737607s\n", "| | collect",
		  "line 2" },
		{ "planned after all times", HEADER "owe a " D1 " 13637376070000000000\n",
		  "| | collect", "line 2" },
		{ "a time of what is gone", HEADER "gone a " D1 " 1363737607\n", "| | collect",
		  "line 2" },
		{ "a torn last line", HEADER "owe a " D1 "\nowe a " D2, "a@sha256:1 | |", NULL },
		{ "an unknown verb", HEADER "owe a " D1 "\npay a " D1 "\nowe a " D2 "\n",
		  "a@sha256:1 a@sha256:2 | | collect", "line 3" },
		{ "damage before the collection", HEADER "?\ncollected\n", "| | collect",
		  "line 2" },
		{ "no digest", HEADER "owe a\n", "| | collect", "line 2" },
		{ "a short digest", HEADER "owe a sha256:12\n", "| | collect", "line 2" },
		{ "no repository", HEADER "owe  " D1 "\n", "| | collect", "line 2" },
		{ "too many words", HEADER "owe a b " D1 "\n", "| | collect", "line 2" },
		{ "an empty line", HEADER "\n", "| | collect", "line 2" },
		{ "carriage returns", HEADER "owe a " D1 "\r\n", "| | collect", "line 2" },
		{ "words behind it", HEADER "collect now\n", "| | collect", "line 2" },
		{ "an empty file", "", "| | collect", "line 1" },
		{ "cut within the first line", "clean-registry d", "| | collect", "line 1" },
	};
	struct world *world = *state;
	CLEANUP(free_p) char *own = NULL;

	world_make_folder(world);
	own = world_own_folder(world);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };
		CLEANUP(free_p) char *warning = NULL;
		struct state *opened = NULL;

		if (rows[i].warning)
			warning = xasprintf("%s/debts, %s:", own, rows[i].warning);
		log_close();
		unlink(world->log);
		log_open(world->log, (struct log_options){ .quiet = true });
		world_put_journal(world, rows[i].journal, strlen(rows[i].journal));
		for (int reads = 0; reads < 2; reads++) {
			opened = world_open(world);
			if (strcmp(world_tell(opened, &text), rows[i].told) != 0)
				fail_msg("%s: \"%s\"", rows[i].what, buf_string(&text));
			state_close(opened);
		}
		assert_int_equal(log_warnings(), rows[i].warning != NULL);
		if (warning && !world_logged(world, warning))
			fail_msg("%s: no warning", rows[i].what);
	}
}

static void test_bytes_of_any_kind_are_damage_not_trouble(void **state)
{
	static const char journal[] = HEADER "owe a\0b " D1 "\n\0\n\xff\xfe\nowe a " D1 "\n";
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct state *opened = NULL;

	world_make_folder(world);
	world_put_journal(world, journal, sizeof journal - 1);
	opened = world_open(world);
	assert_string_equal(world_tell(opened, &text), "a@sha256:1 | | collect");
	assert_int_equal(log_warnings(), 3);
	state_close(opened);
}

static void test_other_versions_are_refused(void **state)
{
	static const char *const journals[] = {
		"clean-registry debts 3\ncollect\n", "clean-registry debts 10\n", "x", "\n", "{}\n",
		"clean-registry debts 1 \n"
	};
	struct world *world = *state;

	world_make_folder(world);
	for (size_t i = 0; i < sizeof journals / sizeof *journals; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };
		struct err err = { 0 };

		world_put_journal(world, journals[i], strlen(journals[i]));
		assert_null(state_open(&world->options, &err));
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.msg, "/debts"));
		assert_non_null(strstr(err.msg, "remove the file"));
		assert_string_equal(world_journal(world, &text), journals[i]);
	}
}

/* A run that is killed at any point of its writing leaves a beginning of its journal. */
static void test_a_journal_cut_at_every_byte(void **state)
{
	struct world *world = *state;
	CLEANUP(buf_free) struct buf whole = { 0 };
	struct state *opened = world_open(world);
	const char *const digests[] = { D1, D2, D3 };
	struct err err = { 0 };

	assert_int_equal(state_add_pending(opened, "a", digests, 3, DATE_ABSENT, &err), 0);
	world_strike(opened, "a", D2, true);
	state_close(opened);
	world_journal(world, &whole);
	for (size_t cut = strlen(HEADER); cut <= whole.length; cut++) {
		/* Lines that are whole count, and only they. */
		static const char *const told[] = {
			"| |",
			"| | collect",
			"a@sha256:1 | | collect",
			"a@sha256:1 a@sha256:2 | | collect",
			"a@sha256:1 a@sha256:2 a@sha256:3 | | collect",
			"a@sha256:1 a@sha256:3 | a@sha256:2 | collect",
		};
		CLEANUP(buf_free) struct buf text = { 0 };
		size_t lines = 0;

		for (size_t i = strlen(HEADER); i < cut; i++)
			lines += whole.data[i] == '\n';
		world_put_journal(world, whole.data, cut);
		opened = world_open(world);
		assert_string_equal(world_tell(opened, &text), told[lines]);
		state_close(opened);
	}
	for (size_t cut = 0; cut < strlen(HEADER); cut++) {
		world_put_journal(world, whole.data, cut);
		opened = world_open(world);
		assert_true(state_collection_is_pending(opened));
		state_close(opened);
	}
}

/* Of Scaleway's registry: deletes are owed, and no collection ever is. */
static void test_no_collector(void **state)
{
	static const char *const DIGESTS[] = { D1 };
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct state *opened;
	struct err err = { 0 };

	world->options.no_collector = true;
	opened = world_open(world);
	assert_int_equal(state_add_pending(opened, "team/app", DIGESTS, 1, DATE_ABSENT, &err), 0);
	assert_string_equal(world_tell(opened, &text), "team/app@sha256:1 | |");
	assert_false(state_collection_is_pending(opened));
	state_close(opened);
	world_put_journal(world, "clean", 5);
	opened = world_open(world);
	assert_false(state_collection_is_pending(opened));
	state_close(opened);
}

static void count_debt(void *ctx, const char *repository, const char *digest, int64_t since)
{
	(void)repository;
	(void)digest;
	(void)since;
	++*(size_t *)ctx;
}

/* Quadratic work would take minutes. */
static void test_a_hundred_thousand_debts(void **state)
{
	enum { MANY = 100000, REPOSITORIES = 10 };
	struct world *world = *state;
	struct state *opened = world_open(world);
	const char **digests = xcalloc(MANY, sizeof *digests);
	int64_t start = time_monotonic_ms();
	struct err err = { 0 };
	size_t owed = 0;
	size_t gone = 0;

	for (int i = 0; i < MANY; i++)
		digests[i] = xasprintf("sha256:%064x", (unsigned)i);
	for (size_t i = 0; i < REPOSITORIES; i++) {
		char name[16];

		snprintf(name, sizeof name, "r%zu", i);
		assert_int_equal(state_add_pending(opened, name,
						   digests + i * (MANY / REPOSITORIES),
						   MANY / REPOSITORIES, DATE_ABSENT, &err),
				 0);
	}
	for (int i = 0; i < MANY / REPOSITORIES; i += 2)
		world_strike(opened, "r0", digests[i], true);
	state_close(opened);
	opened = world_open(world);
	state_each_pending(opened, count_debt, &owed);
	state_each_gone(opened, count_debt, &gone);
	assert_int_equal(owed, MANY - MANY / REPOSITORIES / 2);
	assert_int_equal(gone, MANY / REPOSITORIES / 2);
	assert_in_range(time_monotonic_ms() - start, 0, 30000);
	state_close(opened);
	for (int i = 0; i < MANY; i++)
		free((void *)(uintptr_t)digests[i]);
	free(digests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_debts_are_remembered),
		TEST(test_a_manifest_can_come_back),
		TEST(test_when_it_was_planned_is_remembered),
		TEST(test_nothing_is_written_twice),
		TEST(test_names_that_no_line_can_hold_are_refused),
		TEST(test_journals_are_read),
		TEST(test_bytes_of_any_kind_are_damage_not_trouble),
		TEST(test_other_versions_are_refused),
		TEST(test_a_journal_cut_at_every_byte),
		TEST(test_no_collector),
		TEST(test_a_hundred_thousand_debts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
