/* What is read from the registry's folder when something in it is broken, closed or moving (S2). */
#include "scan_storage/load.h"

#include "oci/digest.h"
#include "storage_world.h"
#include "util/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

#define TAG "repositories/r/_manifests/tags/t/current/link"

/* The repository r has the tag good, and what each row adds. */
static int setup(void **state)
{
	char digest[DIGEST_TEXT];

	store_setup(state);
	store_image(*state, "r", "good", D2020, digest);
	return 0;
}

#define FAULT_TEST(function) cmocka_unit_test_setup_teardown(function, setup, store_teardown)

static void write_below(const struct store *store, const char *path, const char *text)
{
	CLEANUP(free_p) char *full = xasprintf(V2 "%s", path);

	temporary_text(store->root, full, text);
}

static void make_pipe(const struct store *store, const char *path)
{
	CLEANUP(free_p) char *full = store_path(store, path);
	CLEANUP(free_p) char *folder = xasprintf(V2 "%s", path);

	*strrchr(folder, '/') = '\0';
	temporary_mkdir(store->root, folder);
	(void)unlink(full);
	assert_int_equal(mkfifo(full, 0644), 0);
}

static char *data_path(const char *digest)
{
	return xasprintf("blobs/sha256/%.2s/%s/data", digest + 7, digest + 7);
}

enum damage {
	NO_LINK,
	STRAY_FILE,
	ONLY_TEMPORARY,
	EMPTY_LINK,
	NO_DIGEST,
	PIPE_LINK,
	FOLDER_LINK,
	NO_REVISION,
	EMPTY_REVISION,
	OTHER_REVISION,
	PIPE_REVISION,
	NO_DATA,
	WRONG_DATA,
	SHORT_DATA,
	NO_JSON,
	PIPE_DATA,
	FOLDER_DATA,
	UNKNOWN_TYPE,
	BAD_NAME,
};

static void damage_tag(const struct store *store, enum damage damage)
{
	switch (damage) {
	case NO_LINK:
		temporary_mkdir(store->root, REPOSITORIES "r/_manifests/tags/t");
		break;
	case STRAY_FILE:
		write_below(store, "repositories/r/_manifests/tags/t", "x");
		break;
	case ONLY_TEMPORARY:
		write_below(store, TAG ".0f.tmp", "sha256:" HEX1);
		break;
	case EMPTY_LINK:
		write_below(store, TAG, "");
		break;
	case NO_DIGEST:
		write_below(store, TAG, "sha256:" HEX1 "\n");
		break;
	case PIPE_LINK:
		make_pipe(store, TAG);
		break;
	case FOLDER_LINK:
		temporary_mkdir(store->root, V2 TAG);
		break;
	default:
		store_tag(store, "r", "bad name", "sha256:" HEX1);
		break;
	}
}

static void damage_revision(const struct store *store, enum damage damage)
{
	char digest[DIGEST_TEXT];
	CLEANUP(free_p) char *path = NULL;
	CLEANUP(free_p) char *full = NULL;

	store_image(store, "r", "t", D2020, digest);
	path = store_link_path("r", "_manifests/revisions", digest);
	full = store_path(store, path);
	if (damage == NO_REVISION)
		assert_int_equal(unlink(full), 0);
	else if (damage == PIPE_REVISION)
		make_pipe(store, path);
	else
		write_below(store, path, damage == EMPTY_REVISION ? "" : "sha256:" HEX1);
}

