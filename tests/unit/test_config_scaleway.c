/* registry.kind: which keys each kind has, what they default to, and rules between those of
 * Scaleway's.
 */
#include "config_file.h"

#include "config/registry_names.h"

#define ID     "12345678-9abc-def0-1234-56789abcdef0"
#define KEY_   "\"secret_key\":\"" ID "\""
#define KIND   "\"kind\":\"scaleway\",\"region\":\"fr-par\""
#define BASE   "\"registry\":{" KIND "," KEY_ "}"
#define NOT_V2 ": not for registry.kind \"v2\", only for \"scaleway\""
#define NOT    ": not for registry.kind \"scaleway\": "

static void the_least_is_a_region_and_a_secret_key(void **state)
{
	struct loaded loaded = load("{" BASE "," CLEANUP_ "}");
	const struct config *config = &loaded.config;

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	assert_int_equal(config->registry.kind, KIND_SCALEWAY);
	assert_string_equal(config->registry.url,
			    "https://api.scaleway.com/registry/v1/regions/fr-par");
	assert_string_equal(config->registry.secret_key, ID);
	assert_string_equal(config->registry.scaleway_config, "");
	assert_string_equal(config->registry.scaleway_profile, "");
	assert_string_equal(config->registry.namespace, "");
	assert_string_equal(config->registry.image, "");
	assert_int_equal(config->registry.deleting_seconds, 300);
	assert_int_equal(config->registry.max_concurrent_requests, 8);
	assert_false(config->cleanup.delete_empty_namespaces);
	assert_int_equal(config->cleanup.empty_namespace_hours, 24);
	/* What cannot be there is not. */
	assert_string_equal(config->registry.user, "");
	assert_string_equal(config->registry.container, "");
	assert_int_equal(config->registry.exec.count, 0);
	assert_string_equal(config->paths.config, "");
	assert_string_equal(config->paths.host_storage, "");
	assert_int_equal(config->inventory.source, SOURCE_API);
	assert_int_equal(config->cleanup.age_from, AGE_PUSHED);
	assert_int_equal(config->gc.when, GC_NEVER);
	assert_false(config->gc.required);
	assert_false(config->gc.second_opinion);
	clear(&loaded);
}

