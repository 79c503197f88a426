/* What an interrupted collection took returns as far as it can, whatever else is wrong: one thing
 * that cannot return does not keep the others away. */
#include "collect_world.h"

#include <grp.h>
#include <sys/wait.h>

#define RUN    "20260101T000000Z-1"
#define MOVING LAYOUT_TRASH "/moving-" RUN
#define OWNER  12345
#define GROUP  54321 /* which the owner is no member of */
#define HEX512                                                             \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct native_world *world;

static int setup(void **state)
{
	(void)state;
	world = native_world_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	native_world_free(world);
	return 0;
}

static void add_garbage(const char *repository, const char *text, char digest[DIGEST_TEXT])
{
	native_put_blob(world, text, digest);
	native_put_link(world, repository, "_layers", digest, digest);
}

/* A run that takes and moves, and is killed. */
static void begin_run(void)
{
	struct native_journal *journal = native_world_journal(world);
	struct native_marks *marks = native_world_mark(world);
	struct timespec now = native_world_now(world);
	struct native_choice choice = { 0 };
	struct native_detached detached;
	struct native_swept swept;
	struct err err = { 0 };

	assert_int_equal(native_choose(world->store, marks, journal, &now, GRACE, &choice, &err),
			 0);
	assert_int_equal(
		native_detach(&world->collection, journal, &choice, marks, &now, &detached, &err),
		0);
	assert_int_equal(native_sweep(&world->collection, journal, &choice, &swept, &err), 0);
	native_choice_free(&choice);
	native_marks_free(marks);
	native_journal_free(journal);
}

static char *moved_path(const char *digest)
{
	const char *hex = digest + strlen("sha256:");

	return xasprintf(MOVING "/blobs/sha256/%.2s/%s", hex, hex);
}

/* Two that lie in the trash, and one that lost its links in the same run. */
struct killed {
	char moved[2][DIGEST_TEXT];
	char detached[DIGEST_TEXT];
};

static void kill_a_run(struct killed *killed)
{
	add_garbage("a", "garbage", killed->moved[0]);
	add_garbage("team/b", "other garbage", killed->moved[1]);
	(void)native_collect_well(world, NULL);
	world->now += 30 * HOURS;
	add_garbage("a", "late garbage", killed->detached);
	begin_run();
	assert_false(native_has_blob(world, killed->moved[0]));
	assert_false(native_has_link(world, "a", killed->detached));
}

static void recover_fails(const char *says)
{
	struct native_recovered recovered;
	struct err err = { 0 };

	assert_int_equal(native_recover(&world->collection, &recovered, &err), -1);
	assert_int_equal(err.kind, ERR_COLLECTOR);
	if (!strstr(err.msg, says))
		fail_msg("%s", err.msg);
}

static void recover_well(void)
{
	struct native_recovered recovered;
	struct err err = { 0 };

	if (native_recover(&world->collection, &recovered, &err) != 0)
		fail_msg("%s", err.msg);
}

static void is_back(const struct killed *killed, size_t moved)
{
	native_blob_is(world, killed->moved[moved], "moved");
	assert_true(native_has_link(world, moved ? "team/b" : "a", killed->moved[moved]));
	assert_true(native_has_link(world, "a", killed->detached));
}

/* A file in the trash that no run left there: all returns, and it is named all the same. */
static void test_a_strange_file_in_the_trash(void **state)
{
	static const char *const PLACES[] = {
		MOVING "/.DS_Store",
		MOVING "/blobs/.DS_Store",
		MOVING "/blobs/sha256/.DS_Store",
	};

	(void)state;
	for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
		CLEANUP(free_p) char *path = native_world_path(world, PLACES[i]);
		struct killed killed;

		kill_a_run(&killed);
		temporary_text(world->storage, PLACES[i], "");
		recover_fails(".DS_Store");
		is_back(&killed, 0);
		is_back(&killed, 1);
		assert_int_equal(unlink(path), 0);
		recover_well();
		assert_false(native_world_has(world, LAYOUT_TRASH));
	}
}

/* The registry would follow what is moved among its blobs. */
static void test_a_link_in_place_of_a_blob(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct killed killed;
		CLEANUP(free_p) char *full = NULL;
		CLEANUP(free_p) char *path = NULL;
		CLEANUP(free_p) char *data = NULL;
		CLEANUP(free_p) char *aside = xasprintf("%s/aside%d", world->root, i);

		(void)state;
		kill_a_run(&killed);
		path = moved_path(killed.moved[0]);
		data = xasprintf("%s%s", path, i ? "/data" : "");
		full = native_world_path(world, data);
		assert_int_equal(rename(full, aside), 0);
		assert_int_equal(symlink(aside, full), 0);
		recover_fails(killed.moved[0] + strlen("sha256:"));
		assert_true(native_world_has(world, data));
		assert_false(native_has_blob(world, killed.moved[0]));
		is_back(&killed, 1);
		assert_int_equal(unlink(full), 0);
		assert_int_equal(rename(aside, full), 0);
		recover_well();
		is_back(&killed, 0);
	}
}

