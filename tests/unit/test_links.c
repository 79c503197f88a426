/* Link files: what each says, and when it says nothing. */
#include "storage/links.h"
#include "storage_world.h"

#include "oci/digest.h"

#include <fcntl.h>

#define D1 "sha256:" HEX1
#define D2 "sha256:" HEX2

#define TAG_LINK "repositories/team/app/_manifests/tags/v1/current/link"

static void write_link(const struct store *store, const char *path, const char *text)
{
	CLEANUP(free_p) char *full = xasprintf(V2 "%s", path);

	temporary_text(store->root, full, text);
}

static void test_what_a_tag_points_at_and_when_it_was_pushed(void **state)
{
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = T2020, .tv_nsec = 999 } };
	struct store *store = *state;
	CLEANUP(free_p) char *path = store_path(store, TAG_LINK);
	struct link link;

	write_link(store, TAG_LINK, D1);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	link = links_tag(store->layout, "team/app", "v1");
	assert_int_equal(link.state, LINK_READ);
	assert_string_equal(link.digest, D1);
	assert_int_equal(link.written, T2020);
	assert_false(link_is_bad(&link));
}

static void test_what_is_in_a_link(void **state)
{
	static const struct {
		const char *what, *text;
		enum link_state tag, revision;
	} ROWS[] = {
		{ "its digest", D1, LINK_READ, LINK_READ },
		{ "another digest", D2, LINK_READ, LINK_OTHER_DIGEST },
		{ "of another algorithm", "sha512:" HEX1 HEX1, LINK_READ, LINK_READ },
		{ "nothing", "", LINK_EMPTY, LINK_EMPTY },
		{ "a newline behind it", D1 "\n", LINK_NO_DIGEST, LINK_NO_DIGEST },
		{ "a blank before it", " " D1, LINK_NO_DIGEST, LINK_NO_DIGEST },
		{ "cut short", "sha256:1111", LINK_NO_DIGEST, LINK_NO_DIGEST },
		{ "without algorithm", HEX1, LINK_NO_DIGEST, LINK_NO_DIGEST },
		{ "an unknown algorithm", "sha224:" HEX1 HEX2, LINK_NO_DIGEST, LINK_NO_DIGEST },
		{ "upper case", "SHA256:" HEX1, LINK_NO_DIGEST, LINK_NO_DIGEST },
		{ "far too much", D1 D1 D1 D1, LINK_NO_DIGEST, LINK_NO_DIGEST },
		{ "one more than the longest", "sha512:" HEX1 HEX1 "1", LINK_NO_DIGEST,
		  LINK_NO_DIGEST },
	};
	struct store *store = *state;

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct link tag, revision, layer;

		write_link(store, TAG_LINK, ROWS[i].text);
		write_link(store, "repositories/r/_manifests/revisions/sha256/" HEX1 "/link",
			   ROWS[i].text);
		write_link(store, "repositories/r/_layers/sha256/" HEX1 "/link", ROWS[i].text);
		tag = links_tag(store->layout, "team/app", "v1");
		revision = links_revision(store->layout, "r", D1);
		layer = links_layer(store->layout, "r", D1);
		if (tag.state != ROWS[i].tag || revision.state != ROWS[i].revision ||
		    layer.state != ROWS[i].revision)
			fail_msg("%s: %d %d %d", ROWS[i].what, tag.state, revision.state,
				 layer.state);
		assert_int_equal(link_is_bad(&tag), ROWS[i].tag != LINK_READ);
		assert_int_equal(link_is_bad(&revision), ROWS[i].revision != LINK_READ);
	}
}

/* distribution writes such a link for each digest that a blob was pushed by. */
static void test_an_alias_says_what_is_stored(void **state)
{
	static const char *const NAMED[] = { "sha512:" HEX1 HEX2,
					     "sha384:" HEX1 "22222222222222222222222222222222" };
	struct store *store = *state;

	for (size_t i = 0; i < sizeof NAMED / sizeof *NAMED; i++) {
		CLEANUP(free_p)
		char *path =
			xasprintf("repositories/r/_layers/%.6s/%s/link", NAMED[i], NAMED[i] + 7);
		struct link link;

		write_link(store, path, D1);
		link = links_layer(store->layout, "r", NAMED[i]);
		assert_int_equal(link.state, LINK_READ);
		assert_string_equal(link.digest, D1);
	}
}

