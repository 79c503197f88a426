/* registry/server_config: real files, what the environment changes, and how both are asked
 * for. */
#include "registry/server_config.h"

#include "server_says.h"
#include "temporary.h"

static const struct says_row FILES[] = {
	{ "registry:2",
	  "version: 0.1\n"
	  "log:\n"
	  "  fields:\n"
	  "    service: registry\n"
	  "storage:\n"
	  "  cache:\n"
	  "    blobdescriptor: inmemory\n"
	  "  filesystem:\n"
	  "    rootdirectory: /var/lib/registry\n"
	  "http:\n"
	  "  addr: :5000\n"
	  "  headers:\n"
	  "    X-Content-Type-Options: [nosniff]\n"
	  "health:\n"
	  "  storagedriver:\n"
	  "    enabled: true\n"
	  "    interval: 10s\n"
	  "    threshold: 3\n",
	  YES, NO },
	{ "registry:3",
	  "version: 0.1\n"
	  "log:\n"
	  "  level: debug\n"
	  "  fields:\n"
	  "    service: registry\n"
	  "    environment: development\n"
	  "storage:\n"
	  "    delete:\n"
	  "      enabled: true\n"
	  "    cache:\n"
	  "        blobdescriptor: inmemory\n"
	  "    filesystem:\n"
	  "        rootdirectory: /var/lib/registry\n"
	  "    tag:\n"
	  "      concurrencylimit: 5\n"
	  "http:\n"
	  "    addr: :5000\n"
	  "    debug:\n"
	  "        addr: :5001\n"
	  "        prometheus:\n"
	  "            enabled: true\n"
	  "            path: /metrics\n"
	  "health:\n"
	  "  storagedriver:\n"
	  "    enabled: true\n"
	  "    interval: 10s\n"
	  "    threshold: 3\n",
	  YES, NO },
	{ "a mirror with redis, notifications and a password with odd characters",
	  "version: 0.1\n"
	  "storage:\n"
	  "  s3:\n"
	  "    region: eu-west-1 # comment\n"
	  "    secretkey: 'a#b: {it''s}'\n"
	  "  cache: {blobdescriptor: redis}\n"
	  "redis:\n"
	  "  addrs: [localhost:6379, \"other:6379\"]\n"
	  "notifications:\n"
	  "  endpoints:\n"
	  "    - name: one\n"
	  "      url: http://localhost:5003/callback?a=b#c\n"
	  "      headers:\n"
	  "         Authorization: [Bearer <an example token>]\n"
	  "    - name: two\n"
	  "      disabled: true\n"
	  "proxy:\n"
	  "  remoteurl: https://registry-1.docker.io\n"
	  "  username: me\n"
	  "  password: \"pass\\\"word: #{}\"\n",
	  YES, YES },
	{ "no cache",
	  "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /var/lib/registry\n"
	  "  delete:\n    enabled: true\nhttp:\n  addr: :5000\n",
	  NO, NO },
};

static const struct {
	const char *yaml, *environment;
	bool lasts;
} LASTING[] = {
	{ "storage: {filesystem: {}, cache: {blobdescriptor: redis}}\n", "", true },
	{ "storage: {filesystem: {}, cache: {blobdescriptor: \"redis\"}}\n", "", true },
	{ "storage: {filesystem: {}, cache: {layerinfo: redis}}\n", "", true },
	{ "storage: {filesystem: {}, cache: {blobdescriptor: inmemory}}\n", "A=redis\n", false },
	{ "storage: {filesystem: {}}\nredis: {addr: redis}\n", "", false },
	{ "storage: {filesystem: {}}\n", "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=redis\n", true },
	{ "storage: {filesystem: {}}\n", "A=b\nregistry_storage_cache={blobdescriptor: Redis}",
	  true },
	{ "storage: {filesystem: {}}\n", "REGISTRY_REDIS_ADDR=redis:6379\n", false },
};

static struct server_config parse(const char *yaml, const char *environment)
{
	struct server_config config;

	print_message("# %s%s\n", yaml, environment);
	server_config_parse(yaml, strlen(yaml), environment, &config);
	return config;
}

