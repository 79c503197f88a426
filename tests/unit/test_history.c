/* A line for each run: written, read back, dropped when it is old, and never believed in part. */
#include "history/history.h"
#include "state_world.h"

#include "config/config.h"
#include "util/buf.h"

#include <signal.h>
#include <sys/resource.h>

#define NOW       INT64_C(1790000000)
#define DAY       INT64_C(86400)
#define FILE_NAME "history.jsonl"
#define REQUIRED  "\"started_at\":1790000000,\"command\":\"run\",\"exit_code\":0"
#define SMALL     "{" REQUIRED "}"

static struct config config_of(const struct world *world)
{
	struct config config = { 0 };

	config.paths.state = world->folder;
	config.registry.url = (char *)(uintptr_t)world->options.url;
	config.registry.container = (char *)(uintptr_t)world->options.container;
	config.paths.host_storage = (char[]){ "" };
	return config;
}

/* A run at AT; nothing but that and the number of its tags is known. */
static struct history_entry run_at(int64_t at, uint64_t tags)
{
	struct history_entry entry;
	CLEANUP(buf_free) struct buf line = { 0 };

	buf_format(&line, "{\"started_at\":%" PRId64 ",\"command\":\"run\",\"exit_code\":0}", at);
	assert_true(history_line_read(line.data, line.length, &entry));
	entry.tags = tags;
	return entry;
}

static void add_at(const struct world *world, int64_t at, uint64_t tags, bool locked)
{
	struct config config = config_of(world);
	struct history_entry entry = run_at(at, tags);
	struct err err = { 0 };

	if (history_add(&config, &entry, locked, &err) != 0)
		fail_msg("history_add: %s", err.msg);
}

static void put(const struct world *world, const struct buf *text)
{
	CLEANUP(free_p) char *own = world_own_folder(world);

	temporary_write(own, FILE_NAME, text->data, text->length);
}

static void put_text(const struct world *world, const char *text)
{
	struct buf lines = { 0 };

	buf_text(&lines, text);
	put(world, &lines);
	buf_free(&lines);
}

static void read_file(const struct world *world, struct buf *out)
{
	CLEANUP(free_p) char *own = world_own_folder(world);
	CLEANUP(free_p) char *path = xasprintf("%s/" FILE_NAME, own);
	struct err err = { 0 };

	buf_clear(out);
	if (file_read(AT_FDCWD, path, SIZE_MAX, out, &err) != 0)
		fail_msg("%s", err.msg);
}

static struct history load(const struct world *world)
{
	struct config config = config_of(world);
	struct history history;
	struct err err = { 0 };

	if (history_load(&config, &history, &err) != 0)
		fail_msg("history_load: %s", err.msg);
	return history;
}

/* The numbers of tags of all runs that are known, and "+DAMAGED"; in OUT, returned. */
static const char *tell(const struct world *world, struct buf *out)
{
	struct history history = load(world);

	buf_clear(out);
	for (size_t i = 0; i < history.count; i++)
		buf_format(out, "%s%" PRIu64, i ? " " : "", history.entries[i].tags);
	if (history.damaged)
		buf_format(out, "+%zu", history.damaged);
	history_clear(&history);
	return buf_string(out);
}

static void test_a_line_is_read_as_it_was_written(void **state)
{
	static const uint64_t VALUES[] = { 0, 1, 4294967296, INT64_MAX, HISTORY_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
		uint64_t v = VALUES[i];
		struct history_entry entry = {
			.started_at = NOW,
			.finished_at = NOW + 12,
			.command = "collect",
			.exit_code = 130,
			.duration_ms = v,
			.repositories = v,
			.tags = v,
			.tags_kept = v,
			.tags_deleted = v,
			.manifests_deleted = v,
			.tags_damaged = v,
			.warnings = v,
			.errors = v,
			.collected = v,
			.bytes_freed = v,
			.blobs_freed = v,
			.storage_bytes = v,
			.image_bytes = v,
			.garbage_bytes = v,
			.untagged_bytes = v,
			.trash_bytes = v,
			.free_bytes = v,
		};
		CLEANUP(buf_free) struct buf line = { 0 }, same = { 0 };
		struct history_entry again;

		history_line_write(&entry, &line);
		assert_true(line.length < 1024);
		assert_ptr_equal(strchr(line.data, '\n'), line.data + line.length - 1);
		assert_true(history_line_read(line.data, line.length - 1, &again));
		history_line_write(&again, &same);
		assert_string_equal(buf_string(&same), buf_string(&line));
		assert_int_equal(again.free_bytes, v);
		assert_int_equal(again.finished_at, NOW + 12);
	}
}

