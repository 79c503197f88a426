/* The memory of earlier runs, kept from run to run, and what it says of jobs. */
#include "growth_text.h"
#include "state/growth.h"
#include "state_world.h"

#include "config/config.h"

#define NOW  INT64_C(1780000000)
#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)
#define RUN  "run 1 2 3 complete\n"

/* What is known, as in GROWTH_SMALL; in OUT, returned. */
static const char *tell(const struct growth *growth, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < growth->run_count; i++)
		buf_format(out, "run %lld %lld %llu %s\n", (long long)growth->runs[i].started_at,
			   (long long)growth->runs[i].ended_at,
			   (unsigned long long)growth->runs[i].tags_deleted,
			   growth->runs[i].complete ? "complete" : "partial");
	for (size_t i = 0; i < growth->job_count; i++)
		buf_format(out, "job %lld %s\n", (long long)growth->jobs[i].ran_at,
			   growth->jobs[i].name);
	return buf_string(out);
}

static void put(const struct world *world, const char *bytes, size_t length)
{
	CLEANUP(free_p) char *own = world_own_folder(world);

	temporary_write(own, "history", bytes, length);
}

static void put_lines(const struct world *world, const char *lines)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	growth_text(lines, strlen(lines), &text);
	put(world, text.data, text.length);
}

/* What is read from the file, in OUT, returned. */
static const char *load(const struct state *state, struct buf *out)
{
	struct growth growth;

	growth_load(state, &growth);
	tell(&growth, out);
	growth_clear(&growth);
	return buf_string(out);
}

static void save(const struct growth *growth, const struct state *state)
{
	struct err err = { 0 };

	if (growth_save(growth, state, &err) != 0)
		fail_msg("growth_save: %s", err.msg);
}

static size_t count_warnings(const struct world *world)
{
	CLEANUP(buf_free) struct buf log = { 0 };
	struct err err = { 0 };
	size_t count = 0;

	assert_int_equal(file_read(AT_FDCWD, world->log, 1 << 24, &log, &err), 0);
	for (const char *at = buf_string(&log); (at = strstr(at, "[WARNING]")); at++)
		count++;
	return count;
}

static void test_what_was_saved_is_known(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 }, file = { 0 }, expected = { 0 };
	struct growth growth;
	struct err err = { 0 };

	put_lines(world, GROWTH_SMALL);
	assert_string_equal(load(opened, &text), GROWTH_SMALL);
	growth_load(opened, &growth);
	save(&growth, opened);
	growth_clear(&growth);
	growth_text(GROWTH_SMALL, strlen(GROWTH_SMALL), &expected);
	assert_int_equal(state_read_file(opened, "history", GROWTH_LIMIT, &file, &err), 0);
	assert_string_equal(buf_string(&file), buf_string(&expected));
	assert_int_equal(count_warnings(world), 0);
	state_close(opened);
}

static void test_nothing_is_known_where_nothing_is(void **state)
{
	struct world *world = *state;
	struct state *dry = state_open_read_only(&world->options, &(struct err){ 0 });
	struct state *real;
	CLEANUP(buf_free) struct buf text = { 0 };

	assert_string_equal(load(NULL, &text), "");
	assert_string_equal(load(dry, &text), "");
	state_close(dry);
	assert_int_equal(access(world->folder, F_OK), -1);
	real = world_open(world);
	assert_string_equal(load(real, &text), "");
	save(&(struct growth){ 0 }, real);
	assert_string_equal(load(real, &text), "");
	assert_int_equal(count_warnings(world), 0);
	state_close(real);
}

static void test_a_state_for_reading_knows_it(void **state)
{
	struct world *world = *state;
	struct state *dry;
	CLEANUP(buf_free) struct buf text = { 0 };

	world_make_folder(world);
	put_lines(world, GROWTH_SMALL);
	dry = state_open_read_only(&world->options, &(struct err){ 0 });
	assert_string_equal(load(dry, &text), GROWTH_SMALL);
	state_close(dry);
}

