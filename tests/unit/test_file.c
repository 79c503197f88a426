/* util/file: whole files, read with a limit and replaced atomically. Runs in a folder of its own.
 */
#include "util/file.h"

#include "util/sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_file.XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static void remove_all(void)
{
	DIR *here = opendir(".");
	const struct dirent *entry;

	assert_non_null(here);
	while ((entry = readdir(here))) {
		if (entry->d_name[0] != '.')
			remove(entry->d_name);
	}
	closedir(here);
}

static int empty_folder(void **state)
{
	(void)state;
	remove_all();
	return 0;
}

static int leave_folder(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static unsigned count_entries(void)
{
	DIR *here = opendir(".");
	const struct dirent *entry;
	unsigned count = 0;

	assert_non_null(here);
	while ((entry = readdir(here)))
		count += entry->d_name[0] != '.';
	closedir(here);
	return count;
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, length, stream), length);
	assert_int_equal(fclose(stream), 0);
}

static void assert_holds(const char *path, const char *text)
{
	struct buf buf = { 0 };
	struct err err;

	assert_int_equal(file_read(AT_FDCWD, path, 1000, &buf, &err), 0);
	assert_string_equal(buf_string(&buf), text);
	buf_free(&buf);
}

static void reading_appends_all_bytes(void **state)
{
	struct buf buf = { 0 };
	struct err err;

	(void)state;
	write_file("a", "one\0two\n", 8);
	buf_text(&buf, "before:");
	assert_int_equal(file_read(AT_FDCWD, "a", 100, &buf, &err), 0);
	assert_int_equal(buf.length, 15);
	assert_memory_equal(buf.data, "before:one\0two\n", 16);
	buf_free(&buf);
}

static void an_empty_file_adds_nothing(void **state)
{
	struct buf buf = { 0 };
	struct err err;

	(void)state;
	write_file("a", "", 0);
	assert_int_equal(file_read(AT_FDCWD, "a", 0, &buf, &err), 0);
	assert_int_equal(buf.length, 0);
	buf_free(&buf);
}

static void the_limit_is_exact(void **state)
{
	static const size_t sizes[] = { 1, 71, 16383, 16384, 16385, 100000 };
	static char bytes[100000];
	struct err err;

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct buf buf = { 0 };

		write_file("a", bytes, sizes[i]);
		assert_int_equal(file_read(AT_FDCWD, "a", sizes[i], &buf, &err), 0);
		assert_int_equal(buf.length, sizes[i]);
		assert_memory_equal(buf.data, bytes, sizes[i]);
		buf_clear(&buf);
		buf_text(&buf, "kept");
		assert_int_equal(file_read(AT_FDCWD, "a", sizes[i] - 1, &buf, &err), -1);
		assert_int_equal(errno, EFBIG);
		assert_int_equal(err.kind, ERR_IO);
		assert_string_equal(err.msg, "a: File too large");
		assert_int_equal(buf.length, 4);
		assert_string_equal(buf_string(&buf), "kept");
		buf_free(&buf);
	}
}

static void a_file_without_end_meets_the_limit(void **state)
{
	struct buf buf = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, "/dev/zero", 50000, &buf, &err), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(buf.length, 0);
	buf_free(&buf);
}

static void what_cannot_be_read_is_said(void **state)
{
	static const struct {
		const char *path;
		int number;
		const char *message;
	} rows[] = {
		{ "absent", ENOENT, "absent: No such file or directory" },
		{ ".", EISDIR, ".: Is a directory" },
		{ "a/b", ENOTDIR, "a/b: Not a directory" },
		{ "loop", ELOOP, "loop: Too many levels of symbolic links" },
	};

	(void)state;
	write_file("a", "x", 1);
	assert_int_equal(symlink("loop", "loop"), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf buf = { 0 };
		struct err err = { 0 };

		assert_int_equal(file_read(AT_FDCWD, rows[i].path, 100, &buf, &err), -1);
		assert_int_equal(errno, rows[i].number);
		assert_int_equal(err.kind, ERR_IO);
		assert_string_equal(err.msg, rows[i].message);
		assert_int_equal(buf.length, 0);
		buf_free(&buf);
	}
}

static void paths_start_at_the_folder_and_links_are_followed(void **state)
{
	int dirfd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf buf = { 0 };
	struct err err;

	(void)state;
	write_file("target", "text", 4);
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(file_read(dirfd, "link", 100, &buf, &err), 0);
	assert_string_equal(buf_string(&buf), "text");
	assert_int_equal(chdir(folder), 0);
	buf_free(&buf);
	close(dirfd);
}

