/* What the storage takes: the figures against du and against what was written, and what two
 * measurements say about the time between them. */
#include "measure/measure.h"
#include "temporary.h"

#include "util/buf.h"
#include "util/proc.h"
#include "util/stop_signal.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#define BLOBS  "docker/registry/v2/blobs/"
#define HEX_A  "aa11111111111111111111111111111111111111111111111111111111111111"
#define HEX_B  "bb22222222222222222222222222222222222222222222222222222222222222"
#define HEX_C  "cc33333333333333333333333333333333333333333333333333333333333333"
#define NO_HEX "aa1111111111111111111111111111111111111111111111111111111111111g"
#define UPPER  "AA11111111111111111111111111111111111111111111111111111111111111"
#define A256   BLOBS "sha256/aa/" HEX_A "/data"
#define B256   BLOBS "sha256/bb/" HEX_B "/data"
#define C512   BLOBS "sha512/cc/" HEX_C HEX_A "/data"
#define TRASH  "clean-registry-trash/20260131T030000Z-7/blobs/"
#define A_GONE TRASH "sha256/aa/" HEX_A "/data"
#define C_GONE TRASH "sha512/cc/" HEX_C HEX_A "/data"

/* Each blob of the table below is as long as its path. */
#define LENGTH(path) (sizeof(path) - 1)

/* Larger sizes than a file system here can give a file. */
static bool pretend_huge;

int fstatat(int dirfd, const char *restrict path, struct stat *restrict status, int flags)
{
	int result = (int)syscall(SYS_newfstatat, dirfd, path, status, flags);

	if (result == 0 && pretend_huge && S_ISREG(status->st_mode))
		status->st_size = INT64_MAX;
	return result;
}

static int setup(void **state)
{
	*state = temporary_folder();
	return 0;
}

static int teardown(void **state)
{
	temporary_remove(*state);
	return 0;
}

static struct measurement measure(const char *root)
{
	struct measurement result;
	struct err err;

	assert_int_equal(measure_folder(root, &result, &err), 0);
	return result;
}

static uint64_t du_bytes(const char *root)
{
	const char *const argv[] = { "du", "-s", "-x", "-B1", root, NULL };
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(buf_free) struct buf errors = { 0 };
	struct proc_result result;
	struct err err;

	assert_int_equal(proc_capture(argv, 60, 4096, &out, &errors, &result, &err), 0);
	assert_int_equal(result.end, PROC_EXITED);
	assert_int_equal(result.status, 0);
	return strtoull(buf_string(&out), NULL, 10);
}

