/* The native collector where something is not as it should be: a trash or a journal that was
 * tampered with, a disk that is full or read-only in the middle. Nothing is lost. */
#include "collect_world.h"

#include "lists/checksummed.h"

#include "util/file.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#define RUN     "20260101T000000Z-1"
#define MOVING  LAYOUT_TRASH "/moving-" RUN
#define KEPT    LAYOUT_TRASH "/" RUN
#define STRANGE 12345 /* a user who has nothing to do with it */
#define HEX_A   "1111111111111111111111111111111111111111111111111111111111111111"

static struct native_world *world;
static char garbage[DIGEST_TEXT];

static void add_garbage(void)
{
	native_put_blob(world, "garbage", garbage);
	native_put_link(world, "a", "_layers", garbage, garbage);
}

/* With a blob in the trash, which is kept. */
static int setup(void **state)
{
	struct native_visit visit = { .trash_days = 7 };

	(void)state;
	world = native_world_new();
	add_garbage();
	(void)native_collect_well(world, &visit);
	world->now += 30 * HOURS;
	(void)native_collect_well(world, &visit);
	assert_false(native_has_blob(world, garbage));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	native_world_free(world);
	return 0;
}

/* What somebody did to PATH in the storage; TO says what. */
enum tampering { LINK, FILE_THERE, OWNER };

struct row {
	const char *path;
	enum tampering what;
	const char *says;
	const char *names; /* another path that is named; NULL: PATH */
};

static char *blob_folder(void)
{
	const char *hex = garbage + strlen("sha256:");

	return xasprintf(KEPT "/blobs/sha256/%.2s/%s", hex, hex);
}

static void tamper(const char *path, enum tampering what)
{
	CLEANUP(free_p) char *full = native_world_path(world, path);
	CLEANUP(free_p) char *aside = xasprintf("%s/aside", world->root);

	switch (what) {
	case LINK:
		assert_int_equal(rename(full, aside), 0);
		assert_int_equal(symlink(aside, full), 0);
		break;
	case FILE_THERE:
		temporary_text(world->storage, path, "");
		break;
	case OWNER:
		assert_int_equal(chown(full, STRANGE, STRANGE), 0);
		break;
	}
}

/* Nothing of the blob is gone, wherever its folder is now. */
static void is_there(void)
{
	CLEANUP(free_p)
	char *command = xasprintf("grep -rqx garbage '%s'", world->root);

	/* Of the test alone. */
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
}

