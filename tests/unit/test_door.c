/* The deletion door's settings, command, login, and how it is known among others. */
#include "config/config.h"
#include "door/login.h"
#include "door/process.h"
#include "door/question.h"
#include "door/settings.h"
#include "door/words.h"
#include "engine/engine.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <crypt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MARK  "00112233445566778899aabbccddeeff"
#define REALM "ffeeddccbbaa99887766554433221100"

static const char *value_of(char *const *environment, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; environment[i]; i++) {
		if (strncmp(environment[i], name, strlen(name)) == 0 &&
		    environment[i][strlen(name)] == '=') {
			assert_null(found);
			found = environment[i] + strlen(name) + 1;
		}
	}
	return found;
}

static void test_settings(void **state)
{
	static const char *const CURRENT[] = { "HOME=/root",
					       "REGISTRY_STORAGE_DELETE_ENABLED=false",
					       "REGISTRY_AUTH_TOKEN_REALM=https://elsewhere",
					       "REGISTRY_AUTH=token",
					       "REGISTRY_HTTP_TLS_CERTIFICATE=/c",
					       "REGISTRY_STORAGE=inmemory",
					       NULL };
	static const struct {
		const char *name, *value; /* NULL: it is not set */
	} CASES[] = {
		{ "HOME", "/root" },
		{ DOOR_MARK, MARK },
		{ "REGISTRY_STORAGE_DELETE_ENABLED", "true" },
		{ "REGISTRY_HTTP_ADDR", "127.0.0.1:5999" },
		{ "REGISTRY_HTTP_PREFIX", "" },
		{ "REGISTRY_HTTP_TLS_CERTIFICATE", "" },
		{ "REGISTRY_HTTP_TLS_LETSENCRYPT_CACHEFILE", "" },
		{ "REGISTRY_HTTP_DEBUG_ADDR", "" },
		{ "REGISTRY_AUTH",
		  "{\"htpasswd\":{\"realm\":\"" REALM "\",\"path\":\"/proc/self/fd/0\"}}" },
		{ "REGISTRY_AUTH_HTPASSWD_REALM", REALM },
		{ "REGISTRY_AUTH_HTPASSWD_PATH", "/proc/self/fd/0" },
		{ "REGISTRY_AUTH_TOKEN_REALM", NULL },
		{ "REGISTRY_STORAGE", "inmemory" },
		{ "REGISTRY_NOTIFICATIONS_ENDPOINTS", NULL },
		{ "REGISTRY_STORAGE_MAINTENANCE", NULL },
	};
	struct door_settings settings;
	char *const *current;
	char **environment;

	(void)state;
	memcpy(&current, &(const char *const *){ CURRENT }, sizeof current);
	door_settings_make(&settings, MARK, REALM, 5999);
	environment = door_settings_environment(&settings, current);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const char *value = value_of(environment, CASES[i].name);

		if (CASES[i].value)
			assert_string_equal(value, CASES[i].value);
		else
			assert_null(value);
	}
	free(environment);
	door_settings_clear(&settings);
}

/* The whole command as one text; the caller's. */
static char *command(const char *const *exec, const char *const *names)
{
	struct config config = { .registry.program = (char[]){ "registry" },
				 .paths.config = (char[]){ "/c.yml" } };
	struct engine_target target;
	struct buf text = { 0 };
	CLEANUP(free_p) const char **words = NULL;

	memcpy(&config.registry.exec.items, &exec, sizeof exec);
	while (exec && exec[config.registry.exec.count])
		config.registry.exec.count++;
	engine_target_read(exec, &target);
	words = door_serve_words(&config, &target, names);
	for (size_t i = 0; words[i]; i++)
		buf_format(&text, "%s%s", i ? " " : "", words[i]);
	engine_target_clear(&target);
	return text.data;
}

