/* Small files and names below open folders. */
#include "storage/at.h"
#include "storage_world.h"

#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY 2000 /* names: more than one call returns */

static void write_file(const struct store *store, const char *path, const char *text)
{
	CLEANUP(free_p) char *full = xasprintf(V2 "%s", path);

	temporary_text(store->root, full, text);
}

static void test_what_one_read_gives(void **state)
{
	static const struct {
		const char *name, *text;
		size_t size;
		ssize_t got;
	} ROWS[] = {
		{ "room", "seven b", 16, 7 },
		{ "full", "sixteen letters.", 16, 16 },
		{ "over", "more than sixteen", 16, 16 },
		{ "none", "", 16, 0 },
	};
	struct store *store = *state;
	int folder = layout_fd(store->layout);

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct stat status = { 0 };
		char bytes[16];

		write_file(store, ROWS[i].name, ROWS[i].text);
		assert_int_equal(at_read(folder, ROWS[i].name, bytes, ROWS[i].size), ROWS[i].got);
		assert_memory_equal(bytes, ROWS[i].text, (size_t)ROWS[i].got);
		assert_int_equal(at_read_status(folder, ROWS[i].name, bytes, ROWS[i].size, &status),
				 ROWS[i].got);
		assert_int_equal(status.st_size, strlen(ROWS[i].text));
	}
}

static void test_what_cannot_be_read(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *fifo = store_path(store, "fifo");
	CLEANUP(free_p) char *link = store_path(store, "link");
	int folder = layout_fd(store->layout);
	char byte;

	write_file(store, "folder/file", "");
	errno = 0;
	assert_int_equal(at_read(folder, "absent", &byte, 1), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(at_read(folder, "folder", &byte, 1), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(at_read(folder, "folder/file/below", &byte, 1), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(at_read(folder, "fifo", &byte, 1), 0);
	assert_int_equal(at_folder(folder, "folder/file"), -1);
	assert_int_equal(symlink("folder", link), 0);
	assert_int_equal(at_folder_no_link(folder, "link"), -1);
}

static void test_a_folder_by_name(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *link = store_path(store, "link");
	CLEANUP(file_close) int straight = -1;
	CLEANUP(file_close) int through = -1;
	char byte;

	write_file(store, "folder/below/file", "x");
	assert_int_equal(symlink("folder", link), 0);
	straight = at_folder(layout_fd(store->layout), "folder");
	through = at_folder(layout_fd(store->layout), "link");
	assert_int_equal(at_read(straight, "below/file", &byte, 1), 1);
	assert_int_equal(at_read(through, "below/file", &byte, 1), 1);
	assert_int_equal(fcntl(straight, F_GETFD), FD_CLOEXEC);
}

/* Each name that was made, once, with its type. */
static void test_all_names(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *path = store_path(store, "many");
	CLEANUP(file_close) int folder = -1;
	static bool seen[MANY];
	struct at_names names;
	unsigned char type = DT_UNKNOWN;
	const char *name;
	size_t count = 0;

	write_file(store, "many/folder/file", "");
	folder = open(path, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < MANY; i++) {
		char text[64];

		snprintf(text, sizeof text, "a-name-that-takes-its-room-in-a-folder-%d", i);
		close(openat(folder, text, O_WRONLY | O_CREAT | O_EXCL, 0600));
	}
	at_names(&names, folder);
	for (; (name = at_next(&names, &type)); count++) {
		const char *number = strrchr(name, '-');

		if (type != DT_UNKNOWN)
			assert_int_equal(type, number ? DT_REG : DT_DIR);
		if (!number)
			continue;
		assert_false(seen[atoi(number + 1)]);
		seen[atoi(number + 1)] = true;
	}
	assert_int_equal(names.error, 0);
	assert_int_equal(count, MANY + 1);
}

static void test_names_that_cannot_be_read(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *path = store_path(store, "file");
	CLEANUP(file_close) int file = -1;
	struct at_names names;

	write_file(store, "file", "");
	file = open(path, O_RDONLY);
	at_names(&names, file);
	assert_null(at_next(&names, NULL));
	assert_int_equal(names.error, ENOTDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_what_one_read_gives),       STORE_TEST(test_what_cannot_be_read),
		STORE_TEST(test_a_folder_by_name),          STORE_TEST(test_all_names),
		STORE_TEST(test_names_that_cannot_be_read),
	};

	return cmocka_run_group_tests_name("at", tests, NULL, NULL);
}