static void caches_that_a_restart_does_not_empty(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof LASTING / sizeof *LASTING; i++) {
		struct server_config config = parse(LASTING[i].yaml, LASTING[i].environment);

		assert_int_equal(config.cache_lasts, LASTING[i].lasts);
	}
}

#define INDEXES "storage: {filesystem: {}}\nvalidation:\n  manifests:\n    indexes:\n"

static const struct {
	const char *yaml, *environment;
	enum config_says sparse;
} SPARSE[] = {
	{ "storage: {filesystem: {}}\n", "", CONFIG_NO },
	{ INDEXES "      platforms: all\n", "", CONFIG_NO },
	{ INDEXES "      platforms: none\n", "", CONFIG_YES },
	{ INDEXES "      platforms: list\n      platformlist:\n      - {os: linux}\n", "",
	  CONFIG_YES },
	{ INDEXES "      platforms: [all]\n", "", CONFIG_YES },
	{ "storage: {filesystem: {}}\nvalidation: {disabled: true}\n", "", CONFIG_YES },
	{ "storage: {filesystem: {}}\nvalidation: {manifests: {urls: {allow: [a]}}}\n", "",
	  CONFIG_NO },
	{ INDEXES "      platforms: all\n",
	  "A=b\nREGISTRY_VALIDATION_MANIFESTS_INDEXES_PLATFORMS=none\n", CONFIG_UNKNOWN },
	{ "storage: &x\n", "", CONFIG_UNKNOWN },
};

static void indexes_may_be_sparse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof SPARSE / sizeof *SPARSE; i++) {
		struct server_config config = parse(SPARSE[i].yaml, SPARSE[i].environment);

		assert_int_equal(config.sparse, SPARSE[i].sparse);
	}
}

#define DELETES(value) "storage: {filesystem: {}, delete: {enabled: " value "}}\n"
#define READONLY(value)                                                                    \
	"storage:\n  filesystem: {}\n  maintenance:\n    uploadpurging: {enabled: true}\n" \
	"    readonly:\n      enabled: " value "\n"
#define MINIMAL "storage: {filesystem: {}}\n"

static const struct {
	const char *yaml, *environment;
	enum config_says deletes, readonly;
} REFUSALS[] = {
	{ MINIMAL, "", CONFIG_NO, CONFIG_NO },
	{ DELETES("true"), "", CONFIG_YES, CONFIG_NO },
	{ DELETES("false"), "", CONFIG_NO, CONFIG_NO },
	{ DELETES("'true'"), "", CONFIG_UNKNOWN, CONFIG_NO },
	{ DELETES("1"), "", CONFIG_UNKNOWN, CONFIG_NO },
	{ DELETES("{}"), "", CONFIG_NO, CONFIG_NO },
	{ DELETES("null"), "", CONFIG_NO, CONFIG_NO },
	{ READONLY("true"), "", CONFIG_NO, CONFIG_YES },
	{ READONLY("on"), "", CONFIG_NO, CONFIG_YES },
	{ READONLY("false"), "", CONFIG_NO, CONFIG_NO },
	{ READONLY("\"true\""), "", CONFIG_NO, CONFIG_UNKNOWN },
	{ MINIMAL, "REGISTRY_STORAGE_DELETE_ENABLED=true\n", CONFIG_YES, CONFIG_NO },
	{ DELETES("true"), "A=b\nREGISTRY_STORAGE_DELETE_ENABLED=false\n", CONFIG_NO, CONFIG_NO },
	{ DELETES("true"), "REGISTRY_STORAGE_DELETE_ENABLED=\n", CONFIG_NO, CONFIG_NO },
	{ MINIMAL, "REGISTRY_STORAGE_DELETE={enabled: true}\n", CONFIG_UNKNOWN, CONFIG_NO },
	{ MINIMAL, "registry_storage_delete_enabled=true\n", CONFIG_UNKNOWN, CONFIG_NO },
	{ MINIMAL, "REGISTRY_STORAGE_DELETE_ENABLED=true\nREGISTRY_STORAGE_DELETE_ENABLED=false\n",
	  CONFIG_UNKNOWN, CONFIG_NO },
	{ DELETES("true"), "REGISTRY_STORAGE=filesystem\n", CONFIG_UNKNOWN, CONFIG_UNKNOWN },
	{ DELETES("true"), "REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED=true\n", CONFIG_YES,
	  CONFIG_UNKNOWN },
	{ "storage: &x\n", "", CONFIG_UNKNOWN, CONFIG_UNKNOWN },
};