static void damage_data(const struct store *store, enum damage damage)
{
	static const char *const TEXTS[] = {
		[NO_JSON] = "no json",
		[UNKNOWN_TYPE] = "{\"schemaVersion\":2,\"mediaType\":\"a/b\"}"
	};
	char digest[DIGEST_TEXT];
	CLEANUP(free_p) char *path = NULL;
	CLEANUP(free_p) char *full = NULL;

	if (damage == NO_JSON || damage == UNKNOWN_TYPE)
		store_manifest(store, "r", "t", TEXTS[damage], digest);
	else
		store_image(store, "r", "t", D2020, digest);
	path = data_path(digest);
	full = store_path(store, path);
	if (damage == NO_DATA || damage == FOLDER_DATA)
		assert_int_equal(unlink(full), 0);
	if (damage == FOLDER_DATA)
		assert_int_equal(mkdir(full, 0755), 0);
	if (damage == PIPE_DATA)
		make_pipe(store, path);
	if (damage == WRONG_DATA)
		write_below(store, path,
			    "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_INDEX
			    "\",\"manifests\":[]}");
	if (damage == SHORT_DATA)
		write_below(store, path, "");
}

static void make_damage(const struct store *store, enum damage damage)
{
	if (damage < NO_REVISION || damage == BAD_NAME)
		damage_tag(store, damage);
	else if (damage < NO_DATA)
		damage_revision(store, damage);
	else
		damage_data(store, damage);
}

/* TROUBLE NULL: the registry would answer 404, and that is no fault. */
static void test_tags_that_say_nothing(void **state)
{
	static const struct {
		const char *what;
		enum damage damage;
		enum tag_state tag;
		const char *trouble;
	} ROWS[] = {
		{ "no link", NO_LINK, TAG_MISSING, NULL },
		{ "a stray file", STRAY_FILE, TAG_UNREADABLE, "tag t: its link cannot be read" },
		{ "only a temporary file", ONLY_TEMPORARY, TAG_MISSING, NULL },
		{ "an empty link", EMPTY_LINK, TAG_UNREADABLE, "tag t: broken link: it is empty" },
		{ "no digest", NO_DIGEST, TAG_UNREADABLE, "tag t: broken link: it holds no" },
		{ "a pipe", PIPE_LINK, TAG_UNREADABLE, "tag t: its link cannot be read" },
		{ "a folder", FOLDER_LINK, TAG_UNREADABLE, "tag t: its link cannot be read" },
		{ "no revision", NO_REVISION, TAG_MISSING, NULL },
		{ "an empty revision", EMPTY_REVISION, TAG_UNREADABLE, "broken link: it is empty" },
		{ "another revision", OTHER_REVISION, TAG_UNREADABLE, "names another digest" },
		{ "a pipe as revision", PIPE_REVISION, TAG_UNREADABLE, "cannot be read" },
		{ "no data", NO_DATA, TAG_MISSING, NULL },
		{ "other data", WRONG_DATA, TAG_UNREADABLE, "does not match its digest" },
		{ "no bytes", SHORT_DATA, TAG_UNREADABLE, "manifest sha256:" },
		{ "no JSON", NO_JSON, TAG_UNREADABLE, "manifest sha256:" },
		{ "a pipe as data", PIPE_DATA, TAG_UNREADABLE, "manifest sha256:" },
		{ "a folder as data", FOLDER_DATA, TAG_UNREADABLE, "manifest sha256:" },
		{ "an unknown type", UNKNOWN_TYPE, TAG_UNREADABLE, "media type" },
		{ "a bad name", BAD_NAME, TAG_UNREADABLE, "its name cannot be a tag's" },
	};

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct store *store = NULL;
		const char *trouble = NULL;

		if (i > 0)
			setup(state);
		store = *state;
		make_damage(store, ROWS[i].damage);
		store_load(store);
		trouble = store_repository(store, "r")->trouble;
		if (store_find_tag(store, "r", ROWS[i].damage == BAD_NAME ? "bad name" : "t")
			    ->state != ROWS[i].tag)
			fail_msg("%s: another state", ROWS[i].what);
		if (ROWS[i].trouble ? !trouble || !strstr(trouble, ROWS[i].trouble) : !!trouble)
			fail_msg("%s: %s", ROWS[i].what, trouble);
		if (store->inventory->failures != (ROWS[i].trouble ? 1 : 0))
			fail_msg("%s: %zu failures", ROWS[i].what, store->inventory->failures);
		assert_int_equal(store_find_tag(store, "r", "good")->state, TAG_READ);
		if (i + 1 < sizeof ROWS / sizeof *ROWS)
			store_teardown(state);
	}
}

