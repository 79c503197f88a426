/* What init makes of command lines, addresses and units: no engine, no registry. */
#include "init/setup.h"
#include "temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WORDS 6

static void command_lines_name_program_and_file(void **state)
{
	static const struct {
		const char *words[WORDS], *program, *config;
	} ROWS[] = {
		{ { "/bin/registry", "serve", "/c.yml" }, "/bin/registry", "/c.yml" },
		{ { "registry", "serve" }, "registry", NULL },
		{ { "registry", "serve", "--new", "/c.yml" }, "registry", NULL },
		{ { "/sbin/tini", "--", "registry", "serve", "/c" }, "registry", "/c" },
		{ { "/entrypoint.sh", "/etc/distribution/config.yml" },
		  NULL,
		  "/etc/distribution/config.yml" },
		{ { "/entrypoint.sh", "a.yaml", "b.yml" }, NULL, NULL },
		{ { "/entrypoint.sh" }, NULL, NULL },
		{ { "config.yml" }, NULL, NULL },
		{ { "serve", "/c.yml" }, NULL, "/c.yml" },
		{ { NULL }, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct string_list argv = { 0 };
		char line[128];
		size_t length = 0;

		for (size_t w = 0; w < WORDS && ROWS[i].words[w]; w++)
			length += (size_t)snprintf(line + length, sizeof line - length, "%s",
						   ROWS[i].words[w]) +
				  1;
		init_split(line, length, &argv);
		print_message("# row %zu\n", i);
		assert_string_equal(init_program_in(&argv) ? init_program_in(&argv) : "-",
				    ROWS[i].program ? ROWS[i].program : "-");
		assert_string_equal(init_config_in(&argv) ? init_config_in(&argv) : "-",
				    ROWS[i].config ? ROWS[i].config : "-");
		string_list_clear(&argv);
	}
}

static void units_are_the_systems_own(void **state)
{
	static const struct {
		const char *groups, *unit;
	} ROWS[] = {
		{ "0::/system.slice/docker-registry.service\n", "docker-registry" },
		{ "5:cpu:/\n1:name=systemd:/system.slice/registry.service\n", "registry" },
		{ "0::/system.slice/registry.service/part\n", "registry" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/r.service\n", "" },
		{ "0::/system.slice/docker-12ab.scope\n", "" },
		{ "0::/system.slice/.service\n", "" },
		{ "0::/\n", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct setup setup;

		setup_init(&setup);
		assert_string_equal(init_unit_in(&setup, ROWS[i].groups), ROWS[i].unit);
		setup_clear(&setup);
	}
}

struct address {
	enum setup_kind kind;
	const char *container; /* what its engine tells beside the id, as JSON */
	const char *yaml;      /* below http */
	const char *url;       /* NULL: none, and */
	const char *why;
};

#define PORTS(list) "\"NetworkSettings\":{\"Ports\":{" list "}"

static const struct address ADDRESSES[] = {
	{ SETUP_HOST, "", "addr: ':5000'", "http://127.0.0.1:5000", NULL },
	{ SETUP_HOST, "", "addr: '0.0.0.0:5000', prefix: /p/", "http://127.0.0.1:5000/p", NULL },
	{ SETUP_HOST, "", "addr: '[::]:5000'", "http://127.0.0.1:5000", NULL },
	{ SETUP_HOST, "", "addr: '[::1]:5000'", "http://[::1]:5000", NULL },
	{ SETUP_HOST, "", "addr: '10.0.0.7:443', tls: {certificate: /c}", "https://10.0.0.7:443",
	  NULL },
	{ SETUP_HOST, "", "addr: '/run/s', net: unix", NULL, "Unix socket" },
	{ SETUP_HOST, "", "addr: ':http'", NULL, "not HOST:PORT" },
	{ SETUP_HOST, "", "addr: ':70000'", NULL, "not HOST:PORT" },
	{ SETUP_HOST, "", "addr: ':0'", NULL, "not HOST:PORT" },
	{ SETUP_HOST, "", "secret: x", NULL, "not known" },
	{ SETUP_CONTAINER, ",\"HostConfig\":{\"NetworkMode\":\"host\"}", "addr: '127.0.0.1:5000'",
	  "http://127.0.0.1:5000", NULL },
	{ SETUP_CONTAINER,
	  "," PORTS("\"5000/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"5001\"}]") "}",
	  "addr: ':5000'", "http://127.0.0.1:5001", NULL },
	{ SETUP_CONTAINER,
	  "," PORTS("\"5000/tcp\":[{\"HostIp\":\"::\",\"HostPort\":\"1\"},{\"HostIp\":\"10.0.0.7\","
		    "\"HostPort\":\"5001\"}]") "}",
	  "addr: ':5000'", "http://10.0.0.7:5001", NULL },
	/* Another port of it is published, for its debug page. */
	{ SETUP_CONTAINER,
	  "," PORTS("\"5001/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"5001\"}]") ",\"IPAddress\":"
									      "\"172.17.0.2\"}",
	  "addr: ':5000'", "http://172.17.0.2:5000", NULL },
	{ SETUP_CONTAINER, "," PORTS("") ",\"IPAddress\":\"172.17.0.2\"}", "addr: 'localhost:5000'",
	  NULL, "loopback" },
	{ SETUP_CONTAINER, "", "addr: ':5000'", NULL, "not published" },
	{ SETUP_CLUSTER, "", "addr: ':5000'", NULL, "no service" },
};

static void addresses_are_seen_from_this_host(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ADDRESSES / sizeof *ADDRESSES; i++) {
		const struct address *row = &ADDRESSES[i];
		char json[512], yaml[256];
		const char *why = NULL, *url;
		struct setup setup;
		struct err err;

		setup_init(&setup);
		setup.kind = row->kind;
		snprintf(json, sizeof json, "{\"Id\":\"1\"%s}", row->container);
		snprintf(yaml, sizeof yaml, "http: {%s}", row->yaml);
		assert_int_equal(engine_container_read(json, strlen(json), &setup.container, &err),
				 0);
		server_config_parse(yaml, strlen(yaml), "", &setup.server);
		url = init_address(&setup, &why);
		print_message("# %s %s\n", row->container, row->yaml);
		assert_string_equal(url ? url : "-", row->url ? row->url : "-");
		if (!url)
			assert_non_null(strstr(why, row->why));
		setup_clear(&setup);
	}
}

static void what_is_there_is_not_written_over(void **state)
{
	char *folder = temporary_folder(), *file = xasprintf("%s/file", folder);
	char *link = xasprintf("%s/link", folder), *none = xasprintf("%s/none", folder);
	struct stat status;
	struct setup setup;
	struct err err;

	(void)state;
	setup_init(&setup);
	assert_int_equal(init_write(&setup, file, &err), 0);
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(truncate(file, 1), 0);
	assert_int_equal(init_write(&setup, file, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	assert_non_null(strstr(err.msg, "is there already and stays as it is"));
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_size, 1);
	assert_int_equal(symlink(none, link), 0);
	assert_int_equal(init_write(&setup, link, &err), -1);
	assert_int_equal(access(none, F_OK), -1);
	setup_clear(&setup);
	temporary_remove(folder);
	free(file);
	free(link);
	free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines_name_program_and_file),
		cmocka_unit_test(units_are_the_systems_own),
		cmocka_unit_test(what_is_there_is_not_written_over),
		cmocka_unit_test(addresses_are_seen_from_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