static void what_refuses_deletes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof REFUSALS / sizeof *REFUSALS; i++) {
		struct server_config config = parse(REFUSALS[i].yaml, REFUSALS[i].environment);

		assert_int_equal(config.deletes, REFUSALS[i].deletes);
		assert_int_equal(config.readonly, REFUSALS[i].readonly);
	}
}

static void files_as_images_bring_them(void **state)
{
	(void)state;
	CHECK_SAYS(FILES);
}

static const char PLAIN[] = "storage: {filesystem: {}}\n";
static const char CACHED[] = "storage: {filesystem: {}, cache: {blobdescriptor: x}}\n";
static const char MIRROR[] = "storage: {filesystem: {}}\nproxy: {remoteurl: x}\n";
static const char BROKEN[] = "storage: &x\n";
static const struct {
	const char *yaml, *environment;
	int cache, proxy;
} VARIABLES[] = {
	{ PLAIN, "PATH=/bin\nHOME=/\n", NO, NO },
	{ PLAIN, "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=inmemory\n", YES, NO },
	{ PLAIN, "A=b\nREGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=redis", YES, NO },
	{ PLAIN, "REGISTRY_STORAGE_CACHE_LAYERINFO=inmemory\n", YES, NO },
	{ PLAIN, "REGISTRY_STORAGE_CACHE={blobdescriptor: inmemory}\n", YES, NO },
	{ PLAIN, "REGISTRY_STORAGE_CACHE={\"blobdescriptor\":\"redis\"}\n", YES, NO },
	{ PLAIN, "REGISTRY_STORAGE_CACHE=blobdescriptor: inmemory\n", YES, NO },
	{ PLAIN, "REGISTRY_STORAGE_CACHE=inmemory\n", YES, NO },
	{ PLAIN, "REGISTRY_STORAGE={filesystem: {}, cache: {layerinfo: x}}\n", YES, NO },
	{ PLAIN, "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/x\n", NO, NO },
	{ PLAIN, "REGISTRY_STORAGE_CACHED=x\nREGISTRY_STORAGE_DELETE_ENABLED=true\n", NO, NO },
	{ PLAIN, "MY_REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=x\n", NO, NO },
	{ PLAIN, "A=b\nREGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE=filesystem\n", NO, NO },
	{ CACHED, "REGISTRY_STORAGE={filesystem: {rootdirectory: /x}}\n", NO, NO },
	{ CACHED, "REGISTRY_STORAGE=s3 # cache\n", NO, NO },
	{ CACHED, "REGISTRY_STORAGE=\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE=null\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE={filesystem: {\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE=[filesystem]\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE=&x filesystem\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE=filesystem\r\n", NO, NO },
	{ CACHED, "REGISTRY_STORAGE=filesystem:\n  rootdirectory: /x\nA=b\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE=filesystem: {}\n\nA=b\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE=filesystem\nREGISTRY_STORAGE=filesystem\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE=filesystem\nREGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=x\n", YES,
	  NO },
	{ CACHED, "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=x\nREGISTRY_STORAGE=filesystem\n", YES,
	  NO },
	{ CACHED, "REGISTRY_STORAGE_CACHE={}\n", NO, NO },
	{ CACHED, "REGISTRY_STORAGE_CACHE=\nA=b\n", NO, NO },
	{ CACHED, "REGISTRY_STORAGE_CACHE={blobdescriptor\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=\n", NO, NO },
	{ CACHED, "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=\"\"\n", NO, NO },
	{ CACHED, "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=*x\n", UNKNOWN, NO },
	{ CACHED, "REGISTRY_STORAGE_CACHE_LAYERINFO=\n", YES, NO },
	{ CACHED, "registry_storage=filesystem\nREGISTRY_storage=filesystem\n", YES, NO },
	{ PLAIN, "REGISTRY_STORAGE_cache_blobdescriptor=x\n", UNKNOWN, NO },
	{ PLAIN, "REGISTRY_STORAGE_CACHE_Blobdescriptor=x\n", UNKNOWN, NO },
	{ PLAIN, "REGISTRY_STORAGE_Cache={blobdescriptor: x}\n", UNKNOWN, NO },
	{ PLAIN, "REGISTRY_STORAGE_CACHE_OTHER=x\n", UNKNOWN, NO },
	{ PLAIN, "registry_storage_cache=x\nREGISTRY_storage_CACHE=x\n", NO, NO },
	{ CACHED, "REGISTRY_STORAGE_CACHE_OTHER=x\n", YES, NO },
	{ PLAIN, "REGISTRY_PROXY_REMOTEURL=https://registry-1.docker.io\n", NO, YES },
	{ PLAIN, "REGISTRY_PROXY_REMOTEURL=\"https://x\"\n", NO, YES },
	{ PLAIN, "REGISTRY_PROXY={remoteurl: https://x}\n", NO, YES },
	{ PLAIN, "REGISTRY_PROXY_USERNAME=x\nREGISTRY_PROXY_TTL=1h\n", NO, NO },
	{ PLAIN, "REGISTRY_PROXY_REMOTEURL=&x y\n", NO, UNKNOWN },
	{ PLAIN, "REGISTRY_PROXY_REMOTEURL={a: b}\n", NO, UNKNOWN },
	{ PLAIN, "REGISTRY_PROXY_REMOTEURL=\n https://x\n", NO, UNKNOWN },
	{ MIRROR, "A=b\n", NO, YES },
	{ MIRROR, "REGISTRY_PROXY_REMOTEURL=\n", NO, NO },
	{ MIRROR, "REGISTRY_PROXY_REMOTEURL=''\n", NO, NO },
	{ MIRROR, "REGISTRY_PROXY_REMOTEURL=null\n", NO, NO },
	{ MIRROR, "REGISTRY_PROXY={}\n", NO, NO },
	{ MIRROR, "REGISTRY_PROXY=https://x\n", NO, UNKNOWN },
	{ MIRROR, "REGISTRY_PROXY={}\nREGISTRY_PROXY_REMOTEURL=x\n", NO, YES },
	{ MIRROR, "REGISTRY_PROXY_REMOTEURL=x\nREGISTRY_PROXY={}\n", NO, YES },
	{ MIRROR, "REGISTRY_proxy_remoteurl=\nregistry_proxy_remoteurl=\n", NO, YES },
	{ BROKEN, "A=b\n", UNKNOWN, UNKNOWN },
	{ BROKEN, "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=x\n", YES, UNKNOWN },
	{ BROKEN, "REGISTRY_STORAGE=filesystem\nREGISTRY_PROXY_REMOTEURL=x\n", NO, YES },
};