static void test_what_is_too_large_is_the_largest(void **state)
{
	struct history_entry entry = run_at(NOW, INT64_MAX + UINT64_C(1)), again;
	CLEANUP(buf_free) struct buf line = { 0 };

	(void)state;
	history_line_write(&entry, &line);
	assert_true(history_line_read(line.data, line.length - 1, &again));
	assert_int_equal(again.tags, INT64_MAX);
}

static void test_what_is_a_line(void **state)
{
	static const struct {
		const char *line;
		bool good;
	} ROWS[] = {
		{ SMALL, true },
		{ " " SMALL " ", true },
		{ "{" REQUIRED ",\"tags\":null}", true },
		{ "{" REQUIRED ",\"of_a_newer_version\":{\"a\":[1,2.5,\"x\"]}}", true },
		{ "{\"exit_code\":255,\"started_at\":0,\"command\":\"abcdefghijklmno\"}", true },
		{ "", false },
		{ "null", false },
		{ "[]", false },
		{ "{}", false },
		{ "{" REQUIRED, false },
		{ "{" REQUIRED ",}", false },
		{ SMALL SMALL, false },
		{ "{" REQUIRED ",\"command\":\"run\"}", false },
		{ "{\"command\":\"run\",\"exit_code\":0}", false },
		{ "{\"started_at\":1,\"exit_code\":0}", false },
		{ "{\"started_at\":1,\"command\":\"run\"}", false },
		{ "{\"started_at\":-1,\"command\":\"run\",\"exit_code\":0}", false },
		{ "{\"started_at\":1.5,\"command\":\"run\",\"exit_code\":0}", false },
		{ "{\"started_at\":\"1\",\"command\":\"run\",\"exit_code\":0}", false },
		{ "{\"started_at\":1,\"command\":\"\",\"exit_code\":0}", false },
		{ "{\"started_at\":1,\"command\":\"abcdefghijklmnop\",\"exit_code\":0}", false },
		{ "{\"started_at\":1,\"command\":\"r\\u0075n\",\"exit_code\":0}", false },
		{ "{\"started_at\":1,\"command\":\"\x1b[31m\",\"exit_code\":0}", false },
		{ "{\"started_at\":1,\"command\":7,\"exit_code\":0}", false },
		{ "{\"started_at\":1,\"command\":\"run\",\"exit_code\":-1}", false },
		{ "{\"started_at\":1,\"command\":\"run\",\"exit_code\":256}", false },
		{ "{" REQUIRED ",\"finished_at\":-5}", false },
		{ "{" REQUIRED ",\"tags\":-5}", false },
		{ "{" REQUIRED ",\"tags\":\"5\"}", false },
		{ "{" REQUIRED ",\"tags\":5.0}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct history_entry entry;

		if (history_line_read(ROWS[i].line, strlen(ROWS[i].line), &entry) != ROWS[i].good)
			fail_msg("%s: good is not %d", ROWS[i].line, ROWS[i].good);
	}
}

static void test_what_is_not_said_is_not_known(void **state)
{
	struct history_entry entry;

	(void)state;
	assert_true(history_line_read(SMALL, strlen(SMALL), &entry));
	assert_int_equal(entry.started_at, NOW);
	assert_int_equal(entry.finished_at, NOW);
	assert_string_equal(entry.command, "run");
	assert_int_equal(entry.tags, HISTORY_UNKNOWN);
	assert_int_equal(entry.free_bytes, HISTORY_UNKNOWN);
}

static void test_runs_are_added_one_after_the_other(void **state)
{
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *own = NULL, *path = NULL;
	struct stat status;

	add_at(world, NOW, 1, true);
	assert_int_equal(access(world->folder, F_OK), -1);
	world_make_folder(world);
	assert_string_equal(tell(world, &text), "");
	add_at(world, NOW, 1, true);
	add_at(world, NOW + 5, 2, false);
	add_at(world, NOW - 5, 3, true);
	assert_string_equal(tell(world, &text), "1 2 3");
	own = world_own_folder(world);
	path = xasprintf("%s/" FILE_NAME, own);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640 & ~022);
}