static void test_tampered_trash(void **state)
{
	CLEANUP(free_p) char *folder = blob_folder();
	CLEANUP(free_p) char *above = xstrndup(folder, strlen(folder) - 65);
	CLEANUP(free_p) char *data = xasprintf("%s/data", folder);
	CLEANUP(free_p) char *other = xasprintf("%s/other", above);
	const struct row rows[] = {
		{ LAYOUT_TRASH, LINK, "a symbolic link", NULL },
		{ KEPT, LINK, "a symbolic link", NULL },
		{ KEPT "/blobs", LINK, "a symbolic link", NULL },
		{ above, LINK, "a symbolic link", NULL },
		{ folder, LINK, "a symbolic link", NULL },
		{ data, LINK, "a symbolic link", folder },
		{ LAYOUT_TRASH, OWNER, "belongs to neither", NULL },
		{ KEPT, OWNER, "belongs to neither", NULL },
		{ above, OWNER, "belongs to neither", NULL },
		{ folder, OWNER, "belongs to neither", NULL },
		{ KEPT "/notes", FILE_THERE, "no run left that there", NULL },
		{ LAYOUT_TRASH "/notes", FILE_THERE, "no run left that there", NULL },
		{ other, FILE_THERE, "no run left that there", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct native_emptied emptied;
		struct native_trashed trashed;
		struct timespec now = native_world_now(world);
		struct err err = { 0 };
		int found = 0;

		tamper(rows[i].path, rows[i].what);
		assert_int_equal(native_empty_trash(&world->collection, 0, &now, &emptied, &err),
				 -1);
		assert_int_equal(err.kind, ERR_COLLECTOR);
		if (!strstr(err.msg, rows[i].says) ||
		    !strstr(err.msg, rows[i].names ? rows[i].names : rows[i].path))
			fail_msg("row %zu, %s: %s", i, rows[i].path, err.msg);
		/* What was all right before it may be gone; what was tampered with is not. */
		if (rows[i].what != FILE_THERE)
			is_there();
		found = native_trash_find(world->store, garbage, &trashed, &err);
		if (rows[i].what != FILE_THERE)
			assert_int_equal(found, -1);
		found = native_trash_put_back(world->store, garbage, &err);
		if (rows[i].what != FILE_THERE)
			assert_int_equal(found, -1);
		teardown(state);
		setup(state);
	}
}

/* A symbolic link beside the data is neither followed nor removed. */
static void test_a_link_beside_the_data(void **state)
{
	CLEANUP(free_p) char *folder = blob_folder();
	CLEANUP(free_p) char *path = xasprintf("%s/more", folder);
	CLEANUP(free_p) char *full = native_world_path(world, path);
	struct native_emptied emptied;
	struct timespec now = native_world_now(world);
	struct err err = { 0 };

	(void)state;
	temporary_text(world->root, "precious/file", "precious");
	{
		CLEANUP(free_p) char *target = xasprintf("%s/precious", world->root);

		assert_int_equal(symlink(target, full), 0);
	}
	assert_int_equal(native_empty_trash(&world->collection, 0, &now, &emptied, &err), -1);
	assert_non_null(strstr(err.msg, folder));
	assert_true(native_world_has(world, path));
	{
		CLEANUP(free_p) char *target = xasprintf("%s/precious/file", world->root);

		assert_int_equal(access(target, F_OK), 0);
	}
}

/* What is in the trash under the blob's name is another content. */
static void test_damaged_content_is_not_put_back(void **state)
{
	CLEANUP(free_p) char *folder = blob_folder();
	CLEANUP(free_p) char *data = xasprintf("%s/data", folder);
	struct err err = { 0 };

	(void)state;
	temporary_text(world->storage, data, "garbagE");
	assert_int_equal(native_trash_put_back(world->store, garbage, &err), -1);
	assert_non_null(strstr(err.msg, "another digest"));
	assert_non_null(strstr(err.msg, data));
	assert_false(native_has_blob(world, garbage));
}

/* A run that was not concluded, tampered with: the next one refuses before it reads anything. */
static void test_recovery_refuses(void **state)
{
	struct native_recovered recovered;
	struct err err = { 0 };
	CLEANUP(free_p) char *kept = native_world_path(world, KEPT);
	CLEANUP(free_p) char *moving = native_world_path(world, MOVING);

	(void)state;
	assert_int_equal(rename(kept, moving), 0);
	tamper(MOVING "/blobs/sha256", OWNER);
	assert_int_equal(native_recover(&world->collection, &recovered, &err), -1);
	assert_int_equal(err.kind, ERR_COLLECTOR);
	assert_non_null(strstr(err.msg, MOVING "/blobs/sha256"));
	is_there();
	{
		CLEANUP(free_p) char *path = native_world_path(world, MOVING "/blobs/sha256");

		assert_int_equal(chown(path, geteuid(), getegid()), 0);
	}
	assert_int_equal(native_recover(&world->collection, &recovered, &err), 0);
	assert_int_equal(recovered.blobs, 1);
	native_blob_is(world, garbage, "recovered");
}

/* A power cut kept that the data was unlinked, and undid that its run was concluded. */
static void test_half_of_a_concluded_run(void **state)
{
	CLEANUP(free_p) char *folder = blob_folder();
	CLEANUP(free_p) char *data = xasprintf("%s/data", folder);
	CLEANUP(free_p) char *full = native_world_path(world, data);
	CLEANUP(free_p) char *kept = native_world_path(world, KEPT);
	CLEANUP(free_p) char *moving = native_world_path(world, MOVING);
	struct native_recovered recovered;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(unlink(full), 0);
	assert_int_equal(rename(kept, moving), 0);
	/* And it was pushed again. */
	add_garbage();
	if (native_recover(&world->collection, &recovered, &err) != 0)
		fail_msg("%s", err.msg);
	native_blob_is(world, garbage, "pushed again");
	assert_false(native_world_has(world, LAYOUT_TRASH));
}

static char *journal_path(void)
{
	return xasprintf("%s/" NATIVE_JOURNAL, state_path(world->state));
}

static void test_tampered_journal(void **state)
{
	static const char *const TEXTS[] = {
		"",
		"clean-registry collector 1\n",
		"clean-registry collector 2\n",
		"something else\n",
	};
	CLEANUP(free_p) char *path = journal_path();
	CLEANUP(free_p) char *aside = xasprintf("%s/aside", world->root);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };
	struct native_recovered recovered;

	(void)state;
	add_garbage();
	(void)native_collect_well(world, NULL);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &text, &err), 0);
	for (size_t cut = 0; cut < text.length; cut += 7) {
		temporary_write("/", path + 1, text.data, cut);
		assert_int_equal(native_recover(&world->collection, &recovered, &err), -1);
		assert_int_equal(err.kind, ERR_COLLECTOR);
		assert_non_null(strstr(err.msg, path));
	}
	for (size_t at = 0; at < text.length; at += 5) {
		text.data[at] ^= 1;
		temporary_write("/", path + 1, text.data, text.length);
		text.data[at] ^= 1;
		assert_int_equal(native_recover(&world->collection, &recovered, &err), -1);
	}
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
		temporary_text("/", path + 1, TEXTS[i]);
		assert_int_equal(native_recover(&world->collection, &recovered, &err), -1);
	}
	temporary_write("/", path + 1, text.data, text.length);
	assert_int_equal(native_recover(&world->collection, &recovered, &err), 0);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(symlink(aside, path), 0);
	assert_int_equal(native_recover(&world->collection, &recovered, &err), -1);
	assert_non_null(strstr(err.msg, path));
	/* Without it, nothing is lost that is needed. */
	assert_int_equal(unlink(path), 0);
	native_put_manifest(world, "a", "cached", "config a", "garbage");
	(void)native_collect_well(world, NULL);
	native_all_whole(world, "without a journal");
}

