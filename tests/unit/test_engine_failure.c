/* Each engine's words for what goes wrong before a program runs, as they print them. */
#include "engine/failure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct words {
	const char *said;
	int status;
	const char *means; /* in the meaning; NULL: there is none */
	const char *line;
	bool not_started;
};

static const struct words WORDS[] = {
	/* Docker 28 */
	{ "Error response from daemon: No such container: some\n", 1, "no such container: check",
	  "Error response from daemon: No such container: some", true },
	{ "Error response from daemon: container 12ab is not running\n", 1, "start it",
	  "Error response from daemon: container 12ab is not running", true },
	{ "Error response from daemon: Container 12ab is restarting, wait until the container is "
	  "running\n",
	  1, "is restarting", NULL, true },
	{ "OCI runtime exec failed: exec failed: unable to start container process: exec: "
	  "\"registry\": executable file not found in $PATH: unknown\r\n",
	  127, "check registry.program",
	  "OCI runtime exec failed: exec failed: unable to start container process: exec: "
	  "\"registry\": executable file not found in $PATH: unknown",
	  true },
	{ "OCI runtime exec failed: exec failed: unable to start container process: exec: "
	  "\"/bin/x\": stat /bin/x: no such file or directory: unknown\n",
	  127, "check registry.program", NULL, true },
	{ "OCI runtime exec failed: exec failed: unable to start container process: exec: "
	  "\"/bin/x\": permission denied: unknown\n",
	  126, "may not be executed", NULL, true },
	{ "unknown flag: --what\n\nUsage:  docker exec [OPTIONS] CONTAINER COMMAND [ARG...]\n\nRun "
	  "'docker exec --help' for more information\n",
	  125, "check registry.exec", "unknown flag: --what", true },
	{ "docker: unknown command: docker exce\n\nRun 'docker --help' for more information\n", 1,
	  "check registry.exec", "docker: unknown command: docker exce", true },
	{ "unable to find user nobody: no matching entries in passwd file\n", 126, "the user", NULL,
	  true },
	{ "failed to connect to the docker API at unix:///x; check if the path is correct\n", 1,
	  "cannot be reached", NULL, true },
	/* Podman 4.3 */
	{ "Error: no container with name or ID \"some\" found: no such container\n", 125,
	  "no such container: check",
	  "Error: no container with name or ID \"some\" found: no such container", true },
	{ "Error: can only create exec sessions on running containers: container state improper\n",
	  255, "not running, or is paused", NULL, true },
	{ "Error: unknown flag: --what\nSee 'podman exec --help'\n", 125, "check registry.exec",
	  "Error: unknown flag: --what", true },
	{ "Error: runc: exec failed: unable to start container process: exec: \"registry\": "
	  "executable file not found in $PATH: OCI runtime attempted to invoke a command that was "
	  "not found\n",
	  127, "check registry.program", NULL, true },
	{ "Error: crun: executable file `registry` not found in $PATH: No such file or directory: "
	  "OCI runtime attempted to invoke a command that was not found\n",
	  127, "check registry.program", NULL, true },
	{ "Error: runc: exec failed: unable to start container process: exec: \"/bin/x\": "
	  "permission denied: OCI permission denied\n",
	  126, "may not be executed", NULL, true },
	{ "Cannot connect to Podman. Please verify your connection to the Linux system\n", 125,
	  "cannot be reached", NULL, true },
	/* nerdctl and kubectl */
	{ "time=\"x\" level=fatal msg=\"no such container some\"\n", 1, "no such container: check",
	  NULL, true },
	{ "FATA[0000] unknown flag: --what\n", 1, "check registry.exec", NULL, true },
	{ "FATA[0000] no running task found: task 12ab not found: not found\n", 1, "start it", NULL,
	  true },
	{ "Error from server (NotFound): deployments.apps \"registry\" not found\n", 1,
	  "no such pod", NULL, true },
	{ "error: unable to upgrade connection: container not found (\"registry\")\n", 1,
	  "no such container", NULL, true },
	{ "error: unknown flag: --what\nSee 'kubectl exec --help' for usage.\n", 1,
	  "check registry.exec", "error: unknown flag: --what", true },
	{ "Error from server (Forbidden): pods \"r\" is forbidden: User \"u\" cannot create "
	  "resource \"pods/exec\" in API group \"\"\n",
	  1, "right to create pods/exec", NULL, true },
	{ "The connection to the server localhost:8080 was refused - did you specify the right "
	  "host or port?\n",
	  1, "cluster cannot be reached", NULL, true },
	{ "command terminated with exit code 137\n", 137, "killed",
	  "command terminated with exit code 137", false },
	/* The registry's program */
	{ "Error: unknown flag: --what\nUsage:\n  registry garbage-collect <config> [flags]\n", 1,
	  "check registry.program", "Error: unknown flag: --what", false },
	{ "Error: unknown command \"garbage-collect\" for \"registry\"\nRun 'registry --help' for "
	  "usage.\n",
	  0, "has no garbage-collect", NULL, false },
	{ "failed to garbage collect: failed to mark: open /x: permission denied", 1, NULL,
	  "failed to garbage collect: failed to mark: open /x: permission denied", false },
	{ "level=info msg=x\npanic: runtime error: slice bounds out of range\n\ngoroutine 1 "
	  "[running]:\nmain.main()\n\t/x/main.go:22 +0x25\n",
	  2, NULL, "panic: runtime error: slice bounds out of range", false },
	{ "fatal error: runtime: out of memory\n\nruntime stack:\n\t/x/panic.go:1 +0x1\n", 2, NULL,
	  "fatal error: runtime: out of memory", false },
	/* A status alone */
	{ "", 137, "was the container stopped", "", false },
	{ "", 143, "was the container stopped", "", false },
	{ "", 125, "check registry.exec", "", false },
	{ "sh: 1: x: odd\n \r\n", 126, "cannot be executed", "sh: 1: x: odd", false },
	{ "sh: 1: registry: not found\n", 127, "was not found", "sh: 1: registry: not found",
	  false },
	{ "first\nlast\n\n", 3, NULL, "last", false },
	{ "", -1, NULL, "", false },
};

static void each_says_what_it_means(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
		const struct words *words = &WORDS[i];
		struct engine_failure failure = engine_failure_read(words->said, words->status);

		print_message("# %s\n", words->said);
		assert_int_equal(failure.meaning == NULL, words->means == NULL);
		if (words->means)
			assert_non_null(strstr(failure.meaning, words->means));
		if (words->line)
			assert_string_equal(failure.line, words->line);
		assert_int_equal(failure.not_started, words->not_started);
	}
}

static void a_long_line_is_cut(void **state)
{
	char text[2 * ENGINE_LINE];
	struct engine_failure failure;

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	failure = engine_failure_read(text, 1);
	assert_int_equal(strlen(failure.line), ENGINE_LINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_says_what_it_means),
		cmocka_unit_test(a_long_line_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
