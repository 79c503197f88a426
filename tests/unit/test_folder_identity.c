/* registry/folder: which folder a path is, as `stat` tells it where registry.exec leads. */
#include "registry/folder_identity.h"
#include "temporary.h"

static int ask(const char *script, const char *path, struct folder_identity *out, struct err *err)
{
	const char *const exec[] = { "sh", "-c", script, NULL };

	*err = (struct err){ 0 };
	*out = (struct folder_identity){ 0 };
	return folder_identity_ask(exec, path, out, err);
}

static void test_the_same_folder_has_the_same_identity(void **state)
{
	char *root = temporary_folder();
	CLEANUP(free_p) char *link = xasprintf("%s/link", root);
	const char *const here[] = { NULL };
	struct folder_identity identity;
	struct stat status;
	struct err err;

	(void)state;
	assert_int_equal(symlink(".", link), 0);
	assert_int_equal(stat(root, &status), 0);
	assert_int_equal(folder_identity_ask(here, link, &identity, &err), 0);
	assert_int_equal(identity.device, status.st_dev);
	assert_int_equal(identity.inode, status.st_ino);
	temporary_remove(root);
}

static void test_the_question(void **state)
{
	static const char SCRIPT[] =
		"[ \"$0 $*\" = 'stat -L -c %d %i /a b' ] && echo 1 2 || echo wrong: \"$0 $*\"";
	struct folder_identity identity;
	struct err err;

	(void)state;
	if (ask(SCRIPT, "/a b", &identity, &err) != 0)
		fail_msg("%s", err.msg);
}

static void test_answers(void **state)
{
	static const struct {
		const char *script;
		int result;
		const char *why;
	} ROWS[] = {
		{ "printf '2049 131073\\n'", 0, NULL },
		{ "printf '2049 131073'", 0, NULL },
		{ "printf '2049 131073\\r\\n'", 0, NULL },
		{ "printf '2049 131073\\n'; echo a warning >&2", 0, NULL },
		{ "printf ''", -1, "not understood" },
		{ "printf '2049\\n'", -1, "not understood" },
		{ "printf '2049 \\n'", -1, "not understood" },
		{ "printf '2049  131073\\n'", -1, "not understood" },
		{ "printf '2049 131073 1\\n'", -1, "not understood" },
		{ "printf '2049 131073\\n7 8\\n'", -1, "not understood" },
		{ "printf -- '-1 131073\\n'", -1, "not understood" },
		{ "printf '99999999999999999999 1\\n'", -1, "not understood" },
		{ "printf '%%d %%i\\n'", -1, "not understood" },
		{ "printf '2049 131073\\n'; exit 1", -1, "stat /p" },
		{ "echo 'stat: cannot stat: No such file' >&2; exit 1", -1, "No such file" },
		{ "echo 'executable file not found'; exit 126", -1, "executable file not found" },
		{ "kill -9 $$", -1, "stat /p" },
		{ "head -c 100000 /dev/zero | tr '\\0' 1", -1, "stat" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct folder_identity identity;
		struct err err;
		int result = ask(ROWS[i].script, "/p", &identity, &err);

		if (result != ROWS[i].result || (result < 0 && !strstr(err.msg, ROWS[i].why)))
			fail_msg("%s: %d %s", ROWS[i].script, result, err.msg);
		if (result == 0) {
			assert_int_equal(identity.device, 2049);
			assert_int_equal(identity.inode, 131073);
		} else {
			assert_int_equal(err.kind, ERR_IO);
		}
	}
}

static void test_an_exec_that_is_not_there(void **state)
{
	const char *const exec[] = { "./no-such-engine", "exec", NULL };
	struct folder_identity identity;
	struct err err;

	(void)state;
	assert_int_equal(folder_identity_ask(exec, "/", &identity, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_folder_has_the_same_identity),
		cmocka_unit_test(test_the_question),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_an_exec_that_is_not_there),
	};

	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