static void test_what_is_damaged_is_passed_over(void **state)
{
	static const struct {
		const char *text, *known, *later;
	} ROWS[] = {
		{ "", "", "9" },
		{ "\n", "+1", "9+1" },
		{ SMALL, "18446744073709551615", "18446744073709551615 9" },
		{ "{" REQUIRED ",\"tags\":1}\n{" REQUIRED ",\"tags\":2", "1", "1 9+1" },
		{ "{" REQUIRED ",\"tags\":1}\nrubbish\n{" REQUIRED ",\"tags\":2}\n", "1 2+1",
		  "1 2 9+1" },
		{ "\xff\xfe\n\n{" REQUIRED ",\"tags\":2}\n", "2+2", "2 9+2" },
	};
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };

	world_make_folder(world);
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		put_text(world, ROWS[i].text);
		assert_string_equal(tell(world, &text), ROWS[i].known);
		add_at(world, NOW, 9, false);
		assert_string_equal(tell(world, &text), ROWS[i].later);
	}
}

static void test_zeros_after_a_power_cut_are_one_damaged_line(void **state)
{
	static const char ZEROS[300];
	struct world *world = *state;
	CLEANUP(buf_free) struct buf lines = { 0 }, text = { 0 };

	world_make_folder(world);
	buf_text(&lines, "{" REQUIRED ",\"tags\":1}\n");
	buf_add(&lines, ZEROS, sizeof ZEROS);
	put(world, &lines);
	assert_string_equal(tell(world, &text), "1");
	add_at(world, NOW, 2, true);
	assert_string_equal(tell(world, &text), "1 2+1");
}

struct old_row {
	const char *sentence;
	int64_t days[4]; /* before NOW, of the runs that are there; 0: no more */
	bool locked;
	const char *known; /* which of them, from 1 on; the new one is 9 */
};

static const struct old_row OLD[] = {
	{ "nothing is old", { 360, 200, 1 }, true, "1 2 3 9" },
	{ "a day of grace", { 366, 366, 1 }, true, "1 2 3 9" },
	{ "old ones go", { 368, 367, 366, 1 }, true, "3 4 9" },
	{ "not without the lock", { 368, 367, 366, 1 }, false, "1 2 3 4 9" },
	{ "the last run was long ago: has the clock jumped?", { 800, 700 }, true, "1 2 9" },
	{ "one run, long ago", { 700 }, true, "1 9" },
	{ "runs of a clock that was wrong by years", { -800, -700, 5 }, true, "3 9" },
	{ "runs of a clock that was wrong by days", { -5, -4, 5 }, true, "1 2 3 9" },
	{ "order does not matter", { 400, 5, 400, 5 }, true, "2 4 9" },
};

static void test_what_is_old_is_dropped(void **state)
{
	struct world *world = *state;

	world_make_folder(world);
	for (size_t i = 0; i < sizeof OLD / sizeof *OLD; i++) {
		CLEANUP(buf_free) struct buf lines = { 0 }, text = { 0 };

		for (size_t k = 0; k < 4 && OLD[i].days[k]; k++)
			buf_format(&lines,
				   "{\"started_at\":%" PRId64
				   ",\"command\":\"run\",\"exit_code\":0,\"tags\":%zu}\n",
				   NOW - OLD[i].days[k] * DAY, k + 1);
		put(world, &lines);
		add_at(world, NOW, 9, OLD[i].locked);
		if (strcmp(tell(world, &text), OLD[i].known) != 0)
			fail_msg("%s: %s is known", OLD[i].sentence, text.data);
	}
}

