/* Which rule decides: a row is a sentence, rules as config.json has them, a small registry
 * (world.h), and what must become of it (plan_words.h). Keep beats delete. */
#include "config_file.h"

#include "lists/approved.h"
#include "lists/image_refs.h"
#include "plan_words.h"
#include "policy/policy.h"

struct row {
	const char *sentence, *rules, *world, *expected;
	const char *in_use;       /* what a command printed; NULL: nothing is asked */
	const char *only, *space; /* --repository, --namespace */
	const char *wanted;       /* the tag of a plan file, whose manifest is A */
	bool not_due;             /* no job is */
	bool jobs_alone;          /* --jobs */
};

#define TAGS(names)      "\"cleanup\": {\"tag_name_pattern\": \"" names "\"}"
#define IN_USE           ", \"protect\": {\"in_use\": [[\"ps\"]]}"
#define JOB(fields)      "\"jobs\": [{\"name\": \"j\", \"repositories\": [\"**\"], " fields "}]"
#define DAYS_AND(fields) "\"cleanup\": {\"days_to_keep\": 30, " fields "}"

static const struct row ROWS[] = {
	{ .sentence = "a name pattern selects whatever its age, dated or not",
	  .rules = TAGS("^dev-"),
	  .world = "image A 1\nimage B none\nimage C 90\ntag dev-a A\ntag dev-b B\ntag c C",
	  .expected = "dev-a goes name_match\ndev-b goes name_match\nc stays not_selected\n"
		      "delete: B A" },
	{ .sentence = "a name pattern is not anchored, and letter case counts",
	  .rules = TAGS("dev"),
	  .world = "image A 1\nimage B 1\ntag adevb A\ntag DEV B",
	  .expected = "adevb goes name_match\nDEV stays not_selected\ndelete: A" },
	{ .sentence = "old and a name are two ways to go",
	  .rules = DAYS_AND("\"tag_name_pattern\": \"-temp$\""),
	  .world = "image A 1\nimage B 90\nimage C 90\nimage D 1\n"
		   "tag x-temp A\ntag b B\ntag y-temp C\ntag d D",
	  .expected = "x-temp goes name_match\nb goes old\ny-temp goes old name_match\n"
		      "d stays recent\ndelete: C B A" },
	{ .sentence = "a rule does not take what is tagged by its own digest unasked",
	  .rules = DAYS_AND("\"tag_name_pattern\": \"^pr-\""),
	  .world = "image A 1\nimage B 90\ntag imgpkg:A A\ntag pr-7 A\ntag imgpkg:B B\n"
		   "tag pr-8 B",
	  .expected = "imgpkg:A stays recent subject_kept\n"
		      "pr-7 stays name_match shared_digest(imgpkg:A)\n"
		      "imgpkg:B goes old\npr-8 goes old name_match\ndelete: B" },
	{ .sentence = "delete_old_tags switches the days off",
	  .rules = DAYS_AND("\"delete_old_tags\": false, \"tag_name_pattern\": \"^x\""),
	  .world = "image A 90\nimage B 90\ntag a A\ntag x B",
	  .expected = "a stays not_selected\nx goes name_match\ndelete: B" },
	{ .sentence = "what cannot be read stays, whatever its name",
	  .rules = TAGS("."),
	  .world = "unreadable A\ntag a A\ndangling b",
	  .expected = "a stays name_match unreadable\nb stays name_match missing_manifest\n"
		      "delete:" },
	{ .sentence = "a signature goes by no rule, but with its image",
	  .rules = TAGS("."),
	  .world = "image A 9\nimage S none\nimage T none\nmissing X\ntag a A\ntag sig:A S\ntag "
		   "sig:X T",
	  .expected = "a goes name_match\nsig:A goes subject_deleted\n"
		      "sig:X stays orphan\ndelete: A S" },

	{ .sentence = "a job without an age goes by names alone",
	  .rules = JOB("\"tag_regexps\": [\"^v\\\\d+$\"]"),
	  .world = "image A 1\nimage B none\nimage C 90\ntag v1 A\ntag v2 B\ntag v C",
	  .expected = "v1 goes job\nv2 goes job\nv stays not_selected\ndelete: B A" },
	{ .sentence = "a job with an age wants it known and older",
	  .rules = JOB("\"tag_regexps\": [\"^v\"], \"older_than_days\": 5"),
	  .world = "image A 5\nimage B 6\nimage C none\ntag v1 A\ntag v2 B\ntag v3 C",
	  .expected = "v1 stays recent\nv2 goes job\nv3 stays unknown_age\ndelete: B" },
	{ .sentence = "the newest of each expression are saved, newest first",
	  .rules = JOB("\"tag_regexps\": [\"^a\", \"^b\"], \"save_last\": 1"),
	  .world = "image A 9\nimage B 8\nimage C 7\nimage D 6\n"
		   "tag a1 A\ntag a2 B\ntag b1 C\ntag b2 D",
	  .expected = "a1 goes job\na2 stays save_last\nb1 goes job\nb2 stays save_last\n"
		      "delete: C A" },
	{ .sentence = "what one expression saves another one does not take",
	  .rules = JOB("\"tag_regexps\": [\"^a\", \".\"], \"save_last\": 1"),
	  .world = "image A 9\nimage B 8\nimage C 7\ntag a1 A\ntag a2 B\ntag b C",
	  .expected = "a1 goes job\na2 stays job save_last\nb stays save_last\ndelete: A" },
	{ .sentence = "tags without a date take no place among the newest",
	  .rules = JOB("\"tag_regexps\": [\".\"], \"save_last\": 1, \"older_than_days\": 5"),
	  .world = "image A none\nimage B 8\nimage C 9\ntag a A\ntag b B\ntag c C",
	  .expected = "a stays unknown_age undated\nb stays save_last\nc goes job\ndelete: C" },
	{ .sentence = "what a number is about goes by no rule without a date",
	  .rules = "\"cleanup\": {\"days_to_keep\": 30, \"tag_name_pattern\": \".\"}, " JOB(
		  "\"tag_regexps\": [\"^a\"], \"save_last\": 1"),
	  .world = "image A none\nimage B 90\nimage C 91\nimage D none\n"
		   "tag a1 A\ntag a2 B\ntag a3 C\ntag d D",
	  .expected = "a1 stays name_match unknown_age undated\n"
		      "a2 stays old name_match save_last\na3 goes old name_match job\n"
		      "d goes name_match\ndelete: D C" },
	{ .sentence = "a number of 0 is about nothing",
	  .rules = "\"cleanup\": {\"days_to_keep\": 30}, " JOB(
		  "\"tag_regexps\": [\"^a\"], \"save_last\": 0"),
	  .world = "image A none\nimage B 90\ntag a1 A\ntag a2 B",
	  .expected = "a1 goes job\na2 goes old job\ndelete: B A" },
	{ .sentence = "with more undated than dated tags a number keeps all of them",
	  .rules = JOB("\"tag_regexps\": [\"^a\"], \"save_last\": 1"),
	  .world = "image A 7\nimage B 8\nimage C none\nimage D none\nimage E none\n"
		   "tag a1 A\ntag a2 B\ntag a3 C\ntag a4 D\ntag a5 E",
	  .expected = "a1 stays save_last\na2 stays undated\na3 stays unknown_age undated\n"
		      "a4 stays unknown_age undated\na5 stays unknown_age undated\ndelete:" },
	{ .sentence = "with as many dated as undated ones it does not",
	  .rules = JOB("\"tag_regexps\": [\"^a\"], \"save_last\": 1"),
	  .world = "image A 7\nimage B 8\nimage C none\nimage D none\nimage E none\n"
		   "tag a1 A\ntag a2 B\ntag a3 C\ntag a4 D\ntag e E",
	  .expected = "a1 stays save_last\na2 goes job\na3 stays unknown_age undated\n"
		      "a4 stays unknown_age undated\ne stays not_selected\ndelete: B" },
	{ .sentence = "each repository is counted by itself",
	  .rules = JOB("\"tag_regexps\": [\"^a\"], \"save_last\": 1"),
	  .world = "image A 7\nimage B 8\ntag a1 A\ntag a2 B\n"
		   "repository other\nimage C none\nimage D none\nimage E none\n"
		   "tag a3 C\ntag a4 D\ntag a5 E",
	  .expected = "a1 stays save_last\na2 goes job\na3 stays unknown_age undated\n"
		      "a4 stays unknown_age undated\na5 stays unknown_age undated\ndelete: B" },
	{ .sentence = "what is owed was planned when more were there",
	  .rules = JOB("\"tag_regexps\": [\"^a\"], \"save_last\": 1"),
	  .world = "image A 7\nimage B 8\nimage C none\nimage D none\nimage E none\nowed B\n"
		   "tag a1 A\ntag a2 B\ntag a3 C\ntag a4 D\ntag a5 E",
	  .expected = "a1 stays save_last\na2 goes job\na3 stays unknown_age undated\n"
		      "a4 stays unknown_age undated\na5 stays unknown_age undated\ndelete: B" },
	{ .sentence = "a job that is not due keeps what it cannot date",
	  .rules = "\"cleanup\": {\"tag_name_pattern\": \".\"}, " JOB(
		  "\"tag_regexps\": [\"^a\"], \"save_last\": 1"),
	  .world = "image A none\nimage B 80\ntag a1 A\ntag a2 B",
	  .expected = "a1 stays name_match unknown_age undated\na2 stays name_match save_last\n"
		      "delete:",
	  .not_due = true },
	{ .sentence = "of one age, the later version is the newer",
	  .rules = JOB("\"tag_regexps\": [\".\"], \"save_last\": 1"),
	  .world = "image A 9\nimage B 9\ntag v1.10 A\ntag v1.9 B",
	  .expected = "v1.10 stays save_last\nv1.9 goes job\ndelete: B" },
	{ .sentence = "a job that is not due selects nothing, and saves all the same",
	  .rules = "\"cleanup\": {\"days_to_keep\": 30}, " JOB(
		  "\"tag_regexps\": [\"^a\"], \"save_last\": 1"),
	  .world = "image A 90\nimage B 80\nimage C 5\ntag a1 A\ntag a2 B\ntag c C",
	  .expected = "a1 goes old\na2 stays old save_last\nc stays recent\ndelete: A",
	  .not_due = true },
	{ .sentence = "what only a job that is not due selects stays",
	  .rules = JOB("\"tag_regexps\": [\"^a\"]"),
	  .world = "image A 90\ntag a A",
	  .expected = "a stays not_due\ndelete:",
	  .not_due = true },
	{ .sentence = "for jobs alone no other rule selects, and all keep",
	  .rules = DAYS_AND("\"protected_tags\": [\"a2\"]") ", " JOB("\"tag_regexps\": [\"^a\"]"),
	  .world = "image A 90\nimage B 90\nimage C 90\ntag a1 A\ntag a2 B\ntag c C",
	  .expected = "a1 goes job\na2 stays job protected_tag\nc stays not_due\ndelete: A",
	  .jobs_alone = true },
	{ .sentence = "an expression that takes too long keeps the tag",
	  .rules = TAGS("^(a+)+$"),
	  .world = "image A 9\nimage B 9\ntag aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab "
		   "A\n"
		   "tag aa B",
	  .expected = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab stays pattern_limit\n"
		      "aa goes name_match\ndelete: B" },

	{ .sentence = "by number alone, all beyond the newest go",
	  .rules = "\"cleanup\": {\"keep_last_images\": 2}",
	  .world = "image A 1\nimage B 2\nimage C 3\nimage D none\n"
		   "tag a A\ntag b B\ntag c C\ntag d D",
	  .expected = "a stays keep_last\nb stays keep_last\nc goes beyond_number\n"
		      "d stays unknown_age undated\ndelete: C" },
	{ .sentence = "a number of images keeps what is undated, whatever selects it",
	  .rules = "\"cleanup\": {\"tag_name_pattern\": \".\", \"keep_last_images\": 1}",
	  .world = "image A 1\nimage B 2\nimage C none\nindex I C\n"
		   "tag a A\ntag b B\ntag c C\ntag b2 B\ntag i I",
	  .expected = "a stays name_match keep_last\nb goes name_match\n"
		      "c stays name_match unknown_age undated\nb2 goes name_match\n"
		      "i stays name_match unknown_age undated\ndelete: B" },
	{ .sentence = "images count, not tags",
	  .rules = "\"cleanup\": {\"keep_last_images\": 2}",
	  .world = "image A 1\nimage B 2\nimage C 3\ntag a A\ntag a2 A\ntag b B\ntag c C",
	  .expected = "a stays keep_last\na2 stays keep_last\nb stays keep_last\n"
		      "c goes beyond_number\ndelete: C" },
	{ .sentence = "beside another rule a number only keeps",
	  .rules = DAYS_AND("\"keep_last_images\": 1"),
	  .world = "image A 90\nimage B 91\nimage C 1\nrepository other\nimage A 90\n"
		   "image B 91\ntag a A\ntag b B",
	  .expected = "a stays old keep_last\nb goes old\ndelete: B" },
	{ .sentence = "keep_since keeps what is dated then or later",
	  .rules = DAYS_AND("\"keep_since\": \"2026-03-29T20:26:40Z\""),
	  .world = "image A 60\nimage B 59\nimage C 61\ntag a A\ntag b B\ntag c C",
	  .expected = "a stays old keep_since\nb stays old keep_since\nc goes old\ndelete: C" },
	{ .sentence = "what has no date may be dated since then",
	  .rules = "\"cleanup\": {\"tag_name_pattern\": \".\", \"keep_since\": \"2026-03-29\"}",
	  .world = "image A none\nimage B 90\ntag a A\ntag b B",
	  .expected = "a stays name_match unknown_age undated\nb goes name_match\ndelete: B" },

	{ .sentence = "a tag in use stays, with all its image has",
	  .rules = TAGS(".") IN_USE,
	  .world = "image A 90\nimage B 90\nindex I A B\nimage C 90\ntag i I\ntag c C",
	  .expected = "i stays name_match in_use\nc goes name_match\ndelete: C",
	  .in_use = "h:5000/repo:i nginx:1" },
	{ .sentence = "a part in use keeps every index that lists it, and their tags",
	  .rules = TAGS("[^p]$") IN_USE,
	  .world = "image A 90\nimage B 90\nindex I A\nindex J I B\nindex K B\n"
		   "tag j J\ntag k K\ntag p A",
	  .expected = "j stays name_match in_use\nk stays name_match in_use\n"
		      "p stays in_use\ndelete:",
	  .in_use = "h:5000/repo:p\nh:5000/repo:k" },
	{ .sentence = "the same name in another repository or host is not in use",
	  .rules = TAGS(".") IN_USE,
	  .world = "image A 90\ntag a A",
	  .expected = "a goes name_match\ndelete: A",
	  .in_use = "h:5000/other:a example.org/repo:a repo:a" },

	{ .sentence = "only the repositories asked for are worked on",
	  .rules = TAGS("."),
	  .world = "repository team/a\nimage A 9\ntag a A\nrepository team/b\nimage B 9\n"
		   "owed B\ntag b B",
	  .expected = "a goes name_match\nb stays not_targeted\ndelete: A",
	  .only = "team/a" },
	{ .sentence = "a namespace is what stands before a slash",
	  .rules = TAGS("."),
	  .world = "repository team/a\nimage A 9\ntag a A\nrepository teams/b\nimage B 9\n"
		   "tag b B\nrepository team\nimage C 9\ntag c C",
	  .expected = "a goes name_match\nb stays not_targeted\nc stays not_targeted\ndelete: A",
	  .space = "team" },
	{ .sentence = "nothing goes that the plan file does not have",
	  .rules = TAGS("."),
	  .world = "image A 9\nimage B 9\nimage S none\ntag a A\ntag b B\ntag sig:A S",
	  .expected = "a goes name_match\nb stays name_match not_in_plan\n"
		      "sig:A stays not_in_plan\ndelete: A",
	  .wanted = "a" },
	{ .sentence = "nor what has another digest than there",
	  .rules = TAGS("."),
	  .world = "image A 9\nimage B 9\ntag a B",
	  .expected = "a stays name_match not_in_plan\ndelete:",
	  .wanted = "a" },
};
#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

