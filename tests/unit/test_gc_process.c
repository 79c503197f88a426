/* Which processes are collectors at work, and which configuration they read. */
#include "gc/activity.h"
#include "gc/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The arguments and variables are string literals with a NUL between them; the last one is there.
 */
#define WORDS(text) text, sizeof(text)

struct row {
	const char *what;
	const char *cmdline;
	size_t length;
	enum gc_process kind;
};

static const struct row KINDS[] = {
	{ "the usual call", WORDS("registry\0garbage-collect\0/etc/config.yml"),
	  GC_PROCESS_COLLECTS },
	{ "Debian's name", WORDS("/usr/bin/docker-registry\0garbage-collect\0c.yml"),
	  GC_PROCESS_COLLECTS },
	{ "a relative path", WORDS("registry\0garbage-collect\0./config.yml"),
	  GC_PROCESS_COLLECTS },
	{ "no path at all", WORDS("registry\0garbage-collect"), GC_PROCESS_COLLECTS },
	{ "options before the path", WORDS("registry\0garbage-collect\0-m\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "options behind the path", WORDS("registry\0garbage-collect\0/c\0--delete-untagged"),
	  GC_PROCESS_COLLECTS },
	{ "a wrapper",
	  WORDS("timeout\0"
		"60\0registry\0garbage-collect\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "an emulator", WORDS("/usr/bin/qemu-aarch64\0/bin/registry\0garbage-collect\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "a shell script with its name", WORDS("/bin/sh\0/opt/run\0registry\0garbage-collect\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "the server", WORDS("registry\0serve\0/etc/config.yml"), GC_PROCESS_OTHER },
	{ "a file of that name", WORDS("vi\0garbage-collect.c"), GC_PROCESS_OTHER },
	{ "a program of that name", WORDS("garbage-collect\0--all"), GC_PROCESS_OTHER },
	{ "a script in one word", WORDS("sh\0-c\0exec registry garbage-collect /c"),
	  GC_PROCESS_OTHER },
	{ "a client of an engine", WORDS("docker\0exec\0r\0registry\0garbage-collect\0/c"),
	  GC_PROCESS_OTHER },
	{ "a client behind sudo", WORDS("sudo\0docker\0exec\0r\0registry\0garbage-collect\0/c"),
	  GC_PROCESS_OTHER },
	{ "a client in a script behind timeout",
	  WORDS("sh\0./sudo\0timeout\0"
		"60\0/usr/bin/podman\0exec\0r\0registry\0garbage-collect"),
	  GC_PROCESS_OTHER },
	{ "a client by its path", WORDS("/usr/bin/kubectl\0exec\0r\0--\0registry\0garbage-collect"),
	  GC_PROCESS_OTHER },
	{ "a search", WORDS("grep\0-c\0garbage-collect\0/var/log/registry.log"), GC_PROCESS_OTHER },
	{ "a search behind sudo", WORDS("sudo\0/usr/bin/pgrep\0-f\0garbage-collect"),
	  GC_PROCESS_OTHER },
	{ "a registry in a folder of that name", WORDS("/opt/grep/registry\0garbage-collect\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "--dry-run", WORDS("registry\0garbage-collect\0--dry-run\0/c"), GC_PROCESS_ASKED },
	{ "--dry-run behind the path", WORDS("registry\0garbage-collect\0/c\0--dry-run"),
	  GC_PROCESS_ASKED },
	{ "-d", WORDS("registry\0garbage-collect\0-d\0/c"), GC_PROCESS_ASKED },
	{ "-dm", WORDS("registry\0garbage-collect\0-dm\0/c"), GC_PROCESS_ASKED },
	{ "-md", WORDS("registry\0garbage-collect\0-md\0/c"), GC_PROCESS_ASKED },
	{ "-qdm of 3.x", WORDS("registry\0garbage-collect\0-qdm\0/c"), GC_PROCESS_ASKED },
	{ "-d=true", WORDS("registry\0garbage-collect\0-d=true\0/c"), GC_PROCESS_ASKED },
	{ "-dm=false asks: only m is false", WORDS("registry\0garbage-collect\0-dm=false\0/c"),
	  GC_PROCESS_ASKED },
	{ "--dry-run=T", WORDS("registry\0garbage-collect\0--dry-run=T\0/c"), GC_PROCESS_ASKED },
	{ "with the others by name",
	  WORDS("registry\0garbage-collect\0--quiet\0--delete-untagged=true\0--dry-run\0/c"),
	  GC_PROCESS_ASKED },
	{ "--dry-run=false", WORDS("registry\0garbage-collect\0--dry-run=false\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "-d=false", WORDS("registry\0garbage-collect\0-d=false\0/c"), GC_PROCESS_COLLECTS },
	{ "-md=0", WORDS("registry\0garbage-collect\0-md=0\0/c"), GC_PROCESS_COLLECTS },
	{ "a value that is none", WORDS("registry\0garbage-collect\0--dry-run=maybe\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "an empty value", WORDS("registry\0garbage-collect\0--dry-run=\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "the last one counts", WORDS("registry\0garbage-collect\0--dry-run\0--dry-run=false\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "behind --", WORDS("registry\0garbage-collect\0--\0--dry-run"), GC_PROCESS_COLLECTS },
	{ "before the verb", WORDS("registry\0--dry-run\0garbage-collect\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "as the value of an unknown option",
	  WORDS("registry\0garbage-collect\0--debug-server\0-d\0/c"), GC_PROCESS_COLLECTS },
	{ "with an unknown short option", WORDS("registry\0garbage-collect\0-ds\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "a name that begins so", WORDS("registry\0garbage-collect\0--dry-runs\0/c"),
	  GC_PROCESS_COLLECTS },
	{ "a file of that name", WORDS("registry\0garbage-collect\0dry-run"), GC_PROCESS_COLLECTS },
	{ "nothing: it has ended", "", 0, GC_PROCESS_OTHER },
};

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
		enum gc_process kind = gc_process_kind(KINDS[i].cmdline, KINDS[i].length);

		if (kind != KINDS[i].kind)
			fail_msg("%s: %d instead of %d", KINDS[i].what, (int)kind,
				 (int)KINDS[i].kind);
	}
}

/* A program may have written over its command line, and left no NUL at the end. */
static void test_an_argument_without_its_nul(void **state)
{
	static const char text[] = "registry\0garbage-collect";

	(void)state;
	assert_int_equal(gc_process_kind(text, sizeof text - 1), GC_PROCESS_COLLECTS);
}

static const struct {
	const char *what;
	const char *cmdline;
	size_t length;
	const char *environment;
	size_t size;
	const char *path; /* NULL: none */
	bool known;
} CONFIGS[] = {
	{ "the argument", WORDS("registry\0garbage-collect\0/c"), "", 0, "/c", true },
	{ "behind options", WORDS("registry\0garbage-collect\0-m\0--dry-run\0c.yml"), "", 0,
	  "c.yml", true },
	{ "the first of several", WORDS("registry\0garbage-collect\0a\0b"), "", 0, "a", true },
	{ "behind --", WORDS("registry\0garbage-collect\0--\0-c"), "", 0, "-c", true },
	{ "the variable", WORDS("registry\0garbage-collect\0-m"),
	  WORDS("A=b\0REGISTRY_CONFIGURATION_PATH=/v\0C=d"), "/v", true },
	{ "the argument goes before the variable", WORDS("registry\0garbage-collect\0/c"),
	  WORDS("REGISTRY_CONFIGURATION_PATH=/v"), "/c", true },
	{ "a variable whose name ends so", WORDS("registry\0garbage-collect"),
	  WORDS("MY_REGISTRY_CONFIGURATION_PATH=/v"), NULL, true },
	{ "an empty variable", WORDS("registry\0garbage-collect"),
	  WORDS("REGISTRY_CONFIGURATION_PATH="), NULL, true },
	{ "none", WORDS("grep\0garbage-collect"), "", 0, NULL, true },
	{ "an unknown option may take it", WORDS("registry\0garbage-collect\0--x\0y\0/c"), "", 0,
	  "y", false },
};

static void test_configurations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CONFIGS / sizeof *CONFIGS; i++) {
		const char *path = "not set";
		bool known = gc_process_config(CONFIGS[i].cmdline, CONFIGS[i].length,
					       CONFIGS[i].environment, CONFIGS[i].size, &path);
		bool same = path && CONFIGS[i].path ? strcmp(path, CONFIGS[i].path) == 0
						    : path == CONFIGS[i].path;

		if (known != CONFIGS[i].known || !same)
			fail_msg("%s: %s", CONFIGS[i].what, path ? path : "none");
	}
}

#define P(n) "=/proc/" #n "/cmdline\n"

static const struct {
	const char *what;
	const char *text;
	size_t length;
	bool running;
} ANSWERS[] = {
	{ "a collector among others",
	  WORDS(P(1) "registry\0serve\0/c\0" P(22) "registry\0garbage-collect\0/other\0" P(
		  9) "sh\0-c\0cat"),
	  true },
	{ "the first", WORDS(P(1) "registry\0garbage-collect\0" P(7) "sh"), true },
	{ "none", WORDS(P(1) "registry\0serve\0/c\0" P(7) "sh\0-c\0cat"), false },
	{ "only asked",
	  WORDS(P(1) "registry\0serve\0/c\0" P(7) "registry\0garbage-collect\0-d\0/c"), false },
	{ "asked, and one at work beside it",
	  WORDS(P(5) "registry\0garbage-collect\0-d\0/c\0" P(6) "registry\0garbage-collect\0/c"),
	  true },
	{ "the option is another process's",
	  WORDS(P(5) "registry\0garbage-collect\0/c\0" P(6) "rm\0--dry-run"), true },
	{ "the verb is another process's",
	  WORDS(P(5) "echo\0" P(6) "garbage-collect\0/c\0" P(7) "x"), false },
	{ "one that ended has no arguments", WORDS(P(5) P(6) "registry\0serve"), false },
	{ "one that left no NUL at its end",
	  WORDS(P(5) "registry\0garbage-collect" P(6) "registry\0serve"), true },
	{ "what only looks like the begin of one",
	  WORDS(P(5) "registry\0=/proc/\0garbage-collect\0=/proc/1\0"), true },
	{ "text without marks", WORDS("registry\0serve\0registry\0garbage-collect\0/c"), true },
	{ "text without marks, in which anybody may be asked",
	  WORDS("registry\0garbage-collect\0/c\0some\0--dry-run"), true },
	{ "an engine's complaint", WORDS("OCI runtime exec failed: garbage-collect"), false },
	{ "nothing", "", 0, false },
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++)
		if (gc_is_running(ANSWERS[i].text, ANSWERS[i].length) != ANSWERS[i].running)
			fail_msg("%s", ANSWERS[i].what);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_an_argument_without_its_nul),
		cmocka_unit_test(test_configurations),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