static void test_a_line_that_stays_is_as_it_was(void **state)
{
	static const char LINE[] = "{" REQUIRED ",\"new\":{\"a\": 1} ,\"tags\":7}\n";
	struct world *world = *state;
	CLEANUP(buf_free) struct buf lines = { 0 }, text = { 0 };

	world_make_folder(world);
	buf_format(&lines, "{\"started_at\":5,\"command\":\"run\",\"exit_code\":0}\nrubbish\n%s",
		   LINE);
	put(world, &lines);
	add_at(world, NOW, 9, true);
	read_file(world, &text);
	assert_int_equal(strncmp(text.data, LINE, strlen(LINE)), 0);
	assert_string_equal(tell(world, &text), "7 9");
}

/* COUNT runs, a minute apart, the last of them at NOW. */
static void put_many(const struct world *world, uint64_t count)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	for (uint64_t i = 1; i <= count; i++) {
		struct history_entry entry = run_at(NOW - (int64_t)(count - i) * 60, i);

		entry.storage_bytes = entry.free_bytes = entry.bytes_freed = INT64_MAX;
		history_line_write(&entry, &lines);
	}
	put(world, &lines);
}

static void test_the_file_is_bounded(void **state)
{
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct history history;

	world_make_folder(world);
	put_many(world, 50000);
	read_file(world, &text);
	assert_true(text.length > 8 << 20);
	add_at(world, NOW, 50001, false);
	add_at(world, NOW, 50002, true);
	read_file(world, &text);
	assert_true(text.length <= 6 << 20);
	history = load(world);
	assert_true(history.count > 15000);
	assert_int_equal(history.damaged, 0);
	for (size_t i = 0; i < history.count; i++)
		assert_int_equal(history.entries[i].tags, 50002 - (history.count - 1 - i));
	history_clear(&history);
}

/* Only runs without the lock ended there. */
static void test_of_a_long_file_the_end_is_read(void **state)
{
	struct world *world = *state;
	struct history history;

	world_make_folder(world);
	put_many(world, 90000);
	history = load(world);
	assert_true(history.count > 40000 && history.count < 90000);
	assert_int_equal(history.damaged, 0);
	assert_int_equal(history.entries[history.count - 1].tags, 90000);
	history_clear(&history);
}

/* As on a full disk: a part of the line still fits. */
static void test_where_a_line_does_not_fit_there_is_none(void **state)
{
	struct world *world = *state;
	struct config config = config_of(world);
	struct history_entry entry = run_at(NOW, 2);
	CLEANUP(buf_free) struct buf before = { 0 }, after = { 0 };
	struct rlimit limit;
	struct err err = { 0 };

	world_make_folder(world);
	add_at(world, NOW, 1, true);
	read_file(world, &before);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	for (rlim_t room = 0; room < 20; room += 10) {
		struct rlimit small = { before.length + room, limit.rlim_max };
		int result;

		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		result = history_add(&config, &entry, true, &err);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		assert_int_equal(result, -1);
		assert_int_equal(err.kind, ERR_IO);
		assert_non_null(strstr(err.msg, "/history.jsonl: "));
		read_file(world, &after);
		assert_string_equal(buf_string(&after), buf_string(&before));
	}
}

static void assert_no_history(const struct world *world, enum err_kind kind, const char *why)
{
	struct config config = config_of(world);
	struct history_entry entry = run_at(NOW, 2);
	struct history history;
	struct err err = { 0 };

	assert_int_equal(history_load(&config, &history, &err), -1);
	assert_int_equal(err.kind, kind);
	assert_non_null(strstr(err.msg, why));
	assert_int_equal(history.count, 0);
	err = (struct err){ 0 };
	assert_int_equal(history_add(&config, &entry, true, &err), -1);
	assert_int_equal(err.kind, kind);
}

static void test_what_is_no_file_is_left_alone(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *own = NULL, *path = NULL;

	world_make_folder(world);
	own = world_own_folder(world);
	path = xasprintf("%s/" FILE_NAME, own);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_no_history(world, ERR_IO, "history.jsonl: ");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_no_history(world, ERR_IO, "history.jsonl: ");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_no_history(world, ERR_IO, "history.jsonl: ");
}

static void test_a_state_that_others_write_is_not_believed(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *own = NULL;

	world_make_folder(world);
	add_at(world, NOW, 1, true);
	own = world_own_folder(world);
	assert_int_equal(chmod(own, 0777), 0);
	assert_no_history(world, ERR_USAGE, "others than its owner can write it");
}