static void test_a_blob_of_somebody_else(void **state)
{
	struct killed killed;
	CLEANUP(free_p) char *path = NULL;
	CLEANUP(free_p) char *full = NULL;

	(void)state;
	kill_a_run(&killed);
	path = moved_path(killed.moved[0]);
	full = native_world_path(world, path);
	assert_int_equal(chown(full, OWNER, OWNER), 0);
	recover_fails("belongs to neither");
	assert_false(native_has_blob(world, killed.moved[0]));
	is_back(&killed, 1);
}

/* One repository cannot be written to. */
static void test_a_link_that_cannot_return(void **state)
{
	CLEANUP(free_p) char *folder = native_world_path(world, V2 "repositories/a");
	CLEANUP(free_p) char *aside = xasprintf("%s/aside", world->root);
	struct killed killed;

	(void)state;
	kill_a_run(&killed);
	assert_int_equal(rename(folder, aside), 0);
	assert_int_equal(symlink(aside, folder), 0);
	recover_fails("repositories/a: the link of layer");
	native_blob_is(world, killed.moved[0], "moved");
	native_blob_is(world, killed.moved[1], "moved");
	assert_true(native_has_link(world, "team/b", killed.moved[1]));
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(rename(aside, folder), 0);
	recover_well();
	is_back(&killed, 0);
}

/* Its repository is gone since: that keeps nobody from collecting. */
static void test_an_alias_of_a_repository_that_is_gone(void **state)
{
	const char *alias = "sha512:" HEX512;
	CLEANUP(free_p) char *body = NULL;
	CLEANUP(free_p) char *gone = native_world_path(world, V2 "repositories/gone");
	CLEANUP(free_p) char *aside = xasprintf("%s/aside", world->root);
	char digest[DIGEST_TEXT], manifest[DIGEST_TEXT];

	(void)state;
	add_garbage("gone", "garbage", digest);
	native_put_link(world, "gone", "_layers", alias, digest);
	add_garbage("a", "garbage", digest);
	native_put_link(world, "a", "_layers", alias, digest);
	(void)native_collect_well(world, NULL);
	assert_int_equal(rename(gone, aside), 0);
	body = xasprintf("{\"schemaVersion\":2,"
			 "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
			 "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
			 "\"digest\":\"%s\",\"size\":8},\"layers\":[{\"mediaType\":"
			 "\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"%s\","
			 "\"size\":7}]}",
			 world->images[0].config, alias);
	native_put_blob(world, body, manifest);
	native_put_link(world, "a", "_manifests/revisions", manifest, manifest);
	world->now += 30 * HOURS;
	(void)native_collect_well(world, NULL);
	native_blob_is(world, digest, "by an alias");
	assert_true(native_has_link(world, "a", alias));
}

/* All of the storage is OWNER's, in a group that he is no member of: what he takes, he can put
 * back. */
static int collect_as_owner(void)
{
	char digest[DIGEST_TEXT];
	CLEANUP(free_p)
	char *command = xasprintf("chown -R %d:%d '%s' && chmod -R g+rwX '%s'", OWNER, GROUP,
				  world->root, world->storage);

	add_garbage("a", "garbage", digest);
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
	assert_int_equal(setgroups(0, NULL), 0);
	assert_int_equal(setgid(OWNER), 0);
	assert_int_equal(setuid(OWNER), 0);
	native_world_open(world);
	begin_run();
	assert_false(native_has_link(world, "a", digest));
	recover_well();
	assert_true(native_has_link(world, "a", digest));
	for (int i = 0; i < 2; i++) {
		(void)native_collect_well(world, NULL);
		world->now += 30 * HOURS;
	}
	assert_false(native_has_blob(world, digest));
	native_all_whole(world, "the owner's");
	native_world_close(world);
	return 0;
}

static void test_the_owner_in_another_group(void **state)
{
	pid_t child = 0;
	int status = 0;

	(void)state;
	if (geteuid() != 0)
		skip();
	native_world_close(world);
	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(collect_as_owner());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_strange_file_in_the_trash),
		TEST(test_a_link_in_place_of_a_blob),
		TEST(test_a_blob_of_somebody_else),
		TEST(test_a_link_that_cannot_return),
		TEST(test_an_alias_of_a_repository_that_is_gone),
		TEST(test_the_owner_in_another_group),
	};

	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