static void test_a_long_digest(void **state)
{
	struct store *store = *state;

	store_revision(store, "r", "sha512:" HEX1 HEX2);
	assert_int_equal(links_revision(store->layout, "r", "sha512:" HEX1 HEX2).state, LINK_READ);
	assert_int_equal(links_revision(store->layout, "r", "sha512:" HEX2 HEX1).state,
			 LINK_ABSENT);
}

/* What is half there is not there: a registry would say 404. */
static void test_what_is_absent(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *dangling = NULL;

	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/tags/empty");
	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/tags/no-link/current");
	temporary_text(store->root, REPOSITORIES "r/_manifests/tags/new/current/link.0f.tmp", D1);
	temporary_text(store->root, REPOSITORIES "r/_manifests/tags/stray", D1);
	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/tags/dangling/current");
	dangling = store_path(store, "repositories/r/_manifests/tags/dangling/current/link");
	assert_int_equal(symlink("nowhere", dangling), 0);
	static const char *const TAGS[] = { "empty",    "no-link", "new",
					    "dangling", "none",    "none/../x" };

	for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++) {
		struct link link = links_tag(store->layout, "r", TAGS[i]);

		if (link.state != LINK_ABSENT)
			fail_msg("%s: %d", TAGS[i], link.state);
		assert_false(link_is_bad(&link));
	}
	/* There the registry answers 500. */
	assert_int_equal(links_tag(store->layout, "r", "stray").state, LINK_UNREADABLE);
	assert_int_equal(links_tag(store->layout, "none", "v1").state, LINK_ABSENT);
	assert_int_equal(links_revision(store->layout, "r", D1).state, LINK_ABSENT);
	assert_int_equal(links_layer(store->layout, "none", D1).state, LINK_ABSENT);
}

/* A pipe would make us wait for ever. */
static void test_what_cannot_be_a_link(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *pipe = NULL;
	char fault[200];
	struct link link;

	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/tags/folder/current/link");
	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/tags/pipe/current");
	pipe = store_path(store, "repositories/r/_manifests/tags/pipe/current/link");
	assert_int_equal(mkfifo(pipe, 0644), 0);
	link = links_tag(store->layout, "r", "folder");
	assert_int_equal(link.state, LINK_UNREADABLE);
	assert_true(link_is_bad(&link));
	link = links_tag(store->layout, "r", "pipe");
	assert_int_equal(link.state, LINK_UNREADABLE);
	assert_non_null(strstr(links_fault(&link, fault, sizeof fault), "cannot be read"));
}

static void test_a_link_that_others_may_not_read(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *path = store_path(store, TAG_LINK);
	bool is_root = geteuid() == 0;
	struct link link;

	write_link(store, TAG_LINK, D1);
	assert_int_equal(chmod(path, 0), 0);
	if (is_root)
		assert_int_equal(seteuid(NOBODY), 0);
	link = links_tag(store->layout, "team/app", "v1");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(link.state, LINK_UNREADABLE);
	assert_int_equal(link.error, EACCES);
}

/* Names come from answers and files, and may be of any length. */
static void test_names_of_any_length(void **state)
{
	struct store *store = *state;
	char long_name[3000];

	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	assert_int_equal(links_tag(store->layout, "r", long_name).state, LINK_UNREADABLE);
	assert_int_equal(links_tag(store->layout, long_name, "t").state, LINK_UNREADABLE);
	assert_int_equal(links_revision(store->layout, long_name, D1).state, LINK_UNREADABLE);
	assert_int_equal(links_layer(store->layout, long_name, D1).error, ENAMETOOLONG);
}

static void expect_same(const char *what, const struct link *held, const struct link *link)
{
	if (held->state != link->state || held->error != link->error ||
	    held->written_ns != link->written_ns || strcmp(held->digest, link->digest) != 0)
		fail_msg("%s: state %d for %d, errno %d for %d, \"%s\" for \"%s\"", what,
			 held->state, link->state, held->error, link->error, held->digest,
			 link->digest);
}

