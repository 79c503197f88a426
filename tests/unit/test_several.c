/* What is the same registry, which files of a folder count, and which exit code is worse. */
#include "session/exit_code.h"
#include "several/folder.h"
#include "several/gate.h"

#include "config_file.h"
#include "util/environment.h"

#include <stdlib.h>

static const struct {
	const char *one, *other; /* registry.url */
	bool same;
} URLS[] = {
	{ "http://h:5000", "http://h:5000", true },
	{ "http://h:5000", "http://h:5001", false },
	{ "http://h:5000/a", "http://h:5000/b", false },
	{ "http://h", "https://h", false },
	{ "http://h:80", "HTTP://H/", true },
	{ "http://localhost:5000", "http://127.0.0.1:5000", true },
	{ "http://[::1]:5000/x", "http://127.0.0.1:5000/x", true },
	{ "http://localhost", "http://127.0.0.1", true },
	{ "http://localhost.example", "http://127.0.0.1.example", false },
};

/* What the child for a registry with this URL would tell. */
static void identify(const char *url, struct gate_identity *identity)
{
	CLEANUP(free_p)
	char *text = xasprintf("{\"registry\":{\"url\":\"%s\",\"container\":\"c\"}," CLEANUP_
			       ",\"paths\":{\"config\":\"/c.yml\",\"host_storage\":\"%s\"}}",
			       url, folder);
	struct loaded loaded = load(text);
	struct several_gate gate = { .socket = -1 };
	CLEANUP(buf_free) struct buf told = { 0 };

	assert_notes(&loaded.faults, "");
	gate_describe(&gate, &loaded.config, &told);
	assert_int_equal(gate_read_identity(told.data, told.length, identity), 0);
	clear(&loaded);
}

static void a_registry_is_known_by_its_url(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++) {
		struct gate_identity one, other;

		identify(URLS[i].one, &one);
		identify(URLS[i].other, &other);
		if ((strcmp(one.url, other.url) == 0) != URLS[i].same)
			fail_msg("%s and %s", URLS[i].one, URLS[i].other);
		assert_string_equal(one.storage, other.storage);
		assert_true(*one.storage);
		assert_int_equal(one.variables.count, 0);
		gate_identity_clear(&one);
		gate_identity_clear(&other);
	}
}

/* A secret that one configuration takes from the environment is told by its name, no other one. */
static void variables_that_went_are_told(void **state)
{
	struct several_gate gate;
	struct gate_identity identity;
	struct loaded loaded;
	CLEANUP(buf_free) struct buf told = { 0 };

	(void)state;
	setenv("TEST_SECRET", "s3cr3t", 1);
	setenv("TEST_OTHER", "x", 1);
	gate_open(&gate, -1, "name", 0);
	loaded = load(
		"{\"registry\":{\"url\":\"http://h\",\"container\":\"c\",\"user\":\"u\","
		"\"password\":\"__ENV: TEST_SECRET\",\"program\":\"__ENV: TEST_OTHER\"}," CLEANUP_
		"," PATHS "}");
	assert_notes(&loaded.faults, "");
	gate_describe(&gate, &loaded.config, &told);
	assert_int_equal(gate_read_identity(told.data, told.length, &identity), 0);
	assert_int_equal(identity.variables.count, 1);
	assert_string_equal(identity.variables.items[0], "TEST_SECRET");
	assert_string_equal(identity.storage, "");
	clear(&loaded);
	gate_identity_clear(&identity);
	string_list_clear(&gate.variables);
	free(gate.name);
	environment_forget("TEST_OTHER");
	assert_null(getenv("TEST_OTHER"));
}

static void nonsense_is_no_message(void **state)
{
	struct gate_identity identity;
	unsigned warnings, errors;

	(void)state;
	assert_int_equal(gate_read_identity("", 0, &identity), -1);
	assert_int_equal(gate_read_identity("a", 2, &identity), -1);
	assert_int_equal(gate_read_identity("a\0b", 3, &identity), -1);
	assert_int_equal(gate_read_identity("a\0b", 4, &identity), -1);
	assert_int_equal(gate_read_identity("a\0b\0c", 6, &identity), -1);
	assert_int_equal(gate_read_identity("a\0b\0c\0d", 8, &identity), -1);
	assert_int_equal(gate_read_identity("a\0b\0c\0d\0e", 10, &identity), -1);
	assert_int_equal(gate_read_identity("a\0b\0c\0d\0e\0f", 12, &identity), 0);
	gate_identity_clear(&identity);
	assert_true(gate_read_counts("12\0003", 5, &warnings, &errors));
	assert_int_equal(warnings, 12);
	assert_int_equal(errors, 3);
	assert_false(gate_read_counts("12", 3, &warnings, &errors));
}

static void make(const char *name)
{
	CLEANUP(free_p) char *path = xasprintf("%s/in/%s", folder, name);
	FILE *made = fopen(path, "w");

	assert_non_null(made);
	assert_int_equal(fclose(made), 0);
}

static void only_plain_configurations_count(void **state)
{
	static const char *const NAMES[] = { "b.json",     "a.json",   ".hidden.json", "c.json~",
					     "d.json.bak", "#e.json#", ".json",        "README" };
	CLEANUP(free_p) char *path = xasprintf("%s/in", folder);
	CLEANUP(free_p) char *file_in = xasprintf("%s/a.json", path);
	CLEANUP(free_p)
	char *none = xasprintf("%s: no configuration (*.json) is in this folder", path);
	CLEANUP(free_p)
	char *open = xasprintf("%s: it can be written by others than its owner; run: chmod go-w %s",
			       path, path);
	CLEANUP(string_list_clear) struct string_list names = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(folder_list(path, &names, &err), -1);
	assert_string_equal(err.msg, none);
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		make(NAMES[i]);
	assert_int_equal(folder_list(path, &names, &err), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.items[0], "a.json");
	assert_string_equal(names.items[1], "b.json");
	string_list_clear(&names);
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		CLEANUP(free_p) char *made = xasprintf("%s/%s", path, NAMES[i]);

		unlink(made);
	}
	make("a.json");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(chmod(path, i ? 0702 : 0720), 0);
		assert_int_equal(folder_list(path, &names, &err), -1);
		assert_string_equal(err.msg, open);
	}
	if (geteuid() == 0) {
		assert_int_equal(chmod(path, 0700), 0);
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(folder_list(path, &names, &err), -1);
		assert_non_null(strstr(err.msg, "it must belong to root or to the user"));
	}
	unlink(file_in);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(folder_list(path, &names, &err), -1);
}

static void the_worse_exit_code_counts(void **state)
{
	static const int WORST_FIRST[] = { 143, 70, 4, 1, 3, 6, 2, 5, 0 };
	size_t count = sizeof WORST_FIRST / sizeof *WORST_FIRST;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = i; k < count; k++) {
			assert_int_equal(exit_code_worse(WORST_FIRST[i], WORST_FIRST[k]),
					 WORST_FIRST[i]);
			assert_int_equal(exit_code_worse(WORST_FIRST[k], WORST_FIRST[i]),
					 WORST_FIRST[i]);
		}
		assert_true(strlen(exit_code_words(WORST_FIRST[i])) > 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_registry_is_known_by_its_url),
		cmocka_unit_test(variables_that_went_are_told),
		cmocka_unit_test(nonsense_is_no_message),
		cmocka_unit_test(only_plain_configurations_count),
		cmocka_unit_test(the_worse_exit_code_counts),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
