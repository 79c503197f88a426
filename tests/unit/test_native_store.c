/* native/store: where the native collector refuses to work. */
#include "native_world.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Renames PATH below the root, and puts a symbolic link in its place. */
static void link_instead(const struct world *world, const char *path)
{
	CLEANUP(free_p) char *from = xasprintf("%s/%s", world->root, path);
	CLEANUP(free_p) char *to = xasprintf("%s/elsewhere", world->root);

	assert_int_equal(rename(from, to), 0);
	assert_int_equal(symlink(to, from), 0);
}

static void refuse(struct world *world, enum err_kind kind, const char *words)
{
	assert_null(native_store_open(world->root, &world->err));
	assert_int_equal(world->err.kind, kind);
	assert_non_null(strstr(world->err.msg, words));
}

static void a_storage_is_opened(void **state)
{
	struct world *world = *state;
	struct native_store *store = native_store_open(world->root, &world->err);
	int fd = -1;

	assert_non_null(store);
	assert_true(native_store_root(store) >= 0);
	fd = native_store_openat(native_store_fd(store), "blobs", O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	close(fd);
	fd = native_store_openat(native_store_root(store), "docker/registry", O_PATH | O_DIRECTORY);
	assert_true(fd >= 0);
	close(fd);
	native_store_close(store);
}

static void a_root_that_is_a_symbolic_link_is_followed(void **state)
{
	struct world *world = *state;
	CLEANUP(free_p) char *other = xasprintf("%s/other", world->root);
	struct native_store *store = NULL;

	assert_int_equal(symlink(world->root, other), 0);
	store = native_store_open(other, &world->err);
	assert_non_null(store);
	native_store_close(store);
}

static void what_is_no_storage_is_refused(void **state)
{
	struct world *world = *state;

	world_remove(world, V2 "blobs");
	refuse(world, ERR_USAGE, "no storage of a registry");
}

static void a_storage_without_repositories_is_refused(void **state)
{
	struct world *world = *state;

	world_remove(world, V2 "repositories");
	refuse(world, ERR_USAGE, "repositories");
}

static void folders_that_are_symbolic_links_are_refused(void **state)
{
	static const char *const folders[] = { "docker", V2 "blobs", V2 "repositories",
					       V2 "blobs/sha256" };

	(void)state;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		struct world *world = NULL;
		void *fresh = NULL;

		world_setup(&fresh);
		world = fresh;
		temporary_mkdir(world->root, V2 "blobs/sha256");
		link_instead(world, folders[i]);
		refuse(world, ERR_USAGE, "symbolic link");
		world_teardown(&fresh);
	}
}

static void a_pull_through_cache_is_refused(void **state)
{
	struct world *world = *state;

	world_write(world, "scheduler-state.json", "{}");
	refuse(world, ERR_USAGE, "pull-through cache");
}

static void a_storage_of_another_user_is_refused(void **state)
{
	struct world *world = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(seteuid(NOBODY), 0);
	assert_null(native_store_open(world->root, &world->err));
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(world->err.kind, ERR_USAGE);
	assert_non_null(strstr(world->err.msg, "belongs to user 0"));
}

/* Each component is looked at, not only the last. */
static void symbolic_links_are_not_opened_through(void **state)
{
	struct world *world = *state;
	struct native_store *store = NULL;
	static const char *const paths[] = { "way/x/file", "way", "real/x/last" };
	CLEANUP(free_p) char *way = xasprintf("%s/way", world->root);
	CLEANUP(free_p) char *last = xasprintf("%s/real/x/last", world->root);
	int fd = -1;

	world_write(world, "real/x/file", "text");
	assert_int_equal(symlink("real", way), 0);
	assert_int_equal(symlink("file", last), 0);
	store = native_store_open(world->root, &world->err);
	assert_non_null(store);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		errno = 0;
		assert_int_equal(native_store_openat(native_store_root(store), paths[i], O_RDONLY),
				 -1);
		assert_int_equal(errno, ELOOP);
	}
	fd = native_store_openat(native_store_root(store), "real/x/file", O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
	native_store_close(store);
}

/* As a kernel before 5.6 answers, or what confines a container. */
static int without_openat2(void **state)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof program / sizeof *program, program };

	world_setup(state);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
		return -1;
	return syscall(SYS_openat2, AT_FDCWD, ".", NULL, 0) == -1 && errno == ENOSYS ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_storage_is_opened),
		WORLD_TEST(a_root_that_is_a_symbolic_link_is_followed),
		WORLD_TEST(what_is_no_storage_is_refused),
		WORLD_TEST(a_storage_without_repositories_is_refused),
		cmocka_unit_test(folders_that_are_symbolic_links_are_refused),
		WORLD_TEST(a_pull_through_cache_is_refused),
		WORLD_TEST(a_storage_of_another_user_is_refused),
		WORLD_TEST(symbolic_links_are_not_opened_through),
		/* From here on the process has no openat2. */
		cmocka_unit_test_setup_teardown(a_storage_is_opened, without_openat2,
						world_teardown),
		cmocka_unit_test(folders_that_are_symbolic_links_are_refused),
		WORLD_TEST(symbolic_links_are_not_opened_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