static void test_ten_runs_are_kept(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 }, expected = { 0 };
	struct growth growth = { 0 };

	for (uint64_t i = 0; i < 13; i++) {
		struct growth_run run = { NOW, NOW + 1, i, true };

		growth_add_run(&growth, &run);
		if (i >= 3)
			buf_format(&expected, "run 1780000000 1780000001 %llu complete\n",
				   (unsigned long long)i);
	}
	save(&growth, opened);
	assert_string_equal(load(opened, &text), buf_string(&expected));
	state_close(opened);
}

static void test_jobs_are_kept_by_name(void **state)
{
	struct growth growth = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };

	(void)state;
	assert_int_equal(growth_job_ran_at(&growth, "a"), INT64_MIN);
	growth_set_job(&growth, "a", 1);
	growth_set_job(&growth, "b", 2);
	growth_set_job(&growth, "a", 3);
	assert_string_equal(tell(&growth, &text), "job 3 a\njob 2 b\n");
	assert_int_equal(growth_job_ran_at(&growth, "a"), 3);
	assert_int_equal(growth_job_ran_at(&growth, "A"), INT64_MIN);
	growth_clear(&growth);
	assert_int_equal(growth.job_count, 0);
}

static void test_unknown_jobs_are_forgotten_after_a_year(void **state)
{
	struct config_job known[] = { { .name = (char[]){ "known" } },
				      { .name = (char[]){ "not there" } } };
	struct config_jobs jobs = { known, 2 };
	struct growth growth = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };

	(void)state;
	growth_set_job(&growth, "unknown, long ago", NOW - 366 * DAY - 1);
	growth_set_job(&growth, "unknown", NOW - 366 * DAY);
	growth_set_job(&growth, "unknown, to come", NOW + 1);
	growth_set_job(&growth, "known", NOW - 900 * DAY);
	growth_forget(&growth, &jobs, NOW);
	assert_string_equal(tell(&growth, &text), "job 1748377600 unknown\n"
						  "job 1702240000 known\n");
	growth_clear(&growth);
}

static void test_what_is_at_the_border_is_known(void **state)
{
	static const char LINES[] = RUN RUN RUN RUN RUN RUN RUN RUN RUN
		"run 0 9223372036854775807 18446744073709551615 partial\n"
		"job 9223372036854775807  a \njob 0 \xff\n";
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf known = { 0 };

	put_lines(world, LINES);
	assert_string_equal(load(opened, &known), LINES);
	state_close(opened);
}

static void test_what_is_foreign_is_one_warning_and_replaced(void **state)
{
	static const struct {
		const char *text, *warning;
	} ROWS[] = {
		{ "", "the file history in paths.state: not a history; what earlier runs did" },
		{ "fc -l\n", "not a history" },
		{ "clean-registry history 2\nwhatever\n", "of another version" },
		{ GROWTH_HEADER RUN, "cut off" },
	};
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf known = { 0 };
	struct growth growth = { 0 };

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		put(world, ROWS[i].text, strlen(ROWS[i].text));
		assert_string_equal(load(opened, &known), "");
		assert_true(world_logged(world, ROWS[i].warning));
		assert_int_equal(count_warnings(world), i + 1);
	}
	growth_set_job(&growth, "a", 1);
	save(&growth, opened);
	growth_clear(&growth);
	assert_string_equal(load(opened, &known), "job 1 a\n");
	state_close(opened);
}

/* LENGTH bytes with their header and checksum: jobs with long names. */
static void make_long_text(size_t length, struct buf *out)
{
	CLEANUP(buf_free) struct buf lines = { 0 };
	size_t room = length - (sizeof GROWTH_HEADER - 1) - (7 + 64 + 1);

	for (int i = 0; lines.length + 2000 < room; i++)
		buf_format(&lines, "job 1 %01000d\n", i);
	buf_format(&lines, "job 1 %0*d\n", (int)(room - lines.length - sizeof "job 1 "), 7);
	growth_text(lines.data, lines.length, out);
	assert_int_equal(out->length, length);
}