/* A revision that no tag reaches is broken: nothing in its repository may go, others are well. */
static void test_a_broken_revision_is_the_trouble_of_its_repository_alone(void **state)
{
	struct store *store = *state;
	char digest[DIGEST_TEXT];

	store_image(store, "other", "v1", D2020, digest);
	write_below(store, "repositories/r/_manifests/revisions/sha256/" HEX1 "/link", "");
	store_load(store);
	assert_non_null(strstr(store_repository(store, "r")->trouble, HEX1));
	assert_null(store_repository(store, "other")->trouble);
	assert_int_equal(store->inventory->failures, 1);
}

/* The registry answers 500 there. */
static void test_a_file_in_the_place_of_a_folder_is_a_fault(void **state)
{
	struct store *store = *state;

	write_below(store, "repositories/r/_manifests/revisions/sha256/" HEX3, "stray");
	store_load(store);
	assert_non_null(strstr(store_repository(store, "r")->trouble, HEX3));
	assert_int_equal(store->inventory->failures, 1);
}

/* Some temporary files and folders without a link are what deletes and crashes leave. */
static void test_leftovers_are_no_fault(void **state)
{
	struct store *store = *state;

	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/revisions/sha256/" HEX1);
	write_below(store, "repositories/r/_manifests/revisions/sha256/" HEX2 "/link.7.tmp", "");
	write_below(store, "repositories/r/_manifests/tags/good/index/sha256/" HEX1 "/link", "");
	write_below(store, "repositories/r/_uploads/1/data", "");
	write_below(store, "blobs/sha256/11/" HEX1 "/data.7.tmp", "");
	write_below(store, "blobs/sha256/stray", "");
	store_load(store);
	assert_null(store_repository(store, "r")->trouble);
	assert_int_equal(store->inventory->failures, 0);
	assert_int_equal(store_repository(store, "r")->tag_count, 1);
}

enum config_damage {
	CONFIG_NO_LINK,
	CONFIG_EMPTY_LINK,
	CONFIG_PIPE_LINK,
	CONFIG_NO_DATA,
	CONFIG_PIPE_DATA,
	CONFIG_WRONG_DATA,
	CONFIG_NO_JSON,
	CONFIG_NO_DATE
};

static void damage_config(const struct store *store, enum config_damage damage, bool elsewhere,
			  char digest[DIGEST_TEXT])
{
	static const char *const TEXTS[] = {
		[CONFIG_NO_JSON] = "nonsense", [CONFIG_NO_DATE] = "{\"author\":\"c\"}"
	};
	const char *text = damage >= CONFIG_NO_JSON ? TEXTS[damage]
						    : "{\"created\":\"" D2020 "\",\"a\":\"c\"}";
	char config[DIGEST_TEXT];
	const char *hex = store_blob(store, text, config) + 7;
	CLEANUP(free_p) char *body = store_image_body(config, "c", "");
	CLEANUP(free_p) char *link = store_link_path("r", "_layers", config);
	CLEANUP(free_p) char *data = xasprintf("blobs/sha256/%.2s/%s/data", hex, hex);
	CLEANUP(free_p) char *full = store_path(store, data);

	store_manifest(store, "r", "t", body, digest);
	if (elsewhere) {
		store_manifest(store, "other", "t", body, digest);
		store_layer(store, "other", config);
	}
	if (damage > CONFIG_PIPE_LINK)
		store_layer(store, "r", config);
	if (damage == CONFIG_EMPTY_LINK)
		write_below(store, link, "");
	else if (damage == CONFIG_PIPE_LINK)
		make_pipe(store, link);
	else if (damage == CONFIG_NO_DATA)
		assert_int_equal(unlink(full), 0);
	else if (damage == CONFIG_PIPE_DATA)
		make_pipe(store, data);
	else if (damage == CONFIG_WRONG_DATA)
		write_below(store, data, "{\"created\":\"" D2020 "\"}");
}