static void variables_change_what_the_file_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof VARIABLES / sizeof *VARIABLES; i++) {
		struct server_config says;

		server_config_parse(VARIABLES[i].yaml, strlen(VARIABLES[i].yaml),
				    VARIABLES[i].environment, &says);
		assert_says(VARIABLES[i].environment, &says, VARIABLES[i].cache,
			    VARIABLES[i].proxy);
	}
}

static int make_folder(void **state)
{
	*state = temporary_folder();
	temporary_text(*state, "config.yml", "storage: {filesystem: {}}\n");
	return 0;
}

static int remove_folder(void **state)
{
	temporary_remove(*state);
	return 0;
}

static void the_registrys_own_file_and_environment_are_asked(void **state)
{
	CLEANUP(free_p) char *path = xasprintf("%s/config.yml", (const char *)*state);
	const char *const plain[] = { "env", "-i", NULL };
	const char *const cached[] = { "env", "-i", "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=x",
				       "REGISTRY_PROXY_REMOTEURL=y", NULL };
	struct server_config says;
	struct err err = { 0 };

	assert_int_equal(server_config_ask(plain, path, &says, &err), 0);
	assert_says("a plain environment", &says, NO, NO);
	assert_int_equal(server_config_ask(cached, path, &says, &err), 0);
	assert_says("variables", &says, YES, YES);
}

