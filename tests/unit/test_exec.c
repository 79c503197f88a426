/* registry/command: the registry's own program behind registry.exec. */
#include "registry/exec.h"

#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void words_follow_the_prefix(void **state)
{
	static const struct {
		const char *exec[4], *words[4], *argv[8];
	} ROWS[] = {
		{ { "docker", "exec", "c", NULL },
		  { "registry", "--version", NULL },
		  { "docker", "exec", "c", "registry", "--version", NULL } },
		{ { NULL }, { "registry", "--version", NULL }, { "registry", "--version", NULL } },
		{ { "sudo", NULL }, { NULL }, { "sudo", NULL } },
		{ { NULL }, { NULL }, { NULL } },
		{ { "a b", "", NULL }, { "$(c)", "", NULL }, { "a b", "", "$(c)", "", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		CLEANUP(free_p) const char **argv = exec_join(ROWS[i].exec, ROWS[i].words);
		size_t word = 0;

		for (; ROWS[i].argv[word]; word++) {
			assert_non_null(argv[word]);
			assert_string_equal(argv[word], ROWS[i].argv[word]);
		}
		assert_null(argv[word]);
	}
}

static void strings_stay_borrowed(void **state)
{
	static const char *const EXEC[] = { "docker", NULL };
	static const char *const WORDS[] = { "ps", NULL };
	CLEANUP(free_p) const char **argv = exec_join(EXEC, WORDS);

	(void)state;
	assert_ptr_equal(argv[0], EXEC[0]);
	assert_ptr_equal(argv[1], WORDS[0]);
}

static void no_prefix_is_this_host(void **state)
{
	static const char *const WORDS[] = { "env", NULL };
	CLEANUP(free_p) const char **argv = exec_join(NULL, WORDS);

	(void)state;
	assert_string_equal(argv[0], "env");
	assert_null(argv[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_follow_the_prefix),
		cmocka_unit_test(strings_stay_borrowed),
		cmocka_unit_test(no_prefix_is_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
