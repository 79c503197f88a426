/* What engines tell about containers: docker 28 and podman 4.3 as they printed it, without what
 * nobody reads. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char DOCKER[] =
	"{\"Id\":\"5848284ee77a\",\"Created\":\"2026-11-30T15:22:02.304375051Z\","
	"\"Path\":\"/entrypoint.sh\",\"Args\":[\"/etc/docker/registry/config.yml\"],"
	"\"State\":{\"Status\":\"running\",\"Running\":true,\"Paused\":false,\"Restarting\":false,"
	"\"Pid\":4711,\"ExitCode\":0,\"StartedAt\":\"2026-11-30T15:22:02.545703585Z\"},"
	"\"Image\":\"sha256:ab43acb9\",\"Name\":\"/shop-registry-1\","
	"\"HostConfig\":{\"NetworkMode\":\"shop_default\",\"AutoRemove\":true,"
	"\"RestartPolicy\":{\"Name\":\"unless-stopped\",\"MaximumRetryCount\":0}},"
	"\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"data\",\"Source\":\"/var/lib/docker/volumes/"
	"data/_data\",\"Destination\":\"/var/lib/registry\",\"RW\":true},"
	"{\"Type\":\"bind\",\"Source\":\"/srv/config.yml\",\"Destination\":\"/etc/docker/registry/"
	"config.yml\",\"RW\":false}],"
	"\"Config\":{\"User\":\"1000\",\"Env\":[\"PATH=/bin\",\"REGISTRY_HTTP_ADDR=:5000\"],"
	"\"ExposedPorts\":{\"5000/tcp\":{}},\"Image\":\"registry:2.8.3\","
	"\"Labels\":{\"com.docker.compose.project\":\"shop\",\"com.docker.compose.service\":"
	"\"registry\",\"com.docker.compose.project.working_dir\":\"/srv/shop\","
	"\"com.docker.compose.project.config_files\":\"/srv/shop/compose.yml,/srv/shop/"
	"more.yml\"}},"
	"\"NetworkSettings\":{\"Ports\":{\"5000/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":"
	"\"5001\"},{\"HostIp\":\"::1\",\"HostPort\":\"5001\"}],\"5001/tcp\":null,"
	"\"5353/udp\":[{\"HostIp\":\"\",\"HostPort\":\"53\"}]},\"IPAddress\":\"\","
	"\"Networks\":{\"shop_default\":{\"IPAddress\":\"172.18.0.2\"}}}}\n";

static const char PODMAN[] =
	"[\n {\n \"Id\": \"fe000116a6eb\", \"Path\": \"/bin/registry\", \"Args\": [ \"serve\", "
	"\"/etc/docker/registry/config.yml\" ],\n"
	" \"State\": { \"Status\": \"running\", \"Running\": true, \"Pid\": 15349, \"StartedAt\": "
	"\"2026-11-30T15:22:21.372788969Z\" },\n"
	" \"Image\": \"ab43acb9\", \"ImageName\": \"localhost/registry:2\", \"Name\": \"preg\",\n"
	" \"Mounts\": [ { \"Type\": \"bind\", \"Source\": \"/srv/store\", \"Destination\": "
	"\"/var/lib/registry\", \"Driver\": \"\", \"Options\": [ \"rbind\" ], \"RW\": true } ],\n"
	" \"NetworkSettings\": { \"IPAddress\": \"10.88.0.5\", \"Ports\": { \"5000/tcp\": [ { "
	"\"HostIp\": \"\", \"HostPort\": \"5000\" } ] } },\n"
	" \"Config\": { \"User\": \"\", \"Env\": [ \"container=podman\" ], \"Image\": "
	"\"localhost/registry:2\", \"Entrypoint\": \"/bin/registry\", \"Labels\": null },\n"
	" \"HostConfig\": { \"NetworkMode\": \"bridge\", \"AutoRemove\": false, \"RestartPolicy\": "
	"{ \"Name\": \"\" } }\n }\n]\n";

static struct engine_container read_well(const char *text)
{
	struct engine_container container;
	struct err err;

	assert_int_equal(engine_container_read(text, strlen(text), &container, &err), 0);
	return container;
}

static void docker_tells_all(void **state)
{
	struct engine_container found = read_well(DOCKER);

	(void)state;
	assert_string_equal(found.id, "5848284ee77a");
	assert_string_equal(found.name, "shop-registry-1");
	assert_string_equal(found.image_id, "ab43acb9");
	assert_string_equal(found.image, "registry:2.8.3");
	assert_int_equal(found.argv.count, 2);
	assert_string_equal(found.argv.items[0], "/entrypoint.sh");
	assert_string_equal(found.argv.items[1], "/etc/docker/registry/config.yml");
	assert_string_equal(engine_variable(&found, "REGISTRY_HTTP_ADDR"), ":5000");
	assert_null(engine_variable(&found, "REGISTRY_HTTP"));
	assert_int_equal(found.mount_count, 2);
	assert_string_equal(found.mounts[0].type, "volume");
	assert_true(found.mounts[0].writable);
	assert_false(found.mounts[1].writable);
	assert_int_equal(found.port_count, 2);
	assert_int_equal(found.ports[0].container, 5000);
	assert_int_equal(found.ports[0].host, 5001);
	assert_string_equal(found.ports[0].host_ip, "127.0.0.1");
	assert_string_equal(found.ports[1].host_ip, "::1");
	assert_int_equal(found.exposed_port, 5000);
	assert_string_equal(found.network_mode, "shop_default");
	assert_int_equal(found.network_count, 1);
	assert_string_equal(found.networks[0].name, "shop_default");
	assert_string_equal(found.networks[0].ip, "172.18.0.2");
	assert_true(found.running);
	assert_false(found.paused);
	assert_false(found.restarting);
	assert_int_equal(found.pid, 4711);
	assert_int_equal(found.started_at, 1796052122);
	assert_string_equal(found.compose_project, "shop");
	assert_string_equal(found.compose_service, "registry");
	assert_string_equal(found.compose_folder, "/srv/shop");
	assert_string_equal(found.compose_files, "/srv/shop/compose.yml,/srv/shop/more.yml");
	assert_string_equal(found.restart_policy, "unless-stopped");
	assert_true(found.auto_remove);
	assert_string_equal(found.user, "1000");
	assert_true(engine_is_registry(&found));
	engine_container_clear(&found);
}

static void podman_tells_it_elsewhere(void **state)
{
	struct engine_container found = read_well(PODMAN);

	(void)state;
	assert_string_equal(found.id, "fe000116a6eb");
	assert_string_equal(found.name, "preg");
	assert_string_equal(found.image, "localhost/registry:2");
	assert_int_equal(found.argv.count, 3);
	assert_int_equal(found.mount_count, 1);
	assert_string_equal(found.mounts[0].source, "/srv/store");
	assert_int_equal(found.port_count, 1);
	assert_string_equal(found.ports[0].host_ip, "");
	assert_int_equal(found.network_count, 1);
	assert_string_equal(found.networks[0].ip, "10.88.0.5");
	assert_string_equal(found.restart_policy, "");
	assert_string_equal(found.compose_service, "");
	assert_int_equal(found.pid, 15349);
	assert_true(engine_is_registry(&found));
	engine_container_clear(&found);
}

static void what_is_missing_is_empty(void **state)
{
	struct engine_container found = read_well("{\"Id\":\"1\",\"Mounts\":null,\"Config\":7,"
						  "\"State\":{\"Pid\":\"4\",\"Running\":\"yes\","
						  "\"StartedAt\":\"0001-01-01T00:00:00Z\"}}");

	(void)state;
	assert_string_equal(found.name, "");
	assert_string_equal(found.image, "");
	assert_string_equal(found.network_mode, "");
	assert_int_equal(found.argv.count, 0);
	assert_int_equal(found.mount_count, 0);
	assert_int_equal(found.pid, 0);
	assert_int_equal(found.started_at, 0);
	assert_false(found.running);
	assert_false(engine_is_registry(&found));
	assert_null(engine_mount_of(&found, "/var/lib/registry"));
	engine_container_clear(&found);
}

static void what_is_no_container_is_refused(void **state)
{
	static const char *const TEXTS[] = { "",
					     "{}",
					     "[]",
					     "[{\"Id\":\"1\"},{\"Id\":\"2\"}]",
					     "\"text\"",
					     "{\"Id\":\"\"}",
					     "{\"Id\":1}",
					     "{\"Id\":\"1\",\"Id\":\"2\"}",
					     "{\"Id\":\"1\"}{\"Id\":\"2\"}",
					     "{\"Id\":\"1\"}, \"found\": {\"Id\":\"2\"}",
					     "{\"Id\":\"1\"}, \"more\": 1",
					     "Error: nothing" };

	(void)state;
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
		struct engine_container found;
		struct err err = { 0 };

		print_message("# %s\n", TEXTS[i]);
		assert_int_equal(engine_container_read(TEXTS[i], strlen(TEXTS[i]), &found, &err),
				 -1);
		assert_int_equal(err.kind, ERR_IO);
		assert_non_null(strstr(err.msg, "the engine told"));
		engine_container_clear(&found);
	}
}

static void the_deepest_mount_counts(void **state)
{
	struct engine_container found = read_well(
		"{\"Id\":\"1\",\"Mounts\":[{\"Source\":\"/a\",\"Destination\":\"/var/lib\"},"
		"{\"Source\":\"/b\",\"Destination\":\"/var/lib/registry/\"},"
		"{\"Source\":\"/c\",\"Destination\":\"/var/lib/reg\"},{\"Source\":\"/d\"}]}");
	const struct engine_mount *mounts = found.mounts;

	(void)state;
	assert_ptr_equal(engine_mount_of(&found, "/var/lib/registry"), &mounts[1]);
	assert_ptr_equal(engine_mount_of(&found, "/var/lib/registry/docker"), &mounts[1]);
	assert_ptr_equal(engine_mount_of(&found, "/var/lib/registry2"), &mounts[0]);
	assert_ptr_equal(engine_mount_of(&found, "/var/lib/reg"), &mounts[2]);
	assert_null(engine_mount_of(&found, "/var"));
	engine_container_clear(&found);
}

static void registries_are_told_from_others(void **state)
{
	static const struct {
		const char *words, *image;
		unsigned port;
		bool is;
	} ROWS[] = {
		{ "\"/bin/registry\",\"serve\",\"/c.yml\"", "some/thing:1", 80, true },
		{ "\"/sbin/tini\",\"docker-registry\",\"serve\"", "thing", 80, true },
		{ "\"/etc/distribution/config.yml\"", "registry:3", 80, true },
		{ "\"\"", "host:5000/library/registry@sha256:12", 5000, true },
		{ "\"\"", "ghcr.io/distribution/distribution:edge", 5000, true },
		{ "\"\"", "registry:3", 80, false },
		{ "\"registry\",\"garbage-collect\",\"/c\"", "thing", 80, false },
		{ "\"nginx\"", "joxit/docker-registry-ui", 5000, false },
		{ "\"serve\"", "thing", 5000, false },
		{ "", "", 80, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct engine_container found;
		char text[256];

		snprintf(text, sizeof text,
			 "{\"Id\":\"1\",\"Path\":\"/entrypoint.sh\",\"Args\":[%s],\"Config\":{"
			 "\"Image\":\"%s\",\"ExposedPorts\":{\"%u/tcp\":{}}}}",
			 ROWS[i].words, ROWS[i].image, ROWS[i].port);
		found = read_well(text);
		print_message("# %s\n", text);
		assert_int_equal(engine_is_registry(&found), ROWS[i].is);
		engine_container_clear(&found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker_tells_all),
		cmocka_unit_test(podman_tells_it_elsewhere),
		cmocka_unit_test(what_is_missing_is_empty),
		cmocka_unit_test(what_is_no_container_is_refused),
		cmocka_unit_test(the_deepest_mount_counts),
		cmocka_unit_test(registries_are_told_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