/* Lines that carry a true checksum and say what no run writes. */
/* It speaks of another folder: a storage that was moved or restored, another registry's. */
static void test_journal_of_another_storage(void **state)
{
	CLEANUP(free_p) char *v2 = native_world_path(world, LAYOUT_FOLDER);
	CLEANUP(free_p) char *copy = xasprintf("%s.copy", v2);
	CLEANUP(free_p)
	char *command = xasprintf("cp -a '%s' '%s' && mv '%s' '%s.old' && mv '%s' '%s'", v2, copy,
				  v2, v2, copy, v2);
	struct native_recovered recovered;
	struct err err = { 0 };

	(void)state;
	add_garbage();
	(void)native_collect_well(world, NULL);
	native_world_close(world);
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
	native_world_open(world);
	assert_int_equal(native_recover(&world->collection, &recovered, &err), -1);
	assert_int_equal(err.kind, ERR_COLLECTOR);
	assert_non_null(strstr(err.msg, "is about"));
	assert_false(native_has_link(world, "a", garbage));
}

static void test_lines_that_mean_nothing(void **state)
{
	static const char *const LINES[] = {
		"repository ../../etc\n",
		"repository \n",
		"blob sha256:12 1 2 3.4 5 open\n",
		"blob sha256:" HEX_A " 1 2 3.4 5 ajar\n",
		"blob sha256:" HEX_A " 1 2 3 5 open\n",
		"blob sha256:" HEX_A " 1 2 3.4 5 open 0\n",
		"blob sha256:" HEX_A " 1 2 3.4 5 open \n",
		"repository a\nblob sha256:" HEX_A " 1 2 3.4 5 open 0=sha256:1\n",
		"repository a\nblob sha256:" HEX_A " -1 2 3.4 5 open 0\n",
		"repository a\nblob sha256:" HEX_A " 1 2 3.4 99999999999999999999 open 0\n",
		"trash a\n",
		"\n",
	};
	CLEANUP(free_p) char *path = journal_path();

	(void)state;
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };
		struct native_journal *journal = NULL;
		char sum[DIGEST_TEXT];
		struct err err = { 0 };

		buf_format(&text, "clean-registry collector 1\nstorage 1 /storage\n%s", LINES[i]);
		checksummed_close(&text, sum);
		temporary_write("/", path + 1, text.data, text.length);
		journal = native_journal_load(world->state, &err);
		if (journal)
			fail_msg("taken: %s", LINES[i]);
		assert_int_equal(err.kind, ERR_COLLECTOR);
	}
}

/* The storage on a small disk of its own, in a mount namespace of the child's. */
struct disk {
	const char *how; /* "readonly", "full" */
	int at;          /* the step before which that happens */
	int steps;
	bool failed;
};

