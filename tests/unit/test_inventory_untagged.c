/* Since when manifests have been without a tag. */
#include "scan_storage/untagged_since.h"

#include "history_world.h"
#include "scan_storage/push_times.h"

struct untagged_row {
	const char *what, *script;
	/* "A 20" for each manifest that must be there: days since 2020, or "-", not known. */
	const char *expected;
};

static void load_untagged(struct store *store)
{
	inventory_free(store->inventory);
	store->inventory = inventory_new();
	store->inventory->wants_untagged = true;
	store_load(store);
}

static void expect(const struct store *store, const char *repository,
		   const struct untagged_row *row)
{
	const char *at = row->expected;
	char name[2], days[8];
	int used = 0;

	while (sscanf(at, "%1s %7s%n", name, days, &used) == 2) {
		const struct inventory_manifest *manifest =
			store_find_manifest(store, repository, history_digest(*name));
		int64_t expected = *days == '-' ? DATE_ABSENT : DAYS(strtol(days, NULL, 10));

		if (manifest->untagged_since != expected)
			fail_msg("%s: %s is %jd days, not %s", row->what, name,
				 manifest->untagged_since == DATE_ABSENT
					 ? (intmax_t)-1
					 : (intmax_t)(manifest->untagged_since - T2020) / 86400,
				 days);
		at += used;
	}
}

static void run_rows(void **state, const struct untagged_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			store_setup(state);
		history_write(*state, "team/app", rows[i].script);
		load_untagged(*state);
		expect(*state, "team/app", &rows[i]);
		if (i + 1 < count)
			store_teardown(state);
	}
}

#define ONCE "rev A 10;rev B 20;index t A 10;index t B 20;tag t B 20"

static void test_histories(void **state)
{
	static const struct untagged_row ROWS[] = {
		{ "never tagged, or its tag was deleted", "rev A 10", "A 10" },
		{ "replaced once", ONCE, "A 20 B -" },
		{ "replaced thrice",
		  "rev A 10;rev B 20;rev C 30;rev S 40;index t A 10;index t B 20;index t C 30;"
		  "index t S 40;tag t S 40",
		  "A 20 B 30 C 40 S -" },
		{ "a long digest is replaced",
		  "rev S 10;rev B 20;index t S 10;index t B 20;tag t B 20", "S 20 B -" },
		{ "the same was pushed again, so it was replaced again", ONCE ";index t B 25",
		  "A 25" },
		{ "the tag moved back", "rev A 30;rev B 20;index t A 30;index t B 20;tag t A 30",
		  "A - B 30" },
		{ "the tag moved back and on",
		  "rev A 30;rev B 20;rev C 40;index t A 30;index t B 20;index t C 40;tag t C 40",
		  "A 40 B 30 C -" },
		{ "the tag was deleted after it was replaced in another one",
		  ONCE ";index u A 50;index u B 60;tag u B 60;gone t", "A 60 B -" },
		{ "two tags", ONCE ";index u A 12;index u B 50;tag u B 50", "A 50 B -" },
		{ "two tags, the other way round",
		  "rev A 10;rev B 20;index a A 12;index a B 50;tag a B 50;" ONCE, "A 50" },
		{ "another tag still points at it", ONCE ";index u A 12;tag u A 12", "A - B -" },
		{ "a tag without a history points at it", ONCE ";tag u A 12", "A -" },
		{ "pushed again by its digest", ONCE ";rev A 60", "A 60" },
		{ "its link is older than the tag", ONCE ";rev A 1", "A 20" },
		{ "its folder has no link", ONCE ";index t A none", "A 10" },
		{ "the folder of what replaced it has no link",
		  ONCE ";rev C 30;index t C 30;index t B none;tag t C 30", "A 30 B 20" },
		{ "the youngest, yet the tag points elsewhere",
		  "rev A 10;rev B 10;index t A 12;index t B 11;tag t B 13", "A 13 B -" },
		{ "the tag is older than what it replaced",
		  "rev A 10;rev B 10;index t A 12;index t B 11;tag t B 11", "A 12 B -" },
		{ "at the same time", "rev A 20;rev B 20;index t A 20;index t B 20;tag t B 20",
		  "A 20 B -" },
		{ "at the same time, and both replaced later",
		  "rev A 20;rev B 20;rev C 30;index t A 20;index t B 20;index t C 30;tag t C 30",
		  "A 30 B 30 C -" },
		{ "what replaced it is deleted", ONCE ";rev B none", "A 20" },
	};

	run_rows(state, ROWS, sizeof ROWS / sizeof *ROWS);
}