static void test_what_is_too_large_is_neither_read_nor_written(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 }, known = { 0 };
	struct growth growth;
	struct err err = { 0 };

	make_long_text(GROWTH_LIMIT + 1, &text);
	put(world, text.data, text.length);
	assert_string_equal(load(opened, &known), "");
	assert_int_equal(count_warnings(world), 1);
	make_long_text(GROWTH_LIMIT, &text);
	put(world, text.data, text.length);
	growth_load(opened, &growth);
	assert_true(growth.job_count > 1000);
	save(&growth, opened);
	growth_set_job(&growth, "one more", 1);
	assert_int_equal(growth_save(&growth, opened, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.msg, "longer than 1 MiB"));
	growth_clear(&growth);
	buf_clear(&known);
	assert_int_equal(state_read_file(opened, "history", GROWTH_LIMIT, &known, &err), 0);
	assert_string_equal(buf_string(&known), buf_string(&text));
	state_close(opened);
}

static void test_what_cannot_be_read_or_written_is_told(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	CLEANUP(free_p) char *own = world_own_folder(world);
	CLEANUP(buf_free) struct buf known = { 0 };
	struct err err = { 0 };

	temporary_mkdir(own, "history");
	assert_string_equal(load(opened, &known), "");
	assert_true(world_logged(world, "/history: not a regular file"));
	assert_int_equal(count_warnings(world), 1);
	assert_int_equal(growth_save(&(struct growth){ 0 }, opened, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.msg, "history"));
	state_close(opened);
	/* The registry's own folder is a file: that is a kind of error of its own elsewhere. */
	temporary_remove(xstrdup(own));
	temporary_text(world->folder, strrchr(own, '/') + 1, "");
	opened = state_open_read_only(&world->options, &(struct err){ 0 });
	assert_int_equal(growth_save(&(struct growth){ 0 }, opened, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	state_close(opened);
}

struct due_row {
	const char *sentence;
	int64_t ran_at; /* INT64_MIN: never */
	long hours;
	bool due;
};

static const struct due_row DUE[] = {
	{ "it never ran", INT64_MIN, 24, true },
	{ "it never ran, and is for every run", INT64_MIN, 0, true },
	{ "it is for every run", NOW, 0, true },
	{ "it ran just now", NOW, 24, false },
	{ "it ran a second ago, and is for every hour", NOW - 1, 1, false },
	{ "cron is a few seconds early", NOW - DAY + 7, 24, true },
	{ "it is five minutes early", NOW - DAY + 300, 24, true },
	{ "it is earlier than that", NOW - DAY + 301, 24, false },
	{ "it is time", NOW - DAY, 24, true },
	{ "it is late", NOW - 9 * DAY, 24, true },
	{ "each hour, five minutes early", NOW - HOUR + 300, 1, true },
	{ "each hour, earlier than that", NOW - HOUR + 301, 1, false },
	{ "a week has not passed", NOW - 6 * DAY, 168, false },
	{ "a century has not passed since the beginning", 0, 876000, false },
	{ "the clock went back", NOW + 1, 24, true },
	{ "the clock went back from the end of time", INT64_MAX, 24, true },
};

static void test_when_a_job_is_due(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof DUE / sizeof *DUE; i++) {
		const struct due_row *row = &DUE[i];
		struct config_job job = { .name = (char[]){ "b" },
					  .clean_every_n_hours = row->hours };
		struct growth growth = { 0 };

		growth_set_job(&growth, "a", NOW);
		if (row->ran_at != INT64_MIN)
			growth_set_job(&growth, "b", row->ran_at);
		if (growth_job_due(&growth, &job, NOW) != row->due)
			fail_msg("%s: due is not %d", row->sentence, row->due);
		growth_clear(&growth);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_was_saved_is_known),
		TEST(test_nothing_is_known_where_nothing_is),
		TEST(test_a_state_for_reading_knows_it),
		TEST(test_ten_runs_are_kept),
		TEST(test_jobs_are_kept_by_name),
		TEST(test_unknown_jobs_are_forgotten_after_a_year),
		TEST(test_what_is_at_the_border_is_known),
		TEST(test_what_is_foreign_is_one_warning_and_replaced),
		TEST(test_what_is_too_large_is_neither_read_nor_written),
		TEST(test_what_cannot_be_read_or_written_is_told),
		TEST(test_when_a_job_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