static void test_command(void **state)
{
	static const char *const HERE[] = { NULL };
	static const char *const DOCKER[] = { "docker", "exec", "r", NULL };
	static const char *const PODMAN[] = {
		"/usr/bin/podman", "--log-level", "error", "exec", "-u", "0", "r", NULL
	};
	static const struct {
		const char *const *exec;
		const char *expected;
	} CASES[] = {
		{ HERE, "registry serve /c.yml" },
		{ DOCKER, "docker exec -i -e A -e B r registry serve /c.yml" },
		{ PODMAN, "/usr/bin/podman --log-level error exec -i -e A -e B -u 0 r registry "
			  "serve /c.yml" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(free_p)
		char *text = command(CASES[i].exec, (const char *const[]){ "A", "B", NULL });

		assert_string_equal(text, CASES[i].expected);
	}
}

/* No value is in a command line: the names alone are. */
static void test_names_have_no_values(void **state)
{
	struct door_settings settings;
	size_t given = 0;

	(void)state;
	door_settings_make(&settings, MARK, REALM, 5999);
	for (size_t i = 0; settings.names[i]; i++) {
		assert_null(strchr(settings.names[i], '='));
		given += i == 0 || strcmp(settings.names[i], settings.names[i - 1]) != 0;
	}
	assert_true(given > 10);
	door_settings_clear(&settings);
}

static void test_login(void **state)
{
	char password[DOOR_PASSWORD], other[DOOR_PASSWORD], line[DOOR_LINE];
	struct crypt_data data = { 0 };
	struct err err = { 0 };
	char *hash = line + strlen(DOOR_USER) + 1;

	(void)state;
	assert_int_equal(door_random(password, sizeof password, &err), 0);
	assert_int_equal(door_random(other, sizeof other, &err), 0);
	assert_int_equal(strspn(password, "0123456789abcdef"), DOOR_PASSWORD - 1);
	assert_string_not_equal(password, other);
	assert_int_equal(door_login_line(password, line, &err), 0);
	assert_memory_equal(line, DOOR_USER ":$2b$04$", strlen(DOOR_USER) + 8);
	assert_int_equal(line[strlen(line) - 1], '\n');
	line[strlen(line) - 1] = '\0';
	assert_string_equal(crypt_r(password, hash, &data), hash);
	assert_string_not_equal(crypt_r(other, hash, &data), hash);
}

static void test_head(void **state)
{
	static const struct {
		const char *head;
		int status;
		bool ours;
	} CASES[] = {
		{ "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"" REALM
		  "\"\r\n\r\n",
		  401, true },
		{ "HTTP/1.1 401 Unauthorized\r\nA: b\r\nwww-authenticate: Basic realm=\"" REALM
		  "\"\r\nC: d\r\n\r\n",
		  401, true },
		{ "HTTP/1.1 200 OK\r\nWWW-Authenticate: Basic realm=\"" REALM "\"\r\n\r\n", 200,
		  false },
		{ "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"" MARK "\"\r\n\r\n",
		  401, false },
		{ "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"" REALM
		  "x\"\r\n\r\n",
		  401, false },
		{ "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"" REALM
		  "\"\r\n\r\n",
		  401, false },
		{ "HTTP/1.1 401 Unauthorized\r\n\r\n", 401, false },
		{ "SSH-2.0-OpenSSH_9.2\r\n", 0, false },
		{ "", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		assert_int_equal(door_head_status(CASES[i].head), CASES[i].status);
		assert_int_equal(door_head_is_ours(CASES[i].head, REALM), CASES[i].ours);
	}
}

static void test_mark(void **state)
{
#define ENVIRONMENT(text) text, sizeof(text) - 1
	static const struct {
		const char *environment;
		size_t size;
		bool has;
	} CASES[] = {
		{ ENVIRONMENT("A=b\0" DOOR_MARK "=" MARK "\0C=d\0"), true },
		{ ENVIRONMENT(DOOR_MARK "=" MARK "\0"), true },
		{ ENVIRONMENT("A=b\0X" DOOR_MARK "=" MARK "\0"), false },
		{ ENVIRONMENT(DOOR_MARK "=" MARK "0\0"), false },
		{ ENVIRONMENT(DOOR_MARK "=" REALM "\0"), false },
		/* Cut off: what follows is not known. */
		{ ENVIRONMENT(DOOR_MARK "=" MARK), false },
		{ ENVIRONMENT(""), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		assert_int_equal(door_process_has(CASES[i].environment, CASES[i].size, MARK),
				 CASES[i].has);
}

/* What engines said when there was none, and when they could not be asked. */
static void test_no_container(void **state)
{
	static const struct {
		const char *said;
		bool absent;
	} CASES[] = {
		{ "docker: container r: there is no such container (`docker ps -a` lists them)",
		  true },
		{ "Error response from daemon: No such container: r", true },
		{ "Error: No such object: r", true },
		{ "docker: container r: exit status 1: error during connect: Get "
		  "\"http://host:2375/v1.50/containers/r/json\": dial tcp: lookup host: no such "
		  "host",
		  false },
		{ "docker: container r: exit status 1: Failed to initialize: unable to resolve "
		  "docker endpoint: context \"c\": context not found: open /root/.docker/contexts/"
		  "meta/9e/meta.json: no such file or directory",
		  false },
		{ "Error: unable to connect to Podman socket: dial unix /x.sock: connect: no such "
		  "file or directory",
		  false },
		{ "the container engine cannot be reached", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		assert_int_equal(door_process_no_container(CASES[i].said), CASES[i].absent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),     cmocka_unit_test(test_names_have_no_values),
		cmocka_unit_test(test_command),      cmocka_unit_test(test_login),
		cmocka_unit_test(test_head),         cmocka_unit_test(test_mark),
		cmocka_unit_test(test_no_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