/* Unknown means keep (S2): of the tag alone that cannot be believed, and of what it ever had. */
static void test_times_that_cannot_be_believed(void **state)
{
	static const struct untagged_row ROWS[] = {
		{ "its revision is of tomorrow", ONCE ";rev A future", "A -" },
		{ "its revision is ancient", ONCE ";rev A ancient", "A -" },
		{ "its own link is of tomorrow", ONCE ";index t A future", "A -" },
		{ "its own link is ancient", ONCE ";index t A ancient", "A -" },
		{ "what replaced it is of tomorrow", ONCE ";index t B future", "A -" },
		{ "another link is ancient", ONCE ";rev C 5;index t C ancient", "A - C -" },
		{ "another link is of tomorrow", ONCE ";rev C 5;index t C future", "A - C -" },
		{ "its own link is empty", ONCE ";index t A empty", "A -" },
		{ "its own link names another", ONCE ";index t A other", "A -" },
		{ "its own link is a pipe", ONCE ";index t A pipe", "A -" },
		{ "another link is empty", ONCE ";index t B empty", "A -" },
		{ "another link is a pipe", ONCE ";index t S pipe", "A -" },
		{ "the tag points nowhere, and it is the youngest", "rev A 10;index t A 10",
		  "A -" },
		{ "the tag points nowhere, but it was replaced", ONCE ";tag t B none", "A 20 B -" },
		{ "the tag is broken, but it was replaced", ONCE ";tag t B empty", "A 20 B -" },
		{ "the tag is broken, and it is the youngest",
		  "rev A 10;index t A 10;tag t B empty", "A -" },
		{ "the tag is of tomorrow, and it is the youngest",
		  "rev A 10;rev B 5;index t A 10;index t B 5;tag t B future", "A - B -" },
		{ "the tag is ancient, and it is the youngest",
		  "rev A 10;rev B 5;index t A 10;index t B 5;tag t B ancient", "A - B -" },
		{ "another tag's history is broken, of another manifest",
		  ONCE ";rev C 5;index u C empty;tag u B 20", "A 20 C -" },
		{ "another tag's history is broken, of the same manifest",
		  ONCE ";index u A 11;index u C empty;tag u B 20", "A -" },
	};

	run_rows(state, ROWS, sizeof ROWS / sizeof *ROWS);
}

static void test_other_repositories_say_nothing(void **state)
{
	static const struct untagged_row ROW = { "of its own repository", ONCE, "A 20 B -" };
	static const struct untagged_row OTHER = { "of the other one", "", "A 30" };
	struct store *store = *state;

	history_write(store, "team/app", ROW.script);
	history_write(store, "team", "rev A 30");
	history_write(store, "team/ops", "rev B 1;index t A 70;index t B 80;tag t B 80");
	load_untagged(store);
	expect(store, "team/app", &ROW);
	expect(store, "team", &OTHER);
}

static void test_only_who_wants_it_reads_it(void **state)
{
	struct store *store = *state;

	history_write(store, "r", ONCE);
	store_load(store);
	assert_int_equal(store_find_manifest(store, "r", history_digest('A'))->untagged_since,
			 DATE_ABSENT);
}

static void test_it_is_forgotten_with_the_pushes(void **state)
{
	struct store *store = *state;

	history_write(store, "r", ONCE);
	load_untagged(store);
	assert_int_equal(store_find_manifest(store, "r", history_digest('A'))->untagged_since,
			 DAYS(20));
	push_times_forget(store->inventory);
	assert_int_equal(store_find_manifest(store, "r", history_digest('A'))->untagged_since,
			 DATE_ABSENT);
}

/* What may not be looked into may have pointed at anything in its repository, and only there. */
static void test_a_history_that_others_may_not_read(void **state)
{
	static const char *const CLOSED[] = { "index", "index/sha256", ("index/sha256/" HEX1) };
	static const struct untagged_row KNOWN = { "open", "", "A 20 B -" };
	static const struct untagged_row NOT_KNOWN = { "closed", "", "A -" };
	struct store *store = *state;
	bool is_root = geteuid() == 0;

	history_write(store, "r", ONCE);
	history_write(store, "other", ONCE);
	for (size_t i = 0; i < sizeof CLOSED / sizeof *CLOSED; i++) {
		CLEANUP(free_p)
		char *below = xasprintf("repositories/r/_manifests/tags/t/%s", CLOSED[i]);
		CLEANUP(free_p) char *path = store_path(store, below);

		assert_int_equal(chmod(path, 0), 0);
		if (is_root)
			assert_int_equal(seteuid(NOBODY), 0);
		load_untagged(store);
		if (is_root)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(chmod(path, 0755), 0);
		expect(store, "r", &NOT_KNOWN);
		expect(store, "other", &KNOWN);
	}
}