static struct image_refs *new_in_use(const char *text)
{
	static const char *const NAMES[] = { "h:5000" };
	struct image_refs *in_use = image_refs_new(NAMES, 1);

	image_refs_add(in_use, text, strlen(text));
	return in_use;
}

static struct approved *new_wanted(const char *tag)
{
	struct approved *wanted = approved_new();
	char digest[DIGEST_TEXT];

	approved_add(wanted, "repo", tag, world_digest("A", digest));
	return wanted;
}

static void check_row(void **state)
{
	static const bool NONE[1] = { false };
	const struct row *row = *state;
	CLEANUP(free_p)
	char *text = xasprintf("{" REGISTRY ", %s, " PATHS "}", row->rules);
	struct loaded loaded = load(text);
	struct inventory *inventory = world_new(row->world);
	struct image_refs *in_use = row->in_use ? new_in_use(row->in_use) : NULL;
	struct approved *wanted = row->wanted ? new_wanted(row->wanted) : NULL;
	char *only[] = { (char *)(uintptr_t)row->only, NULL };
	struct buf actual = { 0 };
	struct policy *policy;
	struct plan *plan;

	assert_notes(&loaded.faults, "");
	policy = policy_new(&loaded.config);
	policy->in_use = in_use;
	policy->wanted = wanted;
	policy->due = row->not_due ? NONE : NULL;
	policy->jobs_alone = row->jobs_alone;
	policy->only = (struct string_list){ only, row->only ? 1 : 0 };
	policy->only_namespace = row->space;
	plan = plan_build(inventory, policy, WORLD_NOW);
	words_plan(&actual, inventory, plan);
	assert_string_equal(buf_string(&actual), row->expected);
	buf_free(&actual);
	plan_free(plan);
	policy_free(policy);
	approved_free(wanted);
	image_refs_free(in_use);
	inventory_free(inventory);
	clear(&loaded);
}

int main(void)
{
	struct CMUnitTest tests[ROW_COUNT];

	for (size_t i = 0; i < ROW_COUNT; i++)
		tests[i] = (struct CMUnitTest){ .name = ROWS[i].sentence,
						.test_func = check_row,
						.initial_state = (void *)(uintptr_t)&ROWS[i] };
	return cmocka_run_group_tests_name("plan by policy", tests, make_folder, remove_folder);
}
