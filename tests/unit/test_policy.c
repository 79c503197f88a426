/* What protects a tag or a repository, and when something is old. */
#include "config/config.h"
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LIST(...)                                                                       \
	{                                                                               \
		.items = (char *[]){ __VA_ARGS__, NULL },                               \
		.count = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *) \
	}

static char text_latest[] = "latest", text_stable[] = "prod-stable";
static char text_develop[] = "develop", text_release[] = "ReLease", text_dot[] = "1.0";
static char text_team[] = "team/*", text_cache[] = "**/cache";

static void tags_are_protected_by_their_exact_names(void **state)
{
	static const struct {
		const char *tag;
		bool protected;
	} cases[] = {
		{ "latest", true },   { "prod-stable", true },    { "Latest", false },
		{ "latest1", false }, { "alatest", false },       { "lates", false },
		{ "", false },        { "prod-stable-1", false },
	};
	struct config config = { .cleanup.protected_tags = LIST(text_latest, text_stable) };
	struct policy *policy = policy_new(&config);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("# %s\n", cases[i].tag);
		assert_int_equal(policy_protects_tag(policy, cases[i].tag, NULL),
				 cases[i].protected);
	}
	policy_free(policy);
}

static bool matches_a_pattern(const struct policy *policy, const char *tag)
{
	bool found = false;

	for (size_t rule = policy->first[POLICY_PROTECTED_PATTERN];
	     rule < policy->first[POLICY_PROTECTED_PATTERN + 1]; rule++)
		found |= policy_pattern_matches(policy, rule, tag);
	return found;
}

static void tags_are_protected_by_a_part_of_their_names(void **state)
{
	static const struct {
		const char *tag;
		bool protected;
	} cases[] = {
		{ "develop", true },   { "develop-289sa1s", true }, { "my-DEVELOP-build", true },
		{ "dedevelop", true }, { "devel-op", false },       { "develo", false },
		{ "release", true },   { "RELEASE-1", true },       { "v1.0", true },
		{ "v1-0", false },     { "v110", false },           { "", false },
		{ "latest", false },   { "rel`ase", false },
	};
	struct config config = { .cleanup.protected_patterns =
					 LIST(text_develop, text_release, text_dot) };
	struct policy *policy = policy_new(&config);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("# %s\n", cases[i].tag);
		assert_int_equal(matches_a_pattern(policy, cases[i].tag), cases[i].protected);
	}
	policy_free(policy);
}

static void repositories_are_protected_by_globs(void **state)
{
	struct config config = { .cleanup.protected_repositories = LIST(text_team, text_cache) };
	struct policy *policy = policy_new(&config);

	(void)state;
	assert_true(policy_protects_repository(policy, "team/a"));
	assert_true(policy_protects_repository(policy, "a/b/cache"));
	assert_false(policy_protects_repository(policy, "team/a/b"));
	assert_false(policy_protects_repository(policy, "teams"));
	policy_free(policy);
}

static void only_what_is_named_is_worked_on(void **state)
{
	static const struct {
		const char *repository;
		bool named,
			below_team; /* by registry.repositories; with --namespace team as well */
	} cases[] = {
		{ "team/a", true, true }, { "team/b", false, false }, { "team/a/b", false, false },
		{ "other", true, false }, { "team", false, false },   { "", false, false },
	};
	static char team_a[] = "team/a", other[] = "other", team_b[] = "team/b";
	struct config config = { .registry.repositories = LIST(team_a, other) };
	struct policy *policy = policy_new(&config);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("# %s\n", cases[i].repository);
		policy->only_namespace = NULL;
		assert_int_equal(policy_targets(policy, cases[i].repository), cases[i].named);
		policy->only_namespace = "team";
		assert_int_equal(policy_targets(policy, cases[i].repository), cases[i].below_team);
	}
	/* What somebody asks for by --repository is worked on. */
	policy->only = (struct string_list)LIST(team_b);
	assert_true(policy_targets(policy, "team/b"));
	assert_false(policy_targets(policy, "team/a"));
	policy->only = (struct string_list){ 0 };
	policy_free(policy);
}

static void without_rules_nothing_is_protected(void **state)
{
	struct config config = { 0 };
	struct policy *policy = policy_new(&config);

	(void)state;
	assert_false(policy_protects_tag(policy, "latest", NULL));
	assert_false(matches_a_pattern(policy, "latest"));
	assert_false(policy_protects_repository(policy, "latest"));
	policy_free(policy);
	policy_free(NULL);
}

static void the_cutoff_is_whole_days_before_now(void **state)
{
	static const struct {
		long days;
		int64_t now, cutoff;
	} cases[] = {
		{ 1, 1700000000, 1700000000 - 86400 },
		{ 30, 1700000000, 1700000000 - 2592000 },
		{ 36500, 1700000000, 1700000000 - INT64_C(3153600000) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("# %ld days\n", cases[i].days);
		assert_true(policy_cutoff(cases[i].now, cases[i].days) == cases[i].cutoff);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_protected_by_their_exact_names),
		cmocka_unit_test(tags_are_protected_by_a_part_of_their_names),
		cmocka_unit_test(repositories_are_protected_by_globs),
		cmocka_unit_test(only_what_is_named_is_worked_on),
		cmocka_unit_test(without_rules_nothing_is_protected),
		cmocka_unit_test(the_cutoff_is_whole_days_before_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