/* Of a tag that was deleted only the folder of all tags tells. */
static void test_when_names_of_tags_changed(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *tags = store_path(store, "repositories/r/_manifests/tags");

	history_write(store, "r", ONCE);
	history_time(tags, DAYS(3));
	load_untagged(store);
	assert_true(store->inventory->repositories[0].tags_changed == DAYS(3));
	history_time(tags, (int64_t)time(NULL) + 86400);
	load_untagged(store);
	assert_true(store->inventory->repositories[0].tags_changed == DATE_ABSENT);
	history_time(tags, DATE_EARLIEST - 1);
	load_untagged(store);
	assert_true(store->inventory->repositories[0].tags_changed == DATE_ABSENT);
	history_write(store, "r", "gone ../tags");
	load_untagged(store);
	assert_true(store->inventory->repositories[0].tags_changed == DATE_ABSENT);
}

/* More than the threads take at a time, each with a day of its own. */
static void test_many_tags_in_many_repositories(void **state)
{
	struct store *store = *state;
	char digest[DIGEST_TEXT];

	for (int r = 0; r < 5; r++) {
		for (int t = 0; t < 100; t++) {
			CLEANUP(free_p) char *name = xasprintf("r%d", r);
			CLEANUP(free_p) char *kind = xasprintf("_manifests/tags/t%d/index", t);
			CLEANUP(free_p) char *past = NULL;
			CLEANUP(free_p) char *revision = NULL;
			CLEANUP(free_p) char *script = NULL;

			snprintf(digest, sizeof digest, "sha256:%064d", t);
			past = store_link_path(name, kind, digest);
			revision = store_link_path(name, "_manifests/revisions", digest);
			history_link(store, past, digest, "1");
			history_link(store, revision, digest, "1");
			script = xasprintf("rev B 1;index t%d B %d;tag t%d B 1000", t,
					   2 + r * 100 + t, t);
			history_write(store, name, script);
		}
	}
	load_untagged(store);
	for (int r = 0; r < 5; r++) {
		for (int t = 0; t < 100; t++) {
			CLEANUP(free_p) char *name = xasprintf("r%d", r);

			snprintf(digest, sizeof digest, "sha256:%064d", t);
			assert_int_equal(store_find_manifest(store, name, digest)->untagged_since,
					 DAYS(2 + r * 100 + t));
		}
	}
}

/* Asked anew, of some manifests of one repository: nothing else is touched. */
static void test_of_what_is_asked_alone(void **state)
{
	struct store *store = *state;
	struct err err = { 0 };
	bool wanted[2] = { false };
	uint32_t a, c;

	history_write(store, "r", ONCE ";rev C 7");
	inventory_tags(store->inventory, inventory_repository(store->inventory, "r"),
		       (char *[]){ (char[]){ "t" }, NULL }, 1);
	a = inventory_manifest(store->inventory, 0, history_digest('A'));
	c = inventory_manifest(store->inventory, 0, history_digest('C'));
	wanted[a] = true;
	assert_int_equal(scan_storage_untagged_since(store->inventory, store->layout, wanted, &err),
			 0);
	assert_int_equal(store->inventory->manifests[a].untagged_since, DAYS(20));
	assert_int_equal(store->inventory->manifests[c].untagged_since, DATE_ABSENT);
	history_write(store, "r", "tag t A 50;rev A none");
	assert_int_equal(scan_storage_untagged_since(store->inventory, store->layout, wanted, &err),
			 0);
	assert_int_equal(store->inventory->manifests[a].untagged_since, DATE_ABSENT);
	history_write(store, "r", "rev A 10");
	assert_int_equal(scan_storage_untagged_since(store->inventory, store->layout, wanted, &err),
			 0);
	assert_int_equal(store->inventory->manifests[a].untagged_since, DATE_ABSENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_histories),
		STORE_TEST(test_times_that_cannot_be_believed),
		STORE_TEST(test_other_repositories_say_nothing),
		STORE_TEST(test_only_who_wants_it_reads_it),
		STORE_TEST(test_it_is_forgotten_with_the_pushes),
		STORE_TEST(test_a_history_that_others_may_not_read),
		STORE_TEST(test_many_tags_in_many_repositories),
		STORE_TEST(test_of_what_is_asked_alone),
		STORE_TEST(test_when_names_of_tags_changed),
	};

	return cmocka_run_group_tests_name("scan_storage_untagged_since", tests, NULL, NULL);
}
