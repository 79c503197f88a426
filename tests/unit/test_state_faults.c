/* What is left of the debts when writing them fails, wholly or half-way. */
#include "state_world.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* What a file system does only when it is broken. */
static bool ftruncate_fails;
static bool fdatasync_fails;

int ftruncate(int fd, off_t length)
{
	if (!ftruncate_fails)
		return (int)syscall(SYS_ftruncate, fd, length);
	errno = EIO;
	return -1;
}

int fdatasync(int fd)
{
	if (!fdatasync_fails)
		return (int)syscall(SYS_fdatasync, fd);
	errno = EIO;
	return -1;
}

/* From here on files may not grow beyond LENGTH bytes, as on a full disk. */
static void limit_files(rlim_t length)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = length == RLIM_INFINITY ? limit.rlim_max : length;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_a_full_disk_corrupts_nothing(void **state)
{
	static const char already[] = HEADER "collect\nowe a " D1 "\n";
	struct world *world = *state;
	const char *const digests[] = { D1, D2, D3 };

	for (size_t room = 0; room < 2 * (sizeof "owe a " D1) - 2; room += 5) {
		CLEANUP(buf_free) struct buf text = { 0 };
		struct state *opened = world_open(world);
		struct err err = { 0 };
		int owed = 0;

		world_owe(opened, "a", D1);
		limit_files(sizeof already - 1 + room);
		owed = state_add_pending(opened, "a", digests, 3, DATE_ABSENT, &err);
		limit_files(RLIM_INFINITY);
		assert_int_equal(owed, -1);
		assert_int_equal(err.kind, ERR_IO);
		assert_string_equal(world_tell(opened, &text), "a@sha256:1 | | collect");
		assert_string_equal(world_journal(world, &text), already);
		assert_int_equal(state_add_pending(opened, "a", digests, 3, DATE_ABSENT, &err), 0);
		state_close(opened);
		opened = world_open(world);
		assert_string_equal(world_tell(opened, &text),
				    "a@sha256:1 a@sha256:2 a@sha256:3 | | collect");
		world_strike(opened, "a", D2, false);
		world_strike(opened, "a", D3, false);
		state_close(opened);
	}
}

static void test_a_torn_line_that_stays_does_not_swallow_the_next(void **state)
{
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct state *opened = world_open(world);
	const char *digest = D2;
	struct err err = { 0 };
	int owed = 0;

	world_owe(opened, "a", D1);
	ftruncate_fails = true;
	limit_files(strlen(world_journal(world, &text)) + 30);
	owed = state_add_pending(opened, "a", &digest, 1, DATE_ABSENT, &err);
	limit_files(RLIM_INFINITY);
	ftruncate_fails = false;
	assert_int_equal(owed, -1);
	world_strike(opened, "a", D1, true);
	world_owe(opened, "a", D3);
	state_close(opened);
	opened = world_open(world);
	assert_string_equal(world_tell(opened, &text), "a@sha256:3 | a@sha256:1 | collect");
	assert_int_equal(log_warnings(), 1);
	state_close(opened);
}

static void test_what_is_not_on_the_disk_is_not_owed(void **state)
{
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct state *opened = world_open(world);
	const char *digest = D1;
	struct err err = { 0 };

	fdatasync_fails = true;
	assert_int_equal(state_add_pending(opened, "a", &digest, 1, DATE_ABSENT, &err), -1);
	assert_int_equal(state_add_pending_collection(opened, &err), -1);
	fdatasync_fails = false;
	assert_string_equal(world_tell(opened, &text), "| |");
	assert_string_equal(world_journal(world, &text), HEADER);
	world_owe(opened, "a", D1);
	assert_string_equal(world_journal(world, &text), HEADER "collect\nowe a " D1 "\n");
	state_close(opened);
}

static void test_a_disk_that_is_full_from_the_start(void **state)
{
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct state *opened = world_open(world);
	struct err err = { 0 };

	world_owe(opened, "a", D1);
	state_close(opened);
	limit_files(10);
	opened = state_open(&world->options, &err);
	limit_files(RLIM_INFINITY);
	assert_null(opened);
	assert_int_equal(err.kind, ERR_USAGE);
	assert_non_null(strstr(err.msg, strerror(EFBIG)));
	assert_string_equal(world_journal(world, &text), HEADER "collect\nowe a " D1 "\n");
}

/* A file of LENGTH bytes in the journal's place, that takes no room. */
static void put_long_journal(const struct world *world, off_t length)
{
	CLEANUP(free_p) char *own = world_own_folder(world);
	CLEANUP(free_p) char *path = xasprintf("%s/debts", own);

	world_put_journal(world, HEADER, strlen(HEADER));
	assert_int_equal(truncate(path, length), 0);
}