static void test_configs_that_say_nothing(void **state)
{
	static const struct {
		const char *what;
		enum config_damage damage;
		bool elsewhere; /* another repository has it whole */
		int64_t created;
		bool trouble;
		size_t failures;
	} ROWS[] = {
		{ "no link", CONFIG_NO_LINK, false, DATE_INVALID, false, 0 },
		{ "no link, but elsewhere", CONFIG_NO_LINK, true, T2020, false, 0 },
		{ "an empty link", CONFIG_EMPTY_LINK, false, DATE_INVALID, false, 1 },
		{ "an empty link, but elsewhere", CONFIG_EMPTY_LINK, true, T2020, false, 1 },
		{ "a pipe", CONFIG_PIPE_LINK, false, DATE_INVALID, false, 1 },
		{ "no data", CONFIG_NO_DATA, false, DATE_INVALID, false, 0 },
		{ "a pipe as data", CONFIG_PIPE_DATA, false, DATE_INVALID, false, 1 },
		{ "other data", CONFIG_WRONG_DATA, false, DATE_INVALID, true, 1 },
		{ "no JSON", CONFIG_NO_JSON, false, DATE_INVALID, false, 0 },
		{ "no date", CONFIG_NO_DATE, false, DATE_ABSENT, false, 0 },
	};

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct store *store = NULL;
		char digest[DIGEST_TEXT];

		if (i > 0)
			setup(state);
		store = *state;
		damage_config(store, ROWS[i].damage, ROWS[i].elsewhere, digest);
		/* Named first, so that it is asked first. */
		inventory_repository(store->inventory, "r");
		store_load(store);
		assert_int_equal(store_find_tag(store, "r", "t")->state, TAG_READ);
		if (store_find_manifest(store, "r", digest)->created != ROWS[i].created ||
		    !!store_repository(store, "r")->trouble != ROWS[i].trouble ||
		    store->inventory->failures != ROWS[i].failures)
			fail_msg("%s: %jd %s %zu", ROWS[i].what,
				 (intmax_t)store_find_manifest(store, "r", digest)->created,
				 store_repository(store, "r")->trouble, store->inventory->failures);
		if (i + 1 < sizeof ROWS / sizeof *ROWS)
			store_teardown(state);
	}
}

static int load_as_nobody(struct store *store)
{
	bool is_root = geteuid() == 0;
	int result = 0;

	if (is_root)
		assert_int_equal(seteuid(NOBODY), 0);
	result = scan_storage_load(store->inventory, store->layout, &store->err);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	inventory_free(store->inventory);
	store->inventory = inventory_new();
	return result;
}

static void test_what_others_may_not_read_is_no_source(void **state)
{
	static const char *const CLOSED[] = {
		"repositories",
		"repositories/r",
		"repositories/r/_manifests",
		"repositories/r/_manifests/tags",
		"repositories/r/_manifests/tags/good",
		"repositories/r/_manifests/tags/good/current/link",
		"repositories/r/_manifests/revisions",
		"repositories/r/_manifests/revisions/sha256",
		"repositories/r/_layers",
		"blobs",
		"blobs/sha256",
	};
	struct store *store = *state;

	for (size_t i = 0; i < sizeof CLOSED / sizeof *CLOSED; i++) {
		CLEANUP(free_p) char *path = store_path(store, CLOSED[i]);
		int result = 0;

		store->err = (struct err){ 0 };
		assert_int_equal(chmod(path, 0), 0);
		result = load_as_nobody(store);
		assert_int_equal(chmod(path, 0755), 0);
		if (result != -1 || store->err.kind != ERR_IO ||
		    !strstr(store->err.msg, "run as root"))
			fail_msg("%s: %d %s", CLOSED[i], result, store->err.msg);
	}
	assert_int_equal(load_as_nobody(store), 0);
}

