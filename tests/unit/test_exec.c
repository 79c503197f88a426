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

static void engines_are_known_by_name(void **state)
{
	static const struct {
		const char *sentence, *exec[5];
		bool engine;
	} ROWS[] = {
		{ "docker", { "docker", "exec", "c", NULL }, true },
		{ "podman", { "podman", "exec", "c", NULL }, true },
		{ "nerdctl", { "nerdctl", "exec", "c", NULL }, true },
		{ "with a path", { "/usr/bin/docker", "exec", "c", NULL }, true },
		{ "with a relative path", { "./podman", "exec", "c", NULL }, true },
		{ "kubectl takes no -e", { "kubectl", "exec", "pod", "--", NULL }, false },
		{ "behind sudo -e means something else",
		  { "sudo", "docker", "exec", "c", NULL },
		  false },
		{ "not its exec", { "docker", "run", "image", NULL }, false },
		{ "options before exec", { "docker", "--tls", "exec", "c", NULL }, false },
		{ "exec alone", { "docker", NULL }, false },
		{ "a longer name", { "docker-compose", "exec", "c", NULL }, false },
		{ "a folder of that name", { "/docker/other", "exec", "c", NULL }, false },
		{ "a path that ends in a slash", { "docker/", "exec", "c", NULL }, false },
		{ "this host", { NULL }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		if (exec_is_engine(ROWS[i].exec) != ROWS[i].engine)
			fail_msg("%s", ROWS[i].sentence);
	}
	assert_false(exec_is_engine(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_follow_the_prefix),
		cmocka_unit_test(strings_stay_borrowed),
		cmocka_unit_test(no_prefix_is_this_host),
		cmocka_unit_test(engines_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