/* As an empty registry.exec comes from the configuration. */
static void this_host_is_asked_without_a_prefix(void **state)
{
	CLEANUP(free_p) char *path = xasprintf("%s/config.yml", (const char *)*state);
	const char *const empty[] = { NULL };
	struct server_config says;
	struct err err = { 0 };

	assert_int_equal(server_config_ask(NULL, path, &says, &err), 0);
	assert_string_equal(says.driver, "filesystem");
	assert_int_equal(server_config_ask(empty, path, &says, &err), 0);
	assert_string_equal(says.driver, "filesystem");
}

static void a_host_without_env_is_asked_for_its_file(void **state)
{
	CLEANUP(free_p) char *path = xasprintf("%s/config.yml", (const char *)*state);
	const char *const exec[] = {
		"sh", "-c",
		"[ \"$0\" = cat ] || { echo REGISTRY_STORAGE_CACHE=x; exit 1; }; "
		"exec \"$0\" \"$@\"",
		NULL
	};
	struct server_config says;
	struct err err = { 0 };

	assert_int_equal(server_config_ask(exec, path, &says, &err), 0);
	assert_says("only the file", &says, NO, NO);
	assert_string_equal(says.driver, "");
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	CLEANUP(free_p) char *path = xasprintf("%s/config.yml", (const char *)*state);
	const char *const absent[] = { "sh", "-c",
				       "echo storage: filesystem; echo no such file >&2; "
				       "echo more >&2; exit 3",
				       NULL };
	const char *const nowhere[] = { "./no-such-engine", "exec", NULL };
	const char *const large[] = {
		"sh", "-c", "echo storage: filesystem; head -c 1048576 /dev/zero | tr '\\0' '#'",
		NULL
	};
	const char *const *const rows[] = { absent, nowhere, large };
	struct server_config says;
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		err = (struct err){ 0 };
		says = (struct server_config){ .cache = CONFIG_NO,
					       .proxy = CONFIG_NO,
					       .root = "/x" };
		assert_int_equal(server_config_ask(rows[i], path, &says, &err), -1);
		assert_int_equal(err.kind, ERR_IO);
		assert_non_null(strstr(err.msg, path));
		assert_null(strchr(err.msg, '\n'));
		assert_says(rows[i][0], &says, UNKNOWN, UNKNOWN);
		assert_string_equal(says.root, "");
	}
	assert_int_equal(server_config_ask(absent, path, &says, &err), -1);
	assert_non_null(strstr(err.msg, "exit status 3: no such file"));
	assert_null(strstr(err.msg, "more"));
}

static void the_root_of_the_storage_is_known_or_not(void **state)
{
	static const char DATA[] = "storage:\n  filesystem:\n    rootdirectory: /data/\n";
	static const struct {
		const char *sentence, *yaml, *environment, *root;
	} rows[] = {
		{ "as given, without a slash at its end", DATA, "", "/data" },
		{ "in quotes", "storage: {filesystem: {rootdirectory: \"/a b\"}}\n", "", "/a b" },
		{ "with something quoted in it",
		  "storage: {filesystem: {rootdirectory: \"/a\\\"b\"}}\n", "", "/a\"b" },
		{ "the default",
		  "storage:\n  filesystem:\n  cache:\n    blobdescriptor: inmemory\n", "",
		  "/var/lib/registry" },
		{ "of a file system with other settings",
		  "storage: {filesystem: {maxthreads: 50}}\n", "", "/var/lib/registry" },
		{ "another driver", "storage:\n  s3:\n    bucket: b\n", "", "" },
		{ "no path", "storage: {filesystem: {rootdirectory: data}}\n", "", "" },
		{ "not understood", "storage: &a\n", "", "" },
		{ "from the environment", DATA,
		  "A=b\nREGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/other\n", "/other" },
		{ "another number of threads changes nothing", DATA,
		  "REGISTRY_STORAGE_FILESYSTEM_MAXTHREADS=50\n", "/data" },
		{ "another storage altogether", DATA, "REGISTRY_STORAGE=s3\n", "" },
		{ "in other letters", DATA, "REGISTRY_STORAGE_filesystem_rootdirectory=/other\n",
		  "" },
		{ "over several lines", DATA, "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/a\n b\n",
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct server_config says;

		server_config_parse(rows[i].yaml, strlen(rows[i].yaml), rows[i].environment, &says);
		if (strcmp(says.root, rows[i].root) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].sentence, says.root, rows[i].root);
	}
}