/* Each blob, one after the other: manifest and config. */
static void test_blobs_that_others_may_not_read(void **state)
{
	struct store *store = *state;
	char digest[DIGEST_TEXT], config[DIGEST_TEXT];
	CLEANUP(free_p) char *body = NULL;

	store_layer(store, "r", store_blob(store, "{\"created\":\"" D2020 "\"}", config));
	body = store_image_body(config, "x", "");
	store_manifest(store, "r", "x", body, digest);
	for (int i = 0; i < 2; i++) {
		CLEANUP(free_p) char *data = data_path(i ? config : digest);
		CLEANUP(free_p) char *path = store_path(store, data);

		assert_int_equal(chmod(path, 0), 0);
		store->err = (struct err){ 0 };
		assert_int_equal(load_as_nobody(store), -1);
		assert_non_null(strstr(store->err.msg, "run as root"));
		assert_int_equal(chmod(path, 0644), 0);
	}
}

static void test_symbolic_links_among_repositories_are_no_source(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *path = store_path(store, "repositories/again");

	assert_int_equal(symlink("r", path), 0);
	assert_int_equal(scan_storage_load(store->inventory, store->layout, &store->err), -1);
	assert_int_equal(store->err.kind, ERR_IO);
}

/* A registry at work, as 3.1 writes: what is there is whole, and comes and goes. */
struct work {
	const struct store *store;
	const char *digest;
	atomic_bool stop;
};

static void work_on_tag(const struct work *work, int number)
{
	CLEANUP(free_p)
	char *folder =
		xasprintf("%s/" REPOSITORIES "r/_manifests/tags/t%d", work->store->root, number);
	CLEANUP(free_p) char *current = xasprintf("%s/current", folder);
	CLEANUP(free_p) char *link = xasprintf("%s/link", current);
	CLEANUP(free_p)
	char *next = xasprintf(REPOSITORIES "r/_manifests/tags/t%d/current/link.1.tmp", number);
	CLEANUP(free_p) char *full = xasprintf("%s/%s", work->store->root, next);

	temporary_text(work->store->root, next, work->digest);
	assert_int_equal(rename(full, link), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(current), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void *do_work(void *ctx)
{
	struct work *work = ctx;

	for (int i = 0; !atomic_load(&work->stop); i++)
		work_on_tag(work, i % 200);
	return NULL;
}

static void test_what_comes_and_goes_meanwhile(void **state)
{
	struct store *store = *state;
	struct work work = { .store = store };
	char digest[DIGEST_TEXT];
	pthread_t thread;

	store_image(store, "r", "one", D2020, digest);
	work.digest = digest;
	assert_int_equal(pthread_create(&thread, NULL, do_work, &work), 0);
	for (int i = 0; i < 100; i++) {
		store_load(store);
		assert_null(store_repository(store, "r")->trouble);
		assert_int_equal(store->inventory->failures, 0);
		assert_int_equal(store_find_tag(store, "r", "one")->state, TAG_READ);
		inventory_free(store->inventory);
		store->inventory = inventory_new();
	}
	atomic_store(&work.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT_TEST(test_tags_that_say_nothing),
		FAULT_TEST(test_a_broken_revision_is_the_trouble_of_its_repository_alone),
		FAULT_TEST(test_a_file_in_the_place_of_a_folder_is_a_fault),
		FAULT_TEST(test_leftovers_are_no_fault),
		FAULT_TEST(test_configs_that_say_nothing),
		FAULT_TEST(test_what_others_may_not_read_is_no_source),
		FAULT_TEST(test_blobs_that_others_may_not_read),
		FAULT_TEST(test_symbolic_links_among_repositories_are_no_source),
		FAULT_TEST(test_what_comes_and_goes_meanwhile),
	};

	return cmocka_run_group_tests_name("inventory_storage_faults", tests, NULL, NULL);
}