/* In a child: adds COUNT runs without the lock. */
static pid_t add_beside(const struct world *world, uint64_t first, uint64_t count)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child > 0)
		return child;
	for (uint64_t i = 0; i < count; i++) {
		struct config config = config_of(world);
		struct history_entry entry = run_at(NOW, first + i);
		struct err err = { 0 };

		if (history_add(&config, &entry, false, &err) != 0)
			_exit(1);
	}
	_exit(0);
}

/* One of them has the lock, and replaces the file as often as something old is in it. */
static void test_no_run_is_lost_between_others(void **state)
{
	struct world *world = *state;

	world_make_folder(world);
	for (int round = 0; round < 25; round++) {
		struct history history;
		uint64_t sum = 0;
		pid_t children[2];

		put_text(world,
			 "{\"started_at\":5,\"command\":\"run\",\"exit_code\":0}\n" SMALL "\n");
		for (size_t i = 0; i < 2; i++)
			children[i] = add_beside(world, 100 * (i + 1), 10);
		for (uint64_t i = 0; i < 5; i++)
			add_at(world, NOW, 1000 + i, true);
		for (size_t i = 0; i < 2; i++) {
			int status = -1;

			assert_int_equal(waitpid(children[i], &status, 0), children[i]);
			assert_int_equal(status, 0);
		}
		history = load(world);
		assert_int_equal(history.damaged, 0);
		assert_int_equal(history.count, 1 + 20 + 5);
		for (size_t i = 0; i < history.count; i++)
			sum += history.entries[i].tags == HISTORY_UNKNOWN ? 0
									  : history.entries[i].tags;
		assert_int_equal(sum, 1045 + 2045 + 5010);
		history_clear(&history);
	}
}

/* In a child that is killed: runs one after the other; each few of them, all before are too old or
 * too far in the future, and the file is replaced. */
static void add_for_ever(const struct world *world)
{
	for (uint64_t i = 1;; i++) {
		struct config config = config_of(world);
		struct history_entry entry = run_at(i % 6 < 3 ? NOW : NOW + 400 * DAY, i);
		struct err err = { 0 };

		if (history_add(&config, &entry, true, &err) != 0)
			_exit(1);
	}
}

/* The tags of the last run, 0 where there is none; nothing is damaged. */
static uint64_t last_of(const struct world *world)
{
	struct history history = load(world);
	uint64_t tags = history.count ? history.entries[history.count - 1].tags : 0;

	assert_int_equal(history.damaged, 0);
	assert_true(history.count < 20);
	history_clear(&history);
	return tags;
}

static void test_a_kill_leaves_no_damage(void **state)
{
	struct world *world = *state;
	uint64_t last;

	world_make_folder(world);
	for (uint64_t round = 0; round < 30; round++) {
		pid_t child;
		int status = 0;

		put_text(world, "");
		child = fork();
		assert_true(child >= 0);
		if (child == 0)
			add_for_ever(world);
		do
			last = last_of(world);
		while (last < 20 + round);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_true(last_of(world) >= last);
		/* Its lock went with it, and what it did not put into place is swept. */
		add_at(world, NOW, 7, true);
		assert_int_equal(last_of(world), 7);
		world_make_folder(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_is_read_as_it_was_written),
		cmocka_unit_test(test_what_is_too_large_is_the_largest),
		cmocka_unit_test(test_what_is_a_line),
		cmocka_unit_test(test_what_is_not_said_is_not_known),
		TEST(test_runs_are_added_one_after_the_other),
		TEST(test_what_is_damaged_is_passed_over),
		TEST(test_zeros_after_a_power_cut_are_one_damaged_line),
		TEST(test_what_is_old_is_dropped),
		TEST(test_a_line_that_stays_is_as_it_was),
		TEST(test_the_file_is_bounded),
		TEST(test_of_a_long_file_the_end_is_read),
		TEST(test_where_a_line_does_not_fit_there_is_none),
		TEST(test_what_is_no_file_is_left_alone),
		TEST(test_a_state_that_others_write_is_not_believed),
		TEST(test_no_run_is_lost_between_others),
		TEST(test_a_kill_leaves_no_damage),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