static void a_new_file_appears_when_published(void **state)
{
	struct file_new file;
	struct stat about;
	struct err err;

	(void)state;
	write_file("report", "old", 3);
	umask(077);
	assert_int_equal(file_new_open(&file, "report", 0644, &err), 0);
	umask(022);
	assert_memory_equal(file.temporary, "report" SWEEP_MARK, 22);
	assert_int_equal(strlen(file.temporary), 22 + SWEEP_LETTERS);
	fputs("new", file.stream);
	fflush(file.stream);
	assert_holds("report", "old");
	assert_int_equal(count_entries(), 2);
	assert_int_equal(file_new_publish(&file, &err), 0);
	assert_null(file.stream);
	assert_null(file.path);
	assert_holds("report", "new");
	assert_int_equal(count_entries(), 1);
	assert_int_equal(stat("report", &about), 0);
	assert_int_equal(about.st_mode & 07777, 0644);
	file_new_discard(&file);
	assert_holds("report", "new");
}

static void a_whole_path_works_like_a_name(void **state)
{
	char path[sizeof folder + 10];
	struct file_new file;
	struct err err;

	(void)state;
	snprintf(path, sizeof path, "%s/state", folder);
	assert_int_equal(file_new_open(&file, path, 0600, &err), 0);
	fputs("x", file.stream);
	assert_int_equal(file_new_publish(&file, &err), 0);
	assert_holds("state", "x");
}

static void a_discarded_file_leaves_nothing(void **state)
{
	struct file_new file;
	struct err err;

	(void)state;
	write_file("report", "old", 3);
	assert_int_equal(file_new_open(&file, "report", 0600, &err), 0);
	fputs("new", file.stream);
	file_new_discard(&file);
	assert_null(file.stream);
	assert_holds("report", "old");
	assert_int_equal(count_entries(), 1);
	file_new_discard(&file);
}

static void a_file_that_cannot_be_made_is_said(void **state)
{
	struct file_new file;
	struct err err;

	(void)state;
	assert_int_equal(file_new_open(&file, "absent/report", 0600, &err), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(err.kind, ERR_IO);
	assert_string_equal(err.msg, "absent/report: No such file or directory");
	assert_null(file.stream);
	assert_int_equal(count_entries(), 0);
}

static void a_place_that_cannot_be_taken_is_said(void **state)
{
	struct file_new file;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("report", 0700), 0);
	assert_int_equal(file_new_open(&file, "report", 0600, &err), 0);
	assert_int_equal(file_new_publish(&file, &err), -1);
	assert_int_equal(errno, EISDIR);
	assert_string_equal(err.msg, "report: Is a directory");
	assert_int_equal(count_entries(), 1);
	assert_null(file.temporary);
}

/* A limit on the size of files stands for a full disk. BYTES beyond a stream's buffer fail at
 * once, fewer only when they are flushed. */
static void publish_on_a_full_disk(size_t bytes)
{
	struct rlimit limit;
	struct rlimit small;
	struct file_new file;
	struct err err;
	int status;

	write_file("report", "old", 3);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(file_new_open(&file, "report", 0600, &err), 0);
	small = (struct rlimit){ .rlim_cur = 100, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (size_t i = 0; i < bytes; i++)
		fputc('n', file.stream);
	status = file_new_publish(&file, &err);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(status, -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_memory_equal(err.msg, "report: ", 8);
	assert_holds("report", "old");
	assert_int_equal(count_entries(), 1);
}

static void a_full_disk_keeps_the_old_file(void **state)
{
	(void)state;
	publish_on_a_full_disk(200);
	publish_on_a_full_disk(200000);
}

static void descriptors_are_not_inherited(void **state)
{
	struct file_new file;
	struct err err;

	(void)state;
	assert_int_equal(file_new_open(&file, "report", 0600, &err), 0);
	assert_int_equal(fcntl(fileno(file.stream), F_GETFD), FD_CLOEXEC);
	file_new_discard(&file);
}

#define TEST(function) cmocka_unit_test_teardown(function, empty_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reading_appends_all_bytes),
		TEST(an_empty_file_adds_nothing),
		TEST(the_limit_is_exact),
		TEST(a_file_without_end_meets_the_limit),
		TEST(what_cannot_be_read_is_said),
		TEST(paths_start_at_the_folder_and_links_are_followed),
		TEST(a_new_file_appears_when_published),
		TEST(a_whole_path_works_like_a_name),
		TEST(a_discarded_file_leaves_nothing),
		TEST(a_file_that_cannot_be_made_is_said),
		TEST(a_place_that_cannot_be_taken_is_said),
		TEST(a_full_disk_keeps_the_old_file),
		TEST(descriptors_are_not_inherited),
	};

	return cmocka_run_group_tests_name("file", tests, enter_folder, leave_folder);
}
