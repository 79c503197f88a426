/* The folder of paths.state: what is made, who may have it, and what survives a run. */
#include "state_world.h"

#include <signal.h>

static mode_t mode_of(const char *folder, const char *name)
{
	CLEANUP(free_p) char *path = xasprintf("%s/%s", folder, name);
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

static void test_folders_and_files_are_private(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *own = NULL;

	world_make_folder(world);
	own = world_own_folder(world);
	assert_int_equal(mode_of(world->root, "deep"), 0700);
	assert_int_equal(mode_of(world->folder, "."), 0700);
	assert_int_equal(mode_of(own, "."), 0700);
	assert_int_equal(mode_of(own, "lock"), 0600);
	assert_int_equal(mode_of(own, "debts"), 0600);
}

static void test_registries_have_their_own_folders(void **state)
{
	static const struct {
		const char *url;
		const char *container;
		const char *begins;
	} rows[] = {
		{ "https://registry.example.com:5000/prefix", "registry",
		  "registry.example.com_5000-" },
		{ "https://registry.example.com:5000/prefix", "other",
		  "registry.example.com_5000-" },
		{ "http://registry.example.com:5000/prefix", "registry",
		  "registry.example.com_5000-" },
		{ "http://registry.example.com:5000", "registry", "registry.example.com_5000-" },
		{ "http://[::1]:5000", "", "___1__5000-" },
		{ "http://..", "", "..-" },
	};
	enum { ROWS = sizeof rows / sizeof *rows };
	struct world *world = *state;
	struct state *states[ROWS];

	/* All at once: none is locked out by another. */
	for (size_t i = 0; i < ROWS; i++) {
		CLEANUP(free_p) char *repository = xasprintf("r%zu", i);

		world->options.url = rows[i].url;
		world->options.container = rows[i].container;
		states[i] = world_open(world);
		world_owe(states[i], repository, D1);
	}
	for (size_t i = 0; i < ROWS; i++) {
		CLEANUP(buf_free) struct buf told = { 0 };
		CLEANUP(free_p) char *expected = xasprintf("r%zu@sha256:1 | | collect", i);
		CLEANUP(free_p) char *begins = xasprintf("%s", rows[i].begins);
		DIR *stream = opendir(world->folder);
		const struct dirent *entry = NULL;
		size_t count = 0;

		state_close(states[i]);
		world->options.url = rows[i].url;
		world->options.container = rows[i].container;
		states[i] = world_open(world);
		assert_string_equal(world_tell(states[i], &told), expected);
		while ((entry = readdir(stream)))
			count += strncmp(entry->d_name, begins, strlen(begins)) == 0 &&
				 strlen(entry->d_name) == strlen(begins) + 16;
		closedir(stream);
		assert_int_equal(count, i < 4 ? 4 : 1);
	}
	for (size_t i = 0; i < ROWS; i++)
		state_close(states[i]);
}

static void test_a_very_long_host_fits(void **state)
{
	struct world *world = *state;
	char url[400] = "http://";

	memset(url + 7, 'h', sizeof url - 8);
	url[sizeof url - 1] = '\0';
	world->options.url = url;
	world_make_folder(world);
}

/* A child that holds the lock until it is told to end by the closing of its input. */
static pid_t hold_in_child(struct world *world, int *end)
{
	int ready[2];
	int hold[2];
	char byte = 0;
	pid_t child = 0;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct err err = { 0 };

		close(hold[1]);
		if (!state_open(&world->options, &err) || write(ready[1], "r", 1) != 1)
			_exit(1);
		_exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(ready[1]);
	close(hold[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	*end = hold[1];
	return child;
}

static void test_one_clean_registry_at_a_time(void **state)
{
	struct world *world = *state;
	struct err err = { 0 };
	int status = 0;
	int end = -1;
	pid_t child = hold_in_child(world, &end);

	assert_null(state_open(&world->options, &err));
	assert_int_equal(err.kind, ERR_BUSY);
	close(end);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	world_make_folder(world);
}

static void test_a_killed_holder_leaves_nothing_behind(void **state)
{
	struct world *world = *state;
	int status = 0;
	int end = -1;
	pid_t child = hold_in_child(world, &end);

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(end);
	world_make_folder(world);
}

static void test_one_storage_has_one_lock(void **state)
{
	struct world *world = *state;
	struct state *holder = NULL;
	struct err err = { 0 };

	world->options.host_storage = world->storage;
	holder = world_open(world);
	world->options.url = "http://the.same.registry:5000";
	assert_null(state_open(&world->options, &err));
	assert_int_equal(err.kind, ERR_BUSY);
	assert_non_null(strstr(err.msg, world->storage));
	state_close(holder);
	world_make_folder(world);
	assert_int_equal(log_warnings(), 0);
}

static void test_storage_that_cannot_be_locked_is_a_warning(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *absent = xasprintf("%s/absent", world->root);

	world->options.host_storage = absent;
	world_make_folder(world);
	assert_int_equal(log_warnings(), 1);
	assert_true(world_logged(world, absent));
}

/* A collector that outlives us must not keep the locks. What cat has copied tells that it runs. */
static void test_children_do_not_inherit_the_locks(void **state)
{
	struct world *world = *state;
	struct state *first = NULL;
	struct state *second = NULL;
	struct err err = { 0 };
	int input[2];
	int output[2];
	int status = 0;
	char byte = 0;
	pid_t child = 0;

	world->options.host_storage = world->storage;
	first = world_open(world);
	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(input[0], 0);
		dup2(output[1], 1);
		execlp("cat", "cat", (char *)NULL);
		_exit(127);
	}
	close(input[0]);
	close(output[1]);
	assert_int_equal(write(input[1], "x", 1), 1);
	assert_int_equal(read(output[0], &byte, 1), 1);
	state_close(first);
	second = state_open(&world->options, &err);
	close(input[1]);
	close(output[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_non_null(second);
	state_close(second);
}

static void expect_usage_error(struct world *world, const char *message)
{
	struct err err = { 0 };
	struct state *state = state_open(&world->options, &err);

	assert_null(state);
	assert_int_equal(err.kind, ERR_USAGE);
	if (!strstr(err.msg, message))
		fail_msg("\"%s\" is not in \"%s\"", message, err.msg);
}

static void test_a_folder_that_cannot_be_made(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *path = xasprintf("%s/file/state", world->root);

	temporary_text(world->root, "file", "");
	world->options.folder = path;
	expect_usage_error(world, path);
}

static void test_a_folder_without_rights(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *own = NULL;
	bool is_root = geteuid() == 0;
	struct err err = { 0 };
	struct state *opened = NULL;

	world_make_folder(world);
	own = world_own_folder(world);
	for (int i = 0; i < 3; i++) {
		CLEANUP(free_p) char *deep = xasprintf("%s/deep", world->root);

		/* Closed is: its own folder, for writing; paths.state, for writing and reading. */
		assert_int_equal(chmod(deep, 0755), 0);
		assert_int_equal(chmod(world->folder, i == 0 ? 0755 : 0555), 0);
		assert_int_equal(chmod(own, i == 0 ? 0555 : 0), 0);
		assert_int_equal(chmod(world->folder, i == 2 ? 0 : 0555), 0);
		if (is_root)
			assert_int_equal(seteuid(NOBODY), 0);
		opened = state_open(&world->options, &err);
		if (is_root)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(chmod(world->folder, 0700), 0);
		assert_int_equal(chmod(own, 0700), 0);
		assert_null(opened);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.msg, strerror(EACCES)));
	}
}

static void test_links_put_there_by_others_are_not_followed(void **state)
{
	static const char *const names[] = { "lock", "debts" };
	struct world *world = *state;
	CLEANUP(free_p) char *own = NULL;
	CLEANUP(free_p) char *moved = NULL;
	CLEANUP(free_p) char *victim = xasprintf("%s/victim", world->root);
	struct stat status;

	world_make_folder(world);
	own = world_own_folder(world);
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(free_p) char *path = xasprintf("%s/%s", own, names[i]);

		assert_int_equal(unlink(path), 0);
		assert_int_equal(symlink(victim, path), 0);
		expect_usage_error(world, path);
		assert_int_equal(lstat(victim, &status), -1);
		assert_int_equal(unlink(path), 0);
	}
	moved = xasprintf("%s.moved", own);
	assert_int_equal(rename(own, moved), 0);
	assert_int_equal(symlink(moved, own), 0);
	expect_usage_error(world, own);
	assert_int_equal(unlink(own), 0);
}

static void test_the_state_folder_itself_may_be_a_link(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *link = xasprintf("%s/link", world->root);

	temporary_mkdir(world->root, "deep/state");
	assert_int_equal(symlink("deep/state", link), 0);
	world->options.folder = link;
	world_make_folder(world);
	free(world_own_folder(world));
}

/* Refused by a run and by a dry run, with PATH and WHAT in the message. */
static void expect_distrust(struct world *world, const char *path, const char *what)
{
	struct err err = { 0 };

	expect_usage_error(world, path);
	assert_null(state_open_read_only(&world->options, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, what));
}

static void expect_trust(struct world *world)
{
	state_close(world_open(world));
}

static void test_what_others_can_write_is_not_believed(void **state)
{
	static const mode_t OPEN[] = { 0720, 0702, 0777, 01777 };
	struct world *world = *state;
	CLEANUP(free_p) char *own = NULL;
	CLEANUP(free_p) char *journal = NULL;

	expect_trust(world);
	own = world_own_folder(world);
	journal = xasprintf("%s/debts", own);
	for (size_t i = 0; i < sizeof OPEN / sizeof *OPEN; i++) {
		const char *const paths[] = { world->options.folder, own };

		for (size_t k = 0; k < 2; k++) {
			assert_int_equal(chmod(paths[k], OPEN[i]), 0);
			expect_distrust(world, paths[k], "chmod go-w");
			assert_int_equal(chmod(paths[k], 0700), 0);
		}
	}
	assert_int_equal(chmod(journal, 0620), 0);
	expect_distrust(world, journal, "chmod go-w");
	assert_int_equal(chmod(journal, 0602), 0);
	expect_distrust(world, journal, "chmod go-w");
	assert_int_equal(chmod(journal, 0644), 0);
	expect_trust(world);
}

/* Only root can give files away. */
static void test_what_belongs_to_another_is_not_believed(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *own = NULL;
	CLEANUP(free_p) char *journal = NULL;

	assert_int_equal(geteuid(), 0);
	expect_trust(world);
	own = world_own_folder(world);
	journal = xasprintf("%s/debts", own);
	for (size_t i = 0; i < 3; i++) {
		const char *path = i == 0 ? world->options.folder : i == 1 ? own : journal;

		assert_int_equal(chown(path, 54321, 54321), 0);
		expect_distrust(world, path, "uid 54321");
		assert_int_equal(chown(path, 0, 0), 0);
	}
	expect_trust(world);
}

static void test_a_dry_run_writes_nothing_and_takes_no_lock(void **state)
{
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct stat status;
	struct state *live = NULL;
	struct state *dry = state_open_read_only(&world->options, &(struct err){ 0 });
	struct err err = { 0 };

	assert_non_null(dry);
	assert_string_equal(world_tell(dry, &text), "| |");
	state_close(dry);
	assert_int_equal(lstat(world->folder, &status), -1);
	assert_int_equal(log_warnings(), 0);

	live = world_open(world);
	assert_int_equal(
		state_add_pending(live, "a", (const char *[]){ D1, D2 }, 2, DATE_ABSENT, &err), 0);
	dry = state_open_read_only(&world->options, &(struct err){ 0 });
	assert_string_equal(world_tell(dry, &text), "a@sha256:1 a@sha256:2 | | collect");
	assert_int_equal(state_add_pending(dry, "a", (const char *[]){ D3 }, 1, DATE_ABSENT, &err),
			 -1);
	assert_int_equal(state_clear_pending(dry, "a", D1, true, &err), -1);
	state_close(dry);
	assert_string_equal(world_journal(world, &text),
			    HEADER "collect\nowe a " D1 "\nowe a " D2 "\n");
	state_close(live);
}

static void test_a_dry_run_with_unreadable_debts_warns(void **state)
{
	struct world *world = *state;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct state *dry = NULL;

	world_make_folder(world);
	world_put_journal(world, "clean-registry debts 9\n", 23);
	dry = state_open_read_only(&world->options, &(struct err){ 0 });
	assert_string_equal(world_tell(dry, &text), "| |");
	assert_int_equal(log_warnings(), 1);
	state_close(dry);
	assert_string_equal(world_journal(world, &text), "clean-registry debts 9\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_folders_and_files_are_private),
		TEST(test_registries_have_their_own_folders),
		TEST(test_a_very_long_host_fits),
		TEST(test_one_clean_registry_at_a_time),
		TEST(test_a_killed_holder_leaves_nothing_behind),
		TEST(test_one_storage_has_one_lock),
		TEST(test_storage_that_cannot_be_locked_is_a_warning),
		TEST(test_children_do_not_inherit_the_locks),
		TEST(test_a_folder_that_cannot_be_made),
		TEST(test_a_folder_without_rights),
		TEST(test_links_put_there_by_others_are_not_followed),
		TEST(test_the_state_folder_itself_may_be_a_link),
		TEST(test_what_others_can_write_is_not_believed),
		TEST(test_what_belongs_to_another_is_not_believed),
		TEST(test_a_dry_run_writes_nothing_and_takes_no_lock),
		TEST(test_a_dry_run_with_unreadable_debts_warns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