static void the_driver_of_the_storage_is_known_or_not(void **state)
{
	static const char DATA[] = "storage:\n  filesystem:\n    rootdirectory: /data\n";
	static const struct {
		const char *sentence, *yaml, *environment, *driver;
	} rows[] = {
		{ "a file system", DATA, "", "filesystem" },
		{ "S3 among settings",
		  "storage:\n  cache:\n    blobdescriptor: x\n  delete: {enabled: true}\n  s3:\n"
		  "    bucket: b\n  redirect: {disable: true}\n  tag: {concurrencylimit: 5}\n"
		  "  maintenance: {readonly: {enabled: false}}\n",
		  "", "s3" },
		{ "in flow", "storage: {delete: {enabled: true}, azure: {container: c}}\n", "",
		  "azure" },
		{ "a name alone", "storage: inmemory\n", "", "inmemory" },
		{ "without parameters", "storage:\n  filesystem:\n", "", "filesystem" },
		{ "two drivers, with which no registry starts",
		  "storage: {filesystem: {}, s3: {bucket: b}}\n", "", "" },
		{ "settings alone", "storage: {delete: {enabled: true}}\n", "", "" },
		{ "no storage", "version: 0.1\n", "", "" },
		{ "not understood", "storage: &a\n  filesystem: {}\n", "", "" },
		{ "another driver from the environment", DATA,
		  "A=b\nREGISTRY_STORAGE=s3\nREGISTRY_STORAGE_S3_BUCKET=b\n", "s3" },
		{ "a whole storage from there", DATA, "REGISTRY_STORAGE={gcs: {bucket: b}}\n",
		  "gcs" },
		{ "the file system from there", "storage: {s3: {bucket: b}}\n",
		  "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/x\nREGISTRY_STORAGE=filesystem\n",
		  "filesystem" },
		{ "its settings change nothing", DATA,
		  "REGISTRY_STORAGE_DELETE_ENABLED=true\nREGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=x\n"
		  "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/y\nREGISTRY_STORAGE_TAG={}\n",
		  "filesystem" },
		{ "a variable of another driver", DATA, "REGISTRY_STORAGE_S3_BUCKET=b\n", "" },
		{ "given twice", DATA, "REGISTRY_STORAGE=s3\nREGISTRY_STORAGE=filesystem\n", "" },
		{ "in other letters", DATA, "registry_storage=filesystem\n", "" },
		{ "over several lines", DATA, "REGISTRY_STORAGE=filesystem:\n  a: b\n", "" },
		{ "empty", DATA, "REGISTRY_STORAGE=\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct server_config says;

		server_config_parse(rows[i].yaml, strlen(rows[i].yaml), rows[i].environment, &says);
		if (strcmp(says.driver, rows[i].driver) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].sentence, says.driver,
				 rows[i].driver);
		assert_int_equal(server_config_is_filesystem(&says),
				 strcmp(rows[i].driver, "filesystem") == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_driver_of_the_storage_is_known_or_not),
		cmocka_unit_test(the_root_of_the_storage_is_known_or_not),
		cmocka_unit_test(files_as_images_bring_them),
		cmocka_unit_test(caches_that_a_restart_does_not_empty),
		cmocka_unit_test(indexes_may_be_sparse),
		cmocka_unit_test(what_refuses_deletes),
		cmocka_unit_test(variables_change_what_the_file_says),
		cmocka_unit_test_setup_teardown(the_registrys_own_file_and_environment_are_asked,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(this_host_is_asked_without_a_prefix, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_host_without_env_is_asked_for_its_file,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_an_error, make_folder,
						remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