static void test_a_journal_beyond_the_limit_is_not_read(void **state)
{
	struct world *world = *state;
	struct state *opened = NULL;
	struct err err = { 0 };

	world_make_folder(world);
	put_long_journal(world, ((off_t)64 << 20) + 1);
	assert_null(state_open(&world->options, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_non_null(strstr(err.msg, "debts is longer than 64 MiB"));
	assert_non_null(strstr(err.msg, "clean-registry collect"));
	opened = state_open_read_only(&world->options, &err);
	assert_non_null(opened);
	assert_int_equal(log_warnings(), 1);
	state_close(opened);
}

#define MANY 20000

/* Owes that many manifests of "a" from NUMBER on, and (GONE) says that they went. */
static int owe_many(struct state *opened, size_t number, bool gone, struct err *err)
{
	char(*texts)[80] = xcalloc(MANY, sizeof *texts);
	CLEANUP(free_p) const char **digests = xcalloc(MANY, sizeof *digests);
	int result;

	for (size_t i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof *texts, "sha256:%064zx", number + i);
		digests[i] = texts[i];
	}
	result = state_add_pending(opened, "a", digests, MANY, DATE_ABSENT, err);
	for (size_t i = 0; result == 0 && gone && i < MANY; i++)
		world_strike(opened, "a", digests[i], true);
	if (result == 0 && gone)
		assert_int_equal(state_checkpoint(opened, "a", err), 0);
	free(texts);
	return result;
}

static void test_a_journal_never_grows_beyond_what_is_read(void **state)
{
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct state *opened = world_open(world);
	struct err err = { 0 };
	size_t rounds = 0;

	/* What is settled leaves it. */
	for (rounds = 0; rounds < 24; rounds++)
		assert_int_equal(owe_many(opened, rounds * MANY, true, &err), 0);
	world_owe(opened, "b", D1);
	world_journal(world, &text);
	assert_in_range(text.length, 1, (size_t)64 << 20);
	state_close(opened);
	opened = world_open(world);
	assert_string_equal(world_tell(opened, &text), "b@sha256:1 | | collect");
	/* What is owed cannot. */
	for (rounds = 0; rounds < 60 && owe_many(opened, rounds * MANY, false, &err) == 0;)
		rounds++;
	assert_in_range(rounds, 40, 50);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.msg, "longer than 64 MiB"));
	state_close(opened);
	world_make_folder(world);
}

static void test_what_a_kill_left_is_swept(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *own = NULL;
	CLEANUP(free_p) char *left = NULL;
	CLEANUP(free_p) char *foreign = NULL;

	world_make_folder(world);
	own = world_own_folder(world);
	left = xasprintf("%s/cache.clean-registry-a1B2c3", own);
	foreign = xasprintf("%s/cache.backup", own);
	temporary_write(own, "cache.clean-registry-a1B2c3", "x", 1);
	temporary_write(own, "cache.backup", "x", 1);
	state_close(state_open_read_only(&world->options, &(struct err){ 0 }));
	assert_int_equal(access(left, F_OK), 0);
	world_make_folder(world);
	assert_int_equal(access(left, F_OK), -1);
	assert_int_equal(access(foreign, F_OK), 0);
}

static void test_a_reserve_is_made_and_kept(void **state)
{
	struct world *world = *state;
	struct state *opened = world_open(world);
	struct err err = { 0 };
	CLEANUP(free_p) char *own = world_own_folder(world);
	CLEANUP(free_p) char *path = xasprintf("%s/reserve", own);
	struct stat first, second;

	assert_int_equal(stat(path, &first), -1);
	assert_int_equal(state_keep_reserve(opened, &err), 0);
	assert_int_equal(stat(path, &first), 0);
	assert_int_equal(first.st_size, 1 << 20);
	assert_true(first.st_blocks * 512 >= 1 << 20);
	assert_int_equal(first.st_mode & 07777, 0600);
	assert_int_equal(state_keep_reserve(opened, &err), 0);
	assert_int_equal(stat(path, &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	/* A hole is no reserve. */
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(truncate(path, 1 << 20), 0);
	assert_int_equal(state_keep_reserve(opened, &err), 0);
	assert_int_equal(stat(path, &second), 0);
	assert_true(second.st_blocks * 512 >= 1 << 20);
	assert_int_equal(unlink(path), 0);
	limit_files(1000);
	assert_int_equal(state_keep_reserve(opened, &err), -1);
	limit_files(RLIM_INFINITY);
	assert_int_equal(err.kind, ERR_IO);
	assert_int_equal(stat(path, &second), -1);
	state_close(opened);
	/* Who has no lock makes none. */
	opened = state_open_read_only(&world->options, &err);
	assert_int_equal(state_keep_reserve(opened, &err), 0);
	assert_int_equal(stat(path, &second), -1);
	state_close(opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_full_disk_corrupts_nothing),
		TEST(test_a_torn_line_that_stays_does_not_swallow_the_next),
		TEST(test_what_is_not_on_the_disk_is_not_owed),
		TEST(test_a_disk_that_is_full_from_the_start),
		TEST(test_a_journal_beyond_the_limit_is_not_read),
		TEST(test_a_journal_never_grows_beyond_what_is_read),
		TEST(test_what_a_kill_left_is_swept),
		TEST(test_a_reserve_is_made_and_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