static void remount(const char *options, unsigned long flags)
{
	assert_int_equal(mount(NULL, world->storage, NULL, MS_REMOUNT | flags, options), 0);
}

static void step(void *ctx, const char *what)
{
	struct disk *disk = ctx;
	struct statvfs fs;
	char options[64];

	(void)what;
	if (++disk->steps != disk->at)
		return;
	if (strcmp(disk->how, "readonly") == 0) {
		remount(NULL, MS_RDONLY);
		return;
	}
	assert_int_equal(statvfs(world->storage, &fs), 0);
	snprintf(options, sizeof options, "nr_inodes=%lu",
		 (unsigned long)(fs.f_files - fs.f_ffree));
	remount(options, 0);
}

/* Phase 1, and with AT in phase 2, the other. What failed is undone by the next run. */
static void collect_on_disk(struct disk *disk)
{
	struct native_result result;
	struct native_recovered recovered;
	struct err err = { 0 };

	world->collection.step = step;
	world->collection.ctx = disk;
	for (int i = 0; i < 2 && !disk->failed; i++) {
		/* Healing is needed in the first run. */
		disk->failed = native_collect(world, NULL, &result, &err) != 0;
		world->now += 30 * HOURS;
	}
	world->collection.step = NULL;
	if (disk->failed) {
		assert_true(err.kind == ERR_COLLECTOR || err.kind == ERR_USAGE);
		assert_true(*err.msg);
	}
	native_all_whole(world, disk->how);
	remount("nr_inodes=10000", 0);
	if (native_recover(&world->collection, &recovered, &err) != 0)
		fail_msg("%s at %d: %s", disk->how, disk->at, err.msg);
	native_all_whole(world, disk->how);
	for (int i = 0; i < 2; i++) {
		(void)native_collect_well(world, NULL);
		world->now += 30 * HOURS;
	}
	native_all_whole(world, disk->how);
	assert_false(native_has_blob(world, garbage));
	assert_false(native_world_has(world, LAYOUT_TRASH));
}

static void on_small_disk(struct disk *disk)
{
	CLEANUP(free_p) char *inner = NULL;

	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	world = native_world_new();
	native_world_close(world);
	inner = xstrdup(world->storage);
	assert_int_equal(mount("tmpfs", inner, "tmpfs", 0, "size=4m,nr_inodes=10000"), 0);
	temporary_mkdir(world->storage, V2 "blobs/sha256");
	world->image_count = 0;
	native_push(world, "a", "kept", "config a", "layer a");
	add_garbage();
	native_world_open(world);
	collect_on_disk(disk);
	native_world_close(world);
	assert_int_equal(umount(inner), 0);
	native_world_free(world);
}

/* In a process of its own, which has the mount. Whether something failed. */
static bool try_disk(const char *how, int at, int *steps)
{
	struct disk *disk =
		mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child = 0;
	int status = 0;
	bool failed = false;

	assert_ptr_not_equal(disk, MAP_FAILED);
	*disk = (struct disk){ .how = how, .at = at };
	fflush(NULL);
	child = fork();
	if (child == 0) {
		on_small_disk(disk);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status != 0)
		fail_msg("%s at step %d: ended with %d", how, at, status);
	*steps = disk->steps;
	failed = disk->failed;
	munmap(disk, sizeof *disk);
	return failed;
}

static void test_disk_fails_at_every_step(void **state)
{
	static const char *const HOW[] = { "readonly", "full" };
	int steps = 0, ignored = 0;

	(void)state;
	assert_false(try_disk("readonly", 0, &steps));
	assert_in_range(steps, 10, 100);
	for (size_t i = 0; i < 2; i++) {
		int failures = 0;

		for (int at = 1; at <= steps; at++)
			failures += try_disk(HOW[i], at, &ignored);
		print_message("# %s: %d of %d runs failed\n", HOW[i], failures, steps);
		assert_true(failures > 0);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tampered_trash),
		TEST(test_a_link_beside_the_data),
		TEST(test_damaged_content_is_not_put_back),
		TEST(test_recovery_refuses),
		TEST(test_half_of_a_concluded_run),
		TEST(test_tampered_journal),
		TEST(test_journal_of_another_storage),
		TEST(test_lines_that_mean_nothing),
		cmocka_unit_test(test_disk_fails_at_every_step),
	};

	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