static void test_figures_are_those_of_du(void **state)
{
	const char *root = *state;
	CLEANUP(free_p) char *link = xasprintf("%s/link", root);
	CLEANUP(free_p) char *fifo = xasprintf("%s/fifo", root);
	CLEANUP(free_p) char *sparse = xasprintf("%s/sparse", root);
	char block[10000];
	struct measurement result;

	memset(block, 'x', sizeof block);
	temporary_write(root, "a/b/big", block, sizeof block);
	temporary_text(root, "a/small", "12345");
	temporary_text(root, "empty", "");
	temporary_text(root, "sparse", "");
	temporary_mkdir(root, "folder/in/folder");
	assert_int_equal(truncate(sparse, 1000000), 0);
	assert_int_equal(symlink("/etc", link), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	sync();
	result = measure(root);
	assert_int_equal(result.bytes, 1010005);
	assert_int_equal(result.files, 4);
	assert_int_equal(result.allocated, du_bytes(root));
	assert_int_equal(result.unreadable, 0);
	assert_string_equal(result.first_unreadable, "");
	measure_clear(&result);
}

static void test_hard_links_count_once(void **state)
{
	const char *root = *state;
	CLEANUP(free_p) char *one = xasprintf("%s/one", root);
	CLEANUP(free_p) char *other = xasprintf("%s/b/other", root);
	struct measurement result;

	temporary_text(root, "one", "1234567");
	temporary_text(root, "b/two", "89");
	for (int i = 0; i < 50; i++) {
		CLEANUP(free_p) char *name = xasprintf("%s/b/link%d", root, i);

		assert_int_equal(link(one, name), 0);
	}
	assert_int_equal(symlink("two", other), 0);
	for (int i = 0; i < 3; i++) {
		CLEANUP(free_p) char *name = xasprintf("%s/symbolic%d", root, i);

		assert_int_equal(link(other, name), 0);
	}
	sync();
	result = measure(root);
	assert_int_equal(result.bytes, 9);
	assert_int_equal(result.files, 2);
	assert_int_equal(result.allocated, du_bytes(root));
	measure_clear(&result);
}

static void test_free_space_is_that_of_the_file_system(void **state)
{
	struct measurement result = measure(*state);
	struct statvfs space;
	uint64_t now = 0;

	assert_int_equal(statvfs(*state, &space), 0);
	now = (uint64_t)space.f_bavail * space.f_frsize;
	/* Others write as well: near enough is within a tenth of all there is. */
	assert_true(result.free_space != MEASURE_UNKNOWN);
	assert_true(result.free_space < now + space.f_blocks * space.f_frsize / 10);
	assert_true(now < result.free_space + space.f_blocks * space.f_frsize / 10);
	measure_clear(&result);
}

static void test_no_folder_is_an_error(void **state)
{
	CLEANUP(free_p) char *path = xasprintf("%s/absent", (char *)*state);
	struct measurement result;
	struct err err = { 0 };

	assert_int_equal(measure_folder(path, &result, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.msg, path));
	assert_true(result.bytes == MEASURE_UNKNOWN);
	assert_null(result.blobs);
	temporary_text(*state, "absent", "a file");
	assert_int_equal(measure_folder(path, &result, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_true(result.files == MEASURE_UNKNOWN);
}

static void test_unreadable_entries_are_counted_and_named(void **state)
{
	static const char *const names[] = { "one", "two" };
	const char *root = *state;
	bool is_root = geteuid() == 0;
	struct measurement result;

	temporary_text(root, "file", "123");
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(free_p) char *path = xasprintf("%s/%s", root, names[i]);

		assert_int_equal(mkdir(path, 0), 0);
	}
	if (is_root)
		assert_int_equal(seteuid(NOBODY), 0);
	result = measure(root);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(result.unreadable, 2);
	assert_non_null(strstr(result.first_unreadable, ": "));
	assert_non_null(strstr(result.first_unreadable, strerror(EACCES)));
	assert_int_equal(result.bytes, 3);
	measure_clear(&result);
}

static void test_sums_that_overflow_are_unknown(void **state)
{
	const char *root = *state;
	struct measurement two;
	struct measurement three;

	pretend_huge = true;
	temporary_text(root, A256, "1");
	temporary_text(root, B256, "2");
	two = measure(root);
	temporary_text(root, C512, "3");
	three = measure(root);
	pretend_huge = false;
	assert_true(two.bytes == UINT64_MAX - 1);
	assert_true(three.bytes == MEASURE_UNKNOWN);
	assert_int_equal(three.files, 3);
	measure_clear(&two);
	measure_clear(&three);
}

static void test_blobs_between_two_walks(void **state)
{
	static const struct {
		const char *what;
		const char *before[4];
		const char *after[4];
		uint64_t freed;
		uint64_t added;
		uint64_t count;
	} rows[] = {
		{ "nothing at all", { NULL }, { NULL }, 0, 0, 0 },
		{ "nothing changed", { A256, B256 }, { A256, B256 }, 0, 0, 0 },
		{ "the first went", { A256, B256 }, { B256 }, LENGTH(A256), 0, 1 },
		{ "the last went", { A256, B256 }, { A256 }, LENGTH(B256), 0, 1 },
		{ "all went",
		  { A256, B256, C512 },
		  { NULL },
		  LENGTH(A256) + LENGTH(B256) + LENGTH(C512),
		  0,
		  3 },
		{ "all came", { NULL }, { A256, C512 }, 0, LENGTH(A256) + LENGTH(C512), 0 },
		{ "one for another", { A256 }, { C512 }, LENGTH(A256), LENGTH(C512), 1 },
		{ "sha512 stays", { B256, C512 }, { C512 }, LENGTH(B256), 0, 1 },
		{ .what = "no blob: a link",
		  .before = { "docker/registry/v2/repositories/a/_layers/sha256/" HEX_A "/link" } },
		{ .what = "no blob: the folder of another",
		  .before = { BLOBS "sha256/ab/" HEX_A "/data" } },
		{ .what = "no blob: a temporary file", .before = { A256 ".7.tmp" } },
		{ .what = "no blob: sha256 with too many digits",
		  .before = { BLOBS "sha256/aa/" HEX_A HEX_A "/data" } },
		{ .what = "no blob: no hex", .before = { BLOBS "sha256/aa/" NO_HEX "/data" } },
		{ .what = "no blob: upper case", .before = { BLOBS "sha256/AA/" UPPER "/data" } },
		{ .what = "no blob: another place", .before = { "other/" A256 } },
		{ .what = "no blob: the trash, and no run",
		  .before = { "clean-registry-trash/blobs/sha256/aa/" HEX_A "/data" } },
		{ .what = "no blob: another folder of the trash",
		  .before = { "clean-registry-trash/7/other/sha256/aa/" HEX_A "/data" } },
		{ "into the trash: that is not free yet", { A256 }, { A_GONE }, 0, 0, 0 },
		{ "out of the trash", { A_GONE, C_GONE }, { C_GONE }, LENGTH(A_GONE), 0, 1 },
		{ "one blob in the trash and stored anew", { A_GONE }, { A_GONE, A256 }, 0, 0, 0 },
		{ "the copy in the trash is dropped", { A_GONE, A256 }, { A256 }, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CLEANUP(free_p) char *old_root = xasprintf("%s/%zu/old", (char *)*state, i);
		CLEANUP(free_p) char *new_root = xasprintf("%s/%zu/new", (char *)*state, i);
		CLEANUP(measure_clear) struct measurement old;
		CLEANUP(measure_clear) struct measurement new;
		uint64_t freed = 0;
		uint64_t added = 0;
		uint64_t count = 0;

		temporary_mkdir(*state, old_root + strlen(*state) + 1);
		temporary_mkdir(*state, new_root + strlen(*state) + 1);
		for (size_t j = 0; rows[i].before[j]; j++)
			temporary_text(old_root, rows[i].before[j], rows[i].before[j]);
		for (size_t j = 0; rows[i].after[j]; j++)
			temporary_text(new_root, rows[i].after[j], rows[i].after[j]);
		old = measure(old_root);
		new = measure(new_root);
		assert_true(measure_compare(&old, &new, &freed, &added, &count));
		if (freed != rows[i].freed || added != rows[i].added || count != rows[i].count)
			fail_msg("%s: freed %" PRIu64 ", added %" PRIu64 ", count %" PRIu64,
				 rows[i].what, freed, added, count);
	}
}

static void blob_path(char *path, size_t size, unsigned number)
{
	/* Multiplied, so that neither the folders nor the sorting see them in order. */
	unsigned scattered = number * 2654435761U;

	snprintf(path, size, BLOBS "sha256/%02x/%08x%056x/data", scattered >> 24, scattered,
		 number);
}

static void test_the_trash_is_told_apart(void **state)
{
	const char *root = *state;
	CLEANUP(measure_clear) struct measurement none, some;

	temporary_text(root, A256, "1234567");
	none = measure(root);
	assert_int_equal(none.trash_bytes, 0);
	assert_int_equal(none.trash_blobs, 0);
	temporary_text(root, TRASH "sha256/bb/" HEX_B "/data", "12345");
	temporary_text(root, C_GONE, "123");
	temporary_text(root, TRASH "journal", "no blob");
	some = measure(root);
	assert_int_equal(some.trash_bytes, 8);
	assert_int_equal(some.trash_blobs, 2);
	assert_int_equal(some.bytes, 7 + 8 + strlen("no blob"));
}

static void test_many_blobs(void **state)
{
	enum { BLOB_COUNT = 3000, GONE = 700 };
	const char *root = *state;
	struct measurement before;
	struct measurement after;
	uint64_t expected = 0;
	uint64_t freed = 0;
	uint64_t added = 0;
	uint64_t count = 0;
	char path[200];

	for (unsigned i = 0; i < BLOB_COUNT; i++) {
		blob_path(path, sizeof path, i);
		temporary_write(root, path, path, i % 50);
	}
	before = measure(root);
	for (unsigned i = 0; i < GONE; i++) {
		CLEANUP(free_p) char *full = NULL;

		blob_path(path, sizeof path, i * 4);
		full = xasprintf("%s/%s", root, path);
		assert_int_equal(unlink(full), 0);
		expected += i * 4 % 50;
	}
	temporary_text(root, A256, "0123456789");
	after = measure(root);
	assert_true(measure_compare(&before, &after, &freed, &added, &count));
	assert_int_equal(freed, expected);
	assert_int_equal(added, 10);
	assert_int_equal(count, GONE);
	measure_clear(&before);
	measure_clear(&after);
}

static void test_what_is_not_known_is_not_compared(void **state)
{
	struct measurement known = measure(*state);
	struct measurement nothing;

	measure_nothing(&nothing);
	for (int i = 0; i < 3; i++) {
		uint64_t freed = 0;
		uint64_t added = 0;
		uint64_t count = 0;

		assert_false(measure_compare(i == 0 ? &known : &nothing, i == 1 ? &known : &nothing,
					     &freed, &added, &count));
		assert_true(freed == MEASURE_UNKNOWN && added == MEASURE_UNKNOWN &&
			    count == MEASURE_UNKNOWN);
	}
	measure_clear(&known);
	measure_clear(&known);
	assert_null(known.blobs);
	assert_true(known.bytes == MEASURE_UNKNOWN);
}

/* In a child of its own, because what was stopped stays so. */
static void test_stop_signal_ends_it(void **state)
{
	int status = 0;
	pid_t child = 0;

	temporary_text(*state, "file", "1");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct measurement result;
		struct err err = { 0 };
		int measured = 0;

		stop_signal_init();
		raise(SIGTERM);
		measured = measure_folder(*state, &result, &err);
		_exit(measured == -1 && err.kind == ERR_STOPPED && !result.blobs ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_du_without_a_prefix(void **state)
{
	struct measurement result;
	struct err err;

	temporary_text(*state, "file", "1");
	sync();
	assert_int_equal(measure_by_du(NULL, *state, &result, &err), 0);
	assert_int_equal(result.allocated, du_bytes(*state));
	assert_true(result.bytes == MEASURE_UNKNOWN && result.files == MEASURE_UNKNOWN &&
		    result.free_space == MEASURE_UNKNOWN);
	assert_int_equal(result.unreadable, 0);
	assert_null(result.blobs);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_figures_are_those_of_du),
		TEST(test_hard_links_count_once),
		TEST(test_free_space_is_that_of_the_file_system),
		TEST(test_no_folder_is_an_error),
		TEST(test_unreadable_entries_are_counted_and_named),
		TEST(test_sums_that_overflow_are_unknown),
		TEST(test_blobs_between_two_walks),
		TEST(test_the_trash_is_told_apart),
		TEST(test_many_blobs),
		TEST(test_what_is_not_known_is_not_compared),
		TEST(test_stop_signal_ends_it),
		TEST(test_du_without_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