static void ids_are_lower_case_and_names_stay(void **state)
{
	struct loaded loaded =
		load("{\"registry\":{" KIND "," KEY_ ",\"url\":\"HTTP://127.0.0.1:8080/x/\","
		     "\"namespace\":\"AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE\",\"image\":\"a/b\","
		     "\"deleting_seconds\":0,\"max_concurrent_requests\":1},"
		     "\"cleanup\":{\"delete_empty_namespaces\":true,\"empty_namespace_hours\":0}}");
	const struct config *config = &loaded.config;

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_string_equal(config->registry.url,
			    "http://127.0.0.1:8080/x/registry/v1/regions/fr-par");
	assert_string_equal(config->registry.namespace, "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
	assert_string_equal(config->registry.image, "a/b");
	assert_int_equal(config->registry.deleting_seconds, 0);
	assert_int_equal(config->cleanup.empty_namespace_hours, 0);
	clear(&loaded);
}

/* With v2 the new keys are empty, and nothing of the old is changed. */
static void v2_has_none_of_it(void **state)
{
	struct loaded loaded = load("{" REGISTRY "," CLEANUP_ "," PATHS "}");
	const struct config *config = &loaded.config;

	(void)state;
	assert_int_equal(config->registry.kind, KIND_V2);
	assert_string_equal(config->registry.region, "");
	assert_string_equal(config->registry.secret_key, "");
	assert_string_equal(config->registry.scaleway_config, "");
	assert_string_equal(config->registry.namespace, "");
	clear(&loaded);
}

static const struct {
	const char *registry, *rest; /* in the section, and behind it */
	const char *faults;
} CASES[] = {
	{ KIND "," KEY_, "", "" },
	{ KIND ",\"scaleway_config\":\"default\",\"scaleway_profile\":\"p\"", "", "" },
	{ KIND "," KEY_ ",\"namespace\":\"n\",\"image\":\"i\"", "", "" },
	{ KIND "," KEY_ ",\"image\":\"" ID "\"", "", "" },
	{ "\"kind\":\"scaleway\"," KEY_, "", "registry.region: required, but missing" },
	{ KIND, "", "registry.secret_key: required, or registry.scaleway_config" },
	{ KIND ",\"secret_key\":\"\"", "",
	  "registry.secret_key: required, or registry.scaleway_config" },
	{ KIND ",\"secret_key\":\"SCWAAAAAAAAAAAAAAAAA\"", "",
	  "registry.secret_key: must be a UUID" },
	{ KIND "," KEY_ ",\"scaleway_config\":\"/c\"", "",
	  "registry.scaleway_config: must not be given beside registry.secret_key" },
	{ KIND ",\"scaleway_config\":\"c.yaml\"", "",
	  "registry.scaleway_config: must be \"default\" or an absolute path, beginning with '/'" },
	{ KIND "," KEY_ ",\"scaleway_profile\":\"p\"", "",
	  "registry.scaleway_config: required, because registry.scaleway_profile is a profile of "
	  "it" },
	{ "\"kind\":\"scaleway\",\"region\":\"fr\"," KEY_, "",
	  "registry.region: must be a region, as fr-par, nl-ams or pl-waw" },
	{ "\"kind\":\"scaleway\",\"region\":\"FR-PAR\"," KEY_, "",
	  "registry.region: must be a region, as fr-par, nl-ams or pl-waw" },
	{ "\"kind\":\"scaleway\",\"region\":\"fr-par/\"," KEY_, "",
	  "registry.region: must be a region, as fr-par, nl-ams or pl-waw" },
	{ KIND "," KEY_ ",\"image\":\"i\"", "",
	  "registry.namespace: required, because registry.image is a name and no id" },
	{ KIND "," KEY_ ",\"namespace\":\"a/b\"", "",
	  "registry.namespace: must be a namespace's id (a UUID) or its name, of lower case "
	  "letters, digits and '._-'" },
	{ KIND "," KEY_ ",\"namespace\":\"n\",\"image\":\"../x\"", "",
	  "registry.image: must be an image's id (a UUID) or its name, of lower case letters, "
	  "digits and '._-/'" },
	{ KIND "," KEY_ ",\"url\":\"https://api.scaleway.com/registry/v1\"", "",
	  "registry.url: must not hold /registry/v1, which is put behind it, with "
	  "registry.region" },
	{ KIND "," KEY_ ",\"url\":\"https://h/?x\"", "",
	  "registry.url: must not have a query ('?')" },
	{ KIND "," KEY_ ",\"max_concurrent_requests\":9", "",
	  "registry.max_concurrent_requests: out of range, 1 to 8 is allowed" },
	{ KIND "," KEY_ ",\"deleting_seconds\":3601", "",
	  "registry.deleting_seconds: out of range, 0 to 3600 is allowed" },
	{ KIND "," KEY_, ",\"protect\":{\"in_use\":[[\"x\",\"{container}\"]]}",
	  "protect.in_use: must not mention {container}: with registry.kind \"scaleway\" there is "
	  "none" },
	/* Not even the value that it has anyway, or one that it could not have. */
	{ KIND "," KEY_ ",\"user\":\"\",\"exec\":[],\"password\":7", "",
	  "registry.user" NOT "requests carry registry.secret_key, and no login\n"
	  "registry.password" NOT "requests carry registry.secret_key, and no login\n"
	  "registry.exec" NOT "no container or program of it runs here" },
	{ KIND "," KEY_, ",\"gc\":{\"when\":\"never\"},\"paths\":{\"host_storage\":\"\"}",
	  "paths.host_storage" NOT "its storage cannot be seen\n"
	  "gc.when" NOT "Scaleway frees the space itself" },
	/* Nothing depends on a kind that is not known. */
	{ "\"kind\":\"harbor\",\"region\":\"fr-par\"", "",
	  "registry.kind: expected \"v2\" or \"scaleway\"" },
	{ "\"kind\":\"v2\",\"url\":\"http://h\",\"exec\":[],\"region\":\"fr-par\"," KEY_
	  ",\"scaleway_config\":\"\",\"scaleway_profile\":\"\",\"namespace\":\"\","
	  "\"image\":\"\",\"deleting_seconds\":300",
	  ",\"paths\":{\"config\":\"/c\"}",
	  "registry.region" NOT_V2 "\nregistry.secret_key" NOT_V2
	  "\nregistry.scaleway_config" NOT_V2 "\nregistry.scaleway_profile" NOT_V2
	  "\nregistry.namespace" NOT_V2 "\nregistry.image" NOT_V2
	  "\nregistry.deleting_seconds" NOT_V2 },
};

static void rules_between_keys_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(free_p)
		char *text = xasprintf("{\"registry\":{%s}," CLEANUP_ "%s}", CASES[i].registry,
				       CASES[i].rest);
		struct loaded loaded = load(text);

		print_message("# %s\n", text);
		assert_notes(&loaded.faults, CASES[i].faults);
		clear(&loaded);
	}
}

