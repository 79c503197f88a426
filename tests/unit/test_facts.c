/* registry/facts: versions, and what follows from them. */
#include "registry/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define DOCKER       "registry github.com/docker/distribution "
#define DISTRIBUTION "registry github.com/distribution/distribution/v3 "

static void versions_are_read(void **state)
{
	static const struct {
		const char *output, *version;
		unsigned major, minor, patch;
		enum tag_delete tag_delete;
	} ROWS[] = {
		{ DOCKER "2.8.3\n", "2.8.3", 2, 8, 3, TAG_DELETE_NO },
		{ DOCKER "v2.7.1\n", "2.7.1", 2, 7, 1, TAG_DELETE_NO },
		{ DOCKER "2.8.2+ds1\n", "2.8.2+ds1", 2, 8, 2, TAG_DELETE_NO },
		{ DOCKER "2.8.2+unknown\n", "2.8.2+unknown", 2, 8, 2, TAG_DELETE_NO },
		{ DOCKER "v2.7.0+unknown\n", "2.7.0+unknown", 2, 7, 0, TAG_DELETE_NO },
		{ DOCKER "2.8.1.m\n", "2.8.1.m", 2, 8, 1, TAG_DELETE_NO },
		{ DOCKER "v2.7.1-20-gf7365390.m\n", "2.7.1-20-gf7365390.m", 2, 7, 1,
		  TAG_DELETE_NO },
		{ "docker-registry github.com/docker/distribution 2.8.2+ds1\n", "2.8.2+ds1", 2, 8,
		  2, TAG_DELETE_NO },
		{ "/bin/registry github.com/docker/distribution 2.8.3", "2.8.3", 2, 8, 3,
		  TAG_DELETE_NO },
		{ DISTRIBUTION "3.0.0-rc.4\n", "3.0.0-rc.4", 3, 0, 0, TAG_DELETE_YES },
		{ DISTRIBUTION "v3.0.0\n", "3.0.0", 3, 0, 0, TAG_DELETE_YES },
		{ DISTRIBUTION "v3.1.1-5-gabcdef0\n", "3.1.1-5-gabcdef0", 3, 1, 1, TAG_DELETE_YES },
		{ DISTRIBUTION "3.12.345\n", "3.12.345", 3, 12, 345, TAG_DELETE_YES },
		{ "registry github.com/distribution/distribution/v4 4.0.0", "4.0.0", 4, 0, 0,
		  TAG_DELETE_YES },
		{ "  registry\tgithub.com/docker/distribution\t2.8.3\r\n", "2.8.3", 2, 8, 3,
		  TAG_DELETE_NO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct facts facts = { .tag_delete = !ROWS[i].tag_delete, .date = 7 };

		if (!facts_parse_version(ROWS[i].output, &facts))
			fail_msg("not read: %s", ROWS[i].output);
		assert_string_equal(facts.version, ROWS[i].version);
		assert_int_equal(facts.major, ROWS[i].major);
		assert_int_equal(facts.minor, ROWS[i].minor);
		assert_int_equal(facts.patch, ROWS[i].patch);
		assert_int_equal(facts.tag_delete, ROWS[i].tag_delete);
		assert_false(facts.tag_delete_proved);
		assert_int_equal(facts.date, 7);
	}
}

static void garbage_changes_nothing(void **state)
{
	static const char *const ROWS[] = {
		"",
		"\n",
		"registry",
		"registry github.com/docker/distribution",
		DOCKER "+unknown\n",
		DOCKER "v\n",
		DOCKER "vv2.8.3\n",
		DOCKER "V2.8.3\n",
		DOCKER "2\n",
		DOCKER "2.8\n",
		DOCKER "2.8.\n",
		DOCKER "2..3\n",
		DOCKER "2.8.m\n",
		DOCKER "-2.8.3\n",
		DOCKER "+2.8.3\n",
		DOCKER "2.-8.3\n",
		DOCKER "2.8.+3\n",
		DOCKER "2.8.-3\n",
		DOCKER "2,8,3\n",
		DOCKER "4294967298.8.3\n",
		DOCKER "2.8.4294967296\n",
		DOCKER "latest\n",
		"zot v2.1.20 commit",
		"registry gitlab.com/gitlab-org/container-registry v3.86.0",
		"Error: unknown flag: --version",
		"OCI runtime exec failed: exec failed: unable to start container process",
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		const struct facts before = { "9.8.7", 9, 8, 7, TAG_DELETE_YES, true, 5, 6, false };
		struct facts facts = before;

		if (facts_parse_version(ROWS[i], &facts))
			fail_msg("read as a version: %s", ROWS[i]);
		assert_string_equal(facts.version, before.version);
		assert_int_equal(facts.major, before.major);
		assert_int_equal(facts.minor, before.minor);
		assert_int_equal(facts.patch, before.patch);
		assert_int_equal(facts.tag_delete, before.tag_delete);
		assert_true(facts.tag_delete_proved);
		assert_int_equal(facts.date, before.date);
	}
}

static void a_long_version_fits(void **state)
{
	char output[400] = DISTRIBUTION "3.0.0-";
	struct facts facts = { 0 };

	(void)state;
	memset(output + strlen(output), 'x', 300);
	assert_true(facts_parse_version(output, &facts));
	assert_int_equal(strlen(facts.version), sizeof facts.version - 1);
	assert_memory_equal(facts.version, "3.0.0-xxxx", 10);
}

static void some_versions_ignore_that_deletion_is_disabled(void **state)
{
	static const struct {
		const char *output;
		bool ignores;
	} ROWS[] = {
		{ DOCKER "2.8.3", false },
		{ DOCKER "2.0.0", false },
		{ DOCKER "2.1.0", false },
		{ DISTRIBUTION "3.0.0-rc.4", true },
		{ DISTRIBUTION "v3.0.0", true },
		{ DISTRIBUTION "3.0.1", true },
		{ DISTRIBUTION "3.1.0", true },
		{ DISTRIBUTION "3.1.0-rc.1", true },
		{ DISTRIBUTION "3.1.1", false },
		{ DISTRIBUTION "3.1.10", false },
		{ DISTRIBUTION "3.2.0", false },
		{ DISTRIBUTION "3.10.0", false },
		{ "registry github.com/distribution/distribution/v4 4.0.0", false },
	};
	struct facts unasked = { .major = 3 };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct facts facts = { 0 };

		assert_true(facts_parse_version(ROWS[i].output, &facts));
		if (facts_ignores_disabled_deletion(&facts) != ROWS[i].ignores)
			fail_msg("%s", ROWS[i].output);
	}
	assert_false(facts_ignores_disabled_deletion(&unasked));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_read),
		cmocka_unit_test(garbage_changes_nothing),
		cmocka_unit_test(a_long_version_fits),
		cmocka_unit_test(some_versions_ignore_that_deletion_is_disabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
