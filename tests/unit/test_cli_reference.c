/* What commands are told as `docker pull` has it becomes repositories, tags and digests. */
#include "cli/references.h"

#include "cli/options.h"
#include "cli/values.h"
#include "config/config.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DIGEST "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FOREIGN                                                                                  \
	"'other:5000' is not this registry (registry.test:5000); if it is one more name of it, " \
	"add it to protect.registry_names"

static char url[] = "http://registry.test:5000";
static char other_name[] = "docker.test";
static char *names[] = { other_name, NULL };
static const struct config CONFIG = { .registry = { .url = url },
				      .protect = { .registry_names = { names, 1 } } };

static void repositories(void **state)
{
	static const struct {
		const char *text;
		const char *repository; /* or the message */
		bool widened;
	} cases[] = {
		{ "team/app", "team/app", false },
		{ "registry.test:5000/team/app", "team/app", false },
		{ "Registry.TEST:5000/team/app", "team/app", false },
		{ "docker.test/app", "app", false },
		{ "http://registry.test:5000/app", "app", false },
		{ "registry.test:5000/team/app:1.0", "team/app", true },
		{ "app@" DIGEST, "app", true },
		{ "app:1", "app", true },
		{ "other:5000/app", FOREIGN, false },
		{ "other:5000/team/app:1", FOREIGN, false },
		{ "UP", "no repository can have the name 'UP'", false },
		{ "app:-", "no tag can have the name '-'", false },
		{ "app@sha256:0", "'sha256:0' is no digest", false },
		{ "team/*",
		  "no repository can have the name 'team/*'; --namespace NAME takes all below "
		  "NAME/",
		  false },
		{ "a\nb", "no repository can have the name 'a?b'", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options run = { 0 },
			       usage = { .command = COMMAND_USAGE, .tags = xstrdup(cases[i].text) };
		struct err err = { 0 };
		CLEANUP(free_p)
		char *message = xasprintf("--repository: %s", cases[i].repository);
		bool good;

		print_message("# %s\n", cases[i].text);
		string_list_add(&run.repositories, xstrdup("first"));
		string_list_add(&run.repositories, xstrdup(cases[i].text));
		good = cli_resolve(&run, &CONFIG, &err) == 0;
		assert_string_equal(good ? run.repositories.items[1] : err.msg,
				    good ? cases[i].repository : message);
		assert_int_equal(run.widened, good && cases[i].widened);
		assert_int_equal(cli_resolve(&usage, &CONFIG, &err) == 0, good);
		if (good)
			assert_string_equal(usage.tags, cases[i].repository);
		else
			assert_int_equal(err.kind, ERR_USAGE);
		options_clear(&run);
		options_clear(&usage);
	}
}

static void assert_same(const char *found, const char *wanted)
{
	if (!wanted)
		assert_null(found);
	else
		assert_string_equal(found, wanted);
}

static void tags(void **state)
{
	static const struct {
		const char *text;
		const char *repository, *tag, *digest;
		const char *message; /* NULL: it is good */
	} cases[] = {
		{ "team/app:1.0", "team/app", "1.0", NULL, NULL },
		{ "registry.test:5000/team/app:1.0", "team/app", "1.0", NULL, NULL },
		{ "docker.test/app:1", "app", "1", NULL, NULL },
		{ "app@" DIGEST, "app", NULL, DIGEST, NULL },
		{ "registry.test:5000/app:1@" DIGEST, "app", "1", DIGEST, NULL },
		{ "registry.test:5000/app", NULL, NULL, NULL,
		  "'registry.test:5000/app': REPOSITORY:TAG is expected" },
		{ "other:5000/app:1", NULL, NULL, NULL, "why: " FOREIGN },
		{ "app:", NULL, NULL, NULL, "why: no tag can have the name ''" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options options = { .command = COMMAND_WHY,
					   .argument = xstrdup(cases[i].text) };
		struct err err = { 0 };

		print_message("# %s\n", cases[i].text);
		if (cli_resolve(&options, &CONFIG, &err) == 0)
			assert_null(cases[i].message);
		else
			assert_same(err.msg, cases[i].message);
		if (!cases[i].message) {
			assert_same(options.reference.repository, cases[i].repository);
			assert_same(options.reference.tag, cases[i].tag);
			assert_same(options.reference.digest, cases[i].digest);
		}
		options_clear(&options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repositories),
		cmocka_unit_test(tags),
	};

	return cmocka_run_group_tests_name("cli_reference", tests, NULL, NULL);
}
