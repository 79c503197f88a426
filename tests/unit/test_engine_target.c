/* What registry.exec says of the engine behind it. */
#include "engine/engine.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WORDS 16

static const struct row {
	const char *exec[WORDS];
	enum engine_kind kind;
	const char *container, *name_space, *pod_container;
	const char *version[WORDS]; /* the command with the word "version" */
} ROWS[] = {
	{ { NULL }, ENGINE_HOST, "", "", "", { "version" } },
	{ { "docker", "exec", "reg" }, ENGINE_DOCKER, "reg", "", "", { "docker", "version" } },
	{ { "/usr/bin/docker", "container", "exec", "-it", "-u", "0", "reg" },
	  ENGINE_DOCKER,
	  "reg",
	  "",
	  "",
	  { "/usr/bin/docker", "version" } },
	{ { "docker", "-H", "unix:///x", "--context=far", "-Dl", "debug", "exec", "-iu0", "--env",
	    "A=exec", "reg" },
	  ENGINE_DOCKER,
	  "reg",
	  "",
	  "",
	  { "docker", "-H", "unix:///x", "--context=far", "-Dl", "debug", "version" } },
	{ { "podman", "--root", "exec", "-r", "exec", "--preserve-fds", "3", "reg" },
	  ENGINE_PODMAN,
	  "reg",
	  "",
	  "",
	  { "podman", "--root", "exec", "-r", "version" } },
	{ { "nerdctl", "-n", "k8s.io", "exec", "reg" },
	  ENGINE_NERDCTL,
	  "reg",
	  "",
	  "",
	  { "nerdctl", "-n", "k8s.io", "version" } },
	{ { "kubectl", "exec", "-n", "apps", "deploy/reg", "-c", "main", "--" },
	  ENGINE_KUBECTL,
	  "deploy/reg",
	  "apps",
	  "main",
	  { "kubectl", "-n", "apps", "version" } },
	{ { "kubectl", "--kubeconfig=/k", "-napps", "exec", "-i", "reg-0", "--context", "c",
	    "--container=main", "--quiet", "--" },
	  ENGINE_KUBECTL,
	  "reg-0",
	  "apps",
	  "main",
	  { "kubectl", "--kubeconfig=/k", "-napps", "--context", "c", "version" } },
	{ { "k3s", "kubectl", "exec", "reg-0", "--" },
	  ENGINE_KUBECTL,
	  "reg-0",
	  "",
	  "",
	  { "k3s", "kubectl", "version" } },
	/* Nothing is guessed. */
	{ { "sudo", "docker", "exec", "reg" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "docker", "--new", "exec", "reg" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "docker", "exec", "--new", "reg" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "docker", "exec", "-u" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "docker", "exec" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "docker", "exec", "" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "docker", "compose", "exec", "reg" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "docker", "exec", "reg", "env" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "podman", "exec", "--latest" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "kubectl", "exec", "reg-0" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "kubectl", "exec", "reg-0", "--", "env" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "kubectl", "exec", "-f", "pod.yml", "--" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "kubectl", "logs", "reg-0", "--" }, ENGINE_OTHER, "", "", "", { "version" } },
	{ { "k3s", "exec", "reg-0", "--" }, ENGINE_OTHER, "", "", "", { "version" } },
};

static void each_is_taken_apart(void **state)
{
	static const char *const version[] = { "version", NULL };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		const struct row *row = &ROWS[i];
		struct engine_target target;
		const char **command;
		size_t count = 0;

		print_message("# row %zu: %s\n", i, row->exec[0] ? row->exec[0] : "(nothing)");
		engine_target_read(row->exec, &target);
		assert_int_equal(target.kind, row->kind);
		assert_string_equal(target.container, row->container);
		assert_string_equal(target.name_space, row->name_space);
		assert_string_equal(target.pod_container, row->pod_container);
		command = engine_command(&target, version);
		for (; command[count] && row->version[count]; count++)
			assert_string_equal(command[count], row->version[count]);
		assert_null(command[count]);
		assert_null(row->version[count]);
		assert_int_equal(engine_has_containers(&target),
				 row->kind == ENGINE_DOCKER || row->kind == ENGINE_PODMAN ||
					 row->kind == ENGINE_NERDCTL);
		free(command);
		engine_target_clear(&target);
	}
}

static void options_are_put_behind_exec(void **state)
{
	static const struct {
		const char *exec[WORDS];
		size_t words;
	} HEADS[] = {
		{ { "docker", "exec", "c" }, 2 },
		{ { "./podman", "exec", "c" }, 2 },
		{ { "/usr/bin/nerdctl", "container", "exec", "-i", "c" }, 3 },
		{ { "docker", "-H", "exec", "exec", "c" }, 4 },
		{ { "kubectl", "exec", "pod", "--" }, 0 },
		{ { "sudo", "docker", "exec", "c" }, 0 },
		{ { "docker-compose", "exec", "c" }, 0 },
		{ { "/docker/other", "exec", "c" }, 0 },
		{ { "docker/", "exec", "c" }, 0 },
		{ { "docker" }, 0 },
		{ { NULL }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++)
		if (engine_exec_head(HEADS[i].exec) != HEADS[i].words)
			fail_msg("row %zu", i);
	assert_int_equal(engine_exec_head(NULL), 0);
}

static void one_is_made_of_its_parts(void **state)
{
	struct engine_target target;

	(void)state;
	engine_target_set("podman", "reg", &target);
	assert_int_equal(target.kind, ENGINE_PODMAN);
	assert_string_equal(target.container, "reg");
	engine_target_clear(&target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_taken_apart),
		cmocka_unit_test(options_are_put_behind_exec),
		cmocka_unit_test(one_is_made_of_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