static const struct {
	const char *registry, *warnings;
} WARNINGS[] = {
	{ KIND "," KEY_, "" },
	{ KIND "," KEY_ ",\"url\":\"http://127.0.0.1:1\"", "" },
	{ KIND "," KEY_ ",\"url\":\"http://localhost\"", "" },
	{ KIND "," KEY_ ",\"url\":\"http://api.example.com\"",
	  "registry.url: it is not https: whoever is in between can read the secret key" },
	{ KIND "," KEY_ ",\"insecure_skip_verify\":true",
	  "registry.insecure_skip_verify: the registry's certificate is not checked: whoever is in "
	  "between can read the secret key and answer instead of the registry; registry.ca_cert "
	  "can name its authority" },
};

static void a_secret_key_that_others_can_read_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof WARNINGS / sizeof *WARNINGS; i++) {
		CLEANUP(free_p)
		char *text = xasprintf("{\"registry\":{%s}," CLEANUP_ "}", WARNINGS[i].registry);
		struct loaded loaded = load(text);

		print_message("# %s\n", text);
		assert_notes(&loaded.faults, "");
		assert_notes(&loaded.warnings, WARNINGS[i].warnings);
		clear(&loaded);
	}
}

static void everybody_could_read_the_secret_key(void **state)
{
	static const char *const KEYS[] = { KEY_, "\"secret_key\":\"__ENV: SECRET_OF_TEST\"" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(free_p)
		char *text = xasprintf("{\"registry\":{" KIND ",%s}," CLEANUP_ "}", KEYS[i]);
		CLEANUP(free_p)
		char *told = xasprintf(
			"registry.secret_key: everybody can read it; run: chmod o-r %s", file);
		struct loaded loaded;

		assert_int_equal(setenv("SECRET_OF_TEST", ID, 1), 0);
		write_file(text, strlen(text), 0644);
		loaded = load_file(file);
		assert_notes(&loaded.faults, "");
		assert_notes(&loaded.warnings, i == 0 ? told : "");
		clear(&loaded);
	}
}

/* Sections and keys that are refused with "scaleway"; the value does not matter. */
static const char *const REFUSED[] = {
	"registry.user",
	"registry.password",
	"registry.password_file",
	"registry.docker_config",
	"registry.repositories",
	"registry.container",
	"registry.exec",
	"registry.program",
	"registry.delete_door",
	"registry.catalog_timeout",
	"inventory.source",
	"cleanup.untagged_days",
	"cleanup.delete_empty_repositories",
	"cleanup.empty_repository_hours",
	"cleanup.age_from",
	"cleanup.unknown_age",
	"protect.pulled_days",
	"pulled.from",
	"pulled.unit",
	"pulled.ignore_agents",
	"paths.config",
	"paths.storage",
	"paths.host_storage",
	"paths.access_log",
	"gc.when",
	"gc.method",
	"gc.every_days",
	"gc.grace_hours",
	"gc.trash_days",
	"gc.timeout_minutes",
	"gc.restart",
	"gc.second_opinion",
	"gc.required",
	"gc.rehearsal_days",
	"gc.question_minutes",
	"gc.delete_untagged",
	"gc.quiet_minutes",
	"gc.quiet_wait_minutes",
	"undo.hold_days",
};