/* All links of REPOSITORY that the next test makes, and some that are not there. */
static void compare_with_held(const struct store *store, const char *repository)
{
	static const char *const TAGS[] = { "v1", "v2", "v3", "absent", "file" };
	static const char *const DIGESTS[] = { D1, D2, ("sha512:" HEX1 HEX1), ("sha256:" HEX3) };
	struct links_folder tags, revisions, layers;

	links_open(&tags, store->layout, repository, LINKS_TAGS);
	links_open(&revisions, store->layout, repository, LINKS_REVISIONS);
	links_open(&layers, store->layout, repository, LINKS_LAYERS);
	for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++) {
		struct link held = links_tag_in(&tags, TAGS[i]);
		struct link link = links_tag(store->layout, repository, TAGS[i]);

		expect_same(TAGS[i], &held, &link);
	}
	for (size_t i = 0; i < 2 * sizeof DIGESTS / sizeof *DIGESTS; i++) {
		const char *digest = DIGESTS[i / 2];
		struct link held = links_digest_in(&revisions, digest);
		struct link link = links_revision(store->layout, repository, digest);

		expect_same(digest, &held, &link);
		held = links_digest_in(&layers, digest);
		link = links_layer(store->layout, repository, digest);
		expect_same(digest, &held, &link);
	}
	links_close(&tags);
	links_close(&revisions);
	links_close(&layers);
}

static void test_folders_that_are_held_open_say_the_same(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *loop = store_path(store, "repositories/loop/_layers");
	char name[2000];

	write_link(store, "repositories/a/_manifests/tags/v1/current/link", D1);
	write_link(store, "repositories/a/_manifests/tags/v2/current/link", "");
	write_link(store, "repositories/a/_manifests/tags/v3/current/link", D1 D1 D1);
	write_link(store, "repositories/a/_manifests/tags/file", "");
	write_link(store, "repositories/a/_manifests/revisions/sha256/" HEX1 "/link", D1);
	write_link(store, "repositories/a/_manifests/revisions/sha256/" HEX2 "/link", D1);
	write_link(store, "repositories/a/_layers/sha512/" HEX1 HEX1 "/link", D1);
	write_link(store, "repositories/a/_layers/sha256/" HEX1 "/link", "no digest");
	write_link(store, "repositories/a/_layers/sha256/" HEX2 "/link/is/a/folder", D1);
	write_link(store, "repositories/file/_manifests/tags", "");
	write_link(store, "repositories/file/_manifests/revisions/sha256", "");
	write_link(store, "repositories/loop/x", "");
	assert_int_equal(symlink("_layers", loop), 0);
	compare_with_held(store, "a");
	compare_with_held(store, "file");
	compare_with_held(store, "loop");
	compare_with_held(store, "absent");
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	compare_with_held(store, name);
}

static void test_what_is_no_digest_has_no_link(void **state)
{
	static const char *const TEXTS[] = { "", "sha256", "sha256:", "sha256:../..", HEX1 };
	struct store *store = *state;
	struct links_folder layers;

	write_link(store, "repositories/a/_layers/sha256/" HEX1 "/link", D1);
	links_open(&layers, store->layout, "a", LINKS_LAYERS);
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
		struct link link = links_digest_in(&layers, TEXTS[i]);

		assert_int_equal(link.state, LINK_ABSENT);
	}
	links_close(&layers);
}

static void test_faults_are_told(void **state)
{
	static const struct {
		struct link link;
		const char *fault;
	} ROWS[] = {
		{ { .state = LINK_EMPTY }, "broken link: it is empty" },
		{ { .state = LINK_NO_DIGEST }, "broken link: it holds no digest" },
		{ { .state = LINK_OTHER_DIGEST },
		  "broken link: it names another digest than its folder" },
		{ { .state = LINK_UNREADABLE, .error = EIO },
		  "its link cannot be read: Input/output error" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		char text[200];

		assert_string_equal(links_fault(&ROWS[i].link, text, sizeof text), ROWS[i].fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_what_a_tag_points_at_and_when_it_was_pushed),
		STORE_TEST(test_what_is_in_a_link),
		STORE_TEST(test_an_alias_says_what_is_stored),
		STORE_TEST(test_a_long_digest),
		STORE_TEST(test_what_is_absent),
		STORE_TEST(test_what_cannot_be_a_link),
		STORE_TEST(test_a_link_that_others_may_not_read),
		STORE_TEST(test_names_of_any_length),
		STORE_TEST(test_folders_that_are_held_open_say_the_same),
		STORE_TEST(test_what_is_no_digest_has_no_link),
		cmocka_unit_test(test_faults_are_told),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
