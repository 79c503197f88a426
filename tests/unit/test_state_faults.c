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
		owed = state_owe(opened, "a", digests, 3, DATE_ABSENT, &err);
		limit_files(RLIM_INFINITY);
		assert_int_equal(owed, -1);
		assert_int_equal(err.kind, ERR_IO);
		assert_string_equal(world_tell(opened, &text), "a@sha256:1 | | collect");
		assert_string_equal(world_journal(world, &text), already);
		assert_int_equal(state_owe(opened, "a", digests, 3, DATE_ABSENT, &err), 0);
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
	owed = state_owe(opened, "a", &digest, 1, DATE_ABSENT, &err);
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
	assert_int_equal(state_owe(opened, "a", &digest, 1, DATE_ABSENT, &err), -1);
	assert_int_equal(state_owe_collection(opened, &err), -1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_full_disk_corrupts_nothing),
		TEST(test_a_torn_line_that_stays_does_not_swallow_the_next),
		TEST(test_what_is_not_on_the_disk_is_not_owed),
		TEST(test_a_disk_that_is_full_from_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