static void assert_refused(const struct loaded *loaded, const char *name)
{
	CLEANUP(free_p) char *begin = xasprintf("%s" NOT, name);

	assert_int_equal(loaded->faults.count, 1);
	assert_memory_equal(loaded->faults.lines[0], begin, strlen(begin));
	assert_null(strchr(loaded->faults.lines[0], '\n'));
}

/* In the file, and by a variable. */
static void what_cannot_be_followed_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
		const char *path = REFUSED[i], *dot = strchr(path, '.');
		bool registry = strncmp(path, "registry", 8) == 0;
		CLEANUP(free_p)
		char *section = registry ? xasprintf(",\"%s\":null", dot + 1)
					 : xasprintf(",\"%.*s\":{\"%s\":null%s}", (int)(dot - path),
						     path, dot + 1,
						     strncmp(path, "cleanup", 7) == 0
							     ? ",\"days_to_keep\":1"
							     : "");
		bool cleanup = strncmp(path, "cleanup", 7) == 0;
		CLEANUP(free_p)
		char *text = xasprintf("{\"registry\":{" KIND "," KEY_ "%s}%s%s}",
				       registry ? section : "", cleanup ? "" : "," CLEANUP_,
				       registry ? "" : section);
		CLEANUP(free_p) char *variable = xasprintf("CLEAN_REGISTRY_%s", path);
		struct loaded loaded = load(text);

		print_message("# %s\n", path);
		assert_refused(&loaded, path);
		clear(&loaded);
		for (char *at = variable; *at; at++)
			*at = (char)(*at == '.' ? '_' : *at >= 'a' ? *at - 'a' + 'A' : *at);
		assert_int_equal(setenv(variable, "0", 1), 0);
		loaded = load("{" BASE "," CLEANUP_ "}");
		assert_int_equal(unsetenv(variable), 0);
		assert_refused(&loaded, variable);
		clear(&loaded);
	}
}

/* Images are pulled from another host than the API's. */
static void references_name_the_host_of_images(void **state)
{
	struct loaded loaded =
		load("{" BASE "," CLEANUP_ ",\"protect\":{\"registry_names\":[\"mirror:5000\"]}}");
	struct string_list names = { 0 };

	(void)state;
	assert_notes(&loaded.faults, "");
	registry_names(&loaded.config, &names);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.items[0], "rg.fr-par.scw.cloud");
	assert_string_equal(names.items[1], "rg.fr-par.scw.cloud:443");
	assert_string_equal(names.items[2], "mirror:5000");
	string_list_clear(&names);
	clear(&loaded);
}

/* From a variable, as all strings. */
static void the_kind_may_be_in_a_variable(void **state)
{
	struct loaded loaded;

	(void)state;
	assert_int_equal(setenv("KIND_OF_TEST", "scaleway", 1), 0);
	assert_int_equal(setenv("SECRET_OF_TEST", ID, 1), 0);
	loaded = load("{\"registry\":{\"kind\":\"__ENV: KIND_OF_TEST\",\"region\":\"nl-ams\","
		      "\"secret_key\":\"__ENV: SECRET_OF_TEST\"}," CLEANUP_ "}");
	assert_notes(&loaded.faults, "");
	assert_string_equal(loaded.config.registry.secret_key, ID);
	assert_null(getenv("SECRET_OF_TEST"));
	clear(&loaded);
	assert_int_equal(setenv("CLEAN_REGISTRY_REGISTRY_SECRET_KEY", "secret?", 1), 0);
	loaded = load("{" BASE "," CLEANUP_ "}");
	assert_notes(&loaded.faults, "CLEAN_REGISTRY_REGISTRY_SECRET_KEY: must be a UUID");
	assert_null(getenv("CLEAN_REGISTRY_REGISTRY_SECRET_KEY"));
	clear(&loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_is_a_region_and_a_secret_key),
		cmocka_unit_test(ids_are_lower_case_and_names_stay),
		cmocka_unit_test(v2_has_none_of_it),
		cmocka_unit_test(rules_between_keys_are_checked),
		cmocka_unit_test(a_secret_key_that_others_can_read_is_told),
		cmocka_unit_test(everybody_could_read_the_secret_key),
		cmocka_unit_test(what_cannot_be_followed_is_refused),
		cmocka_unit_test(references_name_the_host_of_images),
		cmocka_unit_test(the_kind_may_be_in_a_variable),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
