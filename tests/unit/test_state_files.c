/* Files that others keep in a registry's own folder below paths.state. */
#include "state_world.h"

static int replace(const struct state *state, const char *file, const char *text)
{
	CLEANUP(buf_free) struct buf bytes = { 0 };
	struct err err = { 0 };

	buf_text(&bytes, text);
	return state_replace_file(state, file, &bytes, &err);
}

/* What FILE holds; "E" and the errno when it cannot be read. In OUT, returned. */
static const char *content(const struct state *state, const char *file, size_t limit,
			   struct buf *out)
{
	struct err err = { 0 };

	buf_clear(out);
	if (state_read_file(state, file, limit, out, &err) != 0) {
		buf_format(out, "E%d", errno);
		assert_int_equal(err.kind, ERR_IO);
		assert_non_null(strstr(err.msg, file));
	}
	return buf_string(out);
}

static const char *none(struct buf *out)
{
	buf_clear(out);
	buf_format(out, "E%d", ENOENT);
	return buf_string(out);
}

static void test_a_dry_run_makes_the_folder_for_a_file(void **state)
{
	struct world *world = *state;
	struct state *dry = state_open_read_only(&world->options, &(struct err){ 0 });
	struct state *next;
	CLEANUP(buf_free) struct buf text = { 0 }, expected = { 0 };
	CLEANUP(free_p) char *own = NULL, *path = NULL;
	struct stat status;

	assert_string_equal(content(dry, "cache", 100, &text), none(&expected));
	assert_int_equal(replace(dry, "cache", "one\n"), 0);
	own = world_own_folder(world);
	path = xasprintf("%s/cache", own);
	assert_int_equal(lstat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(lstat(own, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	state_close(dry);

	next = state_open_read_only(&world->options, &(struct err){ 0 });
	assert_string_equal(content(next, "cache", 4, &text), "one\n");
	assert_int_equal(replace(next, "cache", "two"), 0);
	assert_string_equal(content(next, "cache", 4, &text), "two");
	state_close(next);
}

/* Writes two pieces, and fails behind them if CTX says so. */
static int write_pieces(const void *ctx, FILE *stream, struct err *err)
{
	fputs("first ", stream);
	fputs("second", stream);
	return *(const bool *)ctx ? err_set(err, ERR_IO, "no more") : 0;
}

static void test_a_file_written_in_pieces_is_there_whole_or_not(void **state)
{
	struct world *world = *state;
	struct state *dry = state_open_read_only(&world->options, &(struct err){ 0 });
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *own = NULL, *path = NULL;
	bool fails = true, works = false;
	struct err err = { 0 };
	struct stat status;

	assert_int_equal(replace(dry, "cache", "old"), 0);
	assert_int_equal(state_write_file(dry, "cache", write_pieces, &fails, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.msg, "cache: no more"));
	state_close(dry);

	dry = state_open_read_only(&world->options, &err);
	assert_string_equal(content(dry, "cache", 100, &text), "old");
	assert_int_equal(state_write_file(dry, "cache", write_pieces, &works, &err), 0);
	assert_string_equal(content(dry, "cache", 100, &text), "first second");
	own = world_own_folder(world);
	path = xasprintf("%s/cache", own);
	assert_int_equal(lstat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	state_close(dry);
}

static void test_locks_do_not_matter(void **state)
{
	struct world *world = *state;
	struct state *real = world_open(world);
	struct state *dry = state_open_read_only(&world->options, &(struct err){ 0 });
	CLEANUP(buf_free) struct buf text = { 0 };

	assert_int_equal(replace(dry, "cache", "dry"), 0);
	assert_string_equal(content(real, "cache", 10, &text), "dry");
	assert_int_equal(replace(real, "cache", "real"), 0);
	assert_string_equal(content(dry, "cache", 10, &text), "real");
	assert_string_equal(world_journal(world, &text), HEADER);
	state_close(dry);
	state_close(real);
}

static void test_what_is_no_file_or_too_long_is_not_read(void **state)
{
	struct world *world = *state;
	struct state *real = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *own = world_own_folder(world);
	CLEANUP(free_p) char *pipe = xasprintf("%s/pipe", own);
	CLEANUP(free_p) char *link = xasprintf("%s/link", own);

	temporary_mkdir(own, "folder");
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(symlink("debts", link), 0);
	assert_string_equal(content(real, "folder", 100, &text), "E0");
	assert_string_equal(content(real, "pipe", 100, &text), "E0");
	assert_string_equal(content(real, "link", 100, &text), "E0");
	assert_int_equal(replace(real, "cache", "12345"), 0);
	assert_int_equal(content(real, "cache", 4, &text)[0], 'E');
	assert_string_equal(content(real, "cache", 5, &text), "12345");
	/* A folder in its place is no file to be replaced; nothing is left behind. */
	assert_int_equal(replace(real, "folder", "x"), -1);
	state_close(real);
}

static void test_a_folder_that_is_a_link_is_not_written_to(void **state)
{
	struct world *world = *state;
	struct state *dry;
	CLEANUP(free_p) char *own = NULL;
	struct stat status;

	world_make_folder(world);
	own = world_own_folder(world);
	temporary_remove(xstrdup(own));
	assert_int_equal(symlink(world->storage, own), 0);
	dry = state_open_read_only(&world->options, &(struct err){ 0 });
	assert_int_equal(replace(dry, "cache", "x"), -1);
	assert_int_equal(lstat(own, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(rmdir(world->storage), 0); /* it is empty */
	state_close(dry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_dry_run_makes_the_folder_for_a_file),
		TEST(test_a_file_written_in_pieces_is_there_whole_or_not),
		TEST(test_locks_do_not_matter),
		TEST(test_what_is_no_file_or_too_long_is_not_read),
		TEST(test_a_folder_that_is_a_link_is_not_written_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
