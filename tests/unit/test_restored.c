/* Tags that were restored: the list, and which of them have the times of the journal. */
#include "undo/restored.h"

#include "inventory/inventory.h"
#include "lists/checksummed.h"
#include "oci/digest.h"
#include "scan_storage/push_times.h"
#include "storage/links.h"
#include "storage_world.h"
#include "util/buf.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define HEADER "clean-registry list of restored tags 1\n"
#define D1     "sha256:" HEX1
#define D2     "sha256:" HEX2
#define LINE   "1700000000 1600000000 - - 1700000000123456789 "

static void put(struct restored *restored, const char *repository, const char *tag,
		const char *digest, int64_t ns)
{
	restored_put(restored, &(struct restored_tag){ .repository = repository,
						       .tag = tag,
						       .digest = digest,
						       .restored_at = T2020 + 100,
						       .pushed_at = T2020,
						       .seen_at = DATE_ABSENT,
						       .pulled_at = T2020 + 5,
						       .written_ns = ns });
}

static void test_what_is_printed_is_read(void **state)
{
	struct restored *restored = restored_new(), *read = restored_new();
	CLEANUP(buf_free) struct buf first = { 0 }, second = { 0 };
	const struct restored_tag *tag;
	struct err err = { 0 };

	(void)state;
	put(restored, "b", "v2", D1, RESTORED_NO_NS);
	put(restored, "a/b", "v1", D1, 7);
	put(restored, "b", "v1", D1, 5);
	put(restored, "b", "v1", D2, 6);
	restored_print(restored, &first);
	assert_int_equal(restored_parse(read, buf_string(&first), first.length, &err), 0);
	restored_print(read, &second);
	assert_string_equal(buf_string(&first), buf_string(&second));
	assert_int_equal(restored_count(read), 3);
	tag = restored_find(read, "b", "v1");
	assert_non_null(tag);
	assert_string_equal(tag->digest, D2);
	assert_int_equal(tag->pushed_at, T2020);
	assert_true(tag->seen_at == DATE_ABSENT);
	assert_int_equal(tag->pulled_at, T2020 + 5);
	assert_int_equal(tag->written_ns, 6);
	assert_true(restored_find(read, "b", "v2")->written_ns == RESTORED_NO_NS);
	assert_null(restored_find(read, "b", "v3"));
	assert_false(restored_changed(read));
	restored_drop(read, "b", "v1");
	assert_null(restored_find(read, "b", "v1"));
	assert_true(restored_changed(read));
	restored_free(restored);
	restored_free(read);
}

static const char *const DAMAGED[] = {
	"",
	LINE "b v1\n",
	LINE "b v1 " D1 " more\n",
	LINE "b v1 sha256:12\n",
	LINE "B v1 " D1 "\n",
	LINE "b -v1 " D1 "\n",
	LINE "b v2 " D1 "\n" LINE "b v1 " D1 "\n",
	LINE "b v1 " D1 "\n" LINE "b v1 " D1 "\n",
	"- - - - - b v1 " D1 "\n",
	"1700000000 - - - b v1 " D1 "\n",
	"1700000000 -1 - - - b v1 " D1 "\n",
	"1700000000 99999999999999999999 - - - b v1 " D1 "\n",
};

/* Sealed as it is, but what it says is no list; and the same one with a byte changed. */
static void test_what_is_damaged_is_not_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof DAMAGED / sizeof *DAMAGED; i++) {
		struct restored *restored = restored_new();
		CLEANUP(buf_free) struct buf text = { 0 };
		struct err err = { 0 };
		char sum[DIGEST_TEXT];

		buf_format(&text, HEADER "%s", DAMAGED[i]);
		checksummed_close(&text, sum);
		if (i == 0)
			text.data[text.length - 3] ^= 1;
		put(restored, "b", "v9", D1, 1);
		if (restored_parse(restored, buf_string(&text), text.length, &err) == 0)
			fail_msg("taken: %s", DAMAGED[i]);
		assert_int_equal(err.kind, ERR_IO);
		assert_int_equal(restored_count(restored), 1);
		restored_free(restored);
	}
}

/* The link's time when the tag was restored, against that of now. */
static const struct {
	const char *what;
	int64_t noted; /* nanoseconds from that of the link, or RESTORED_NO_NS */
	bool own;      /* the folder is the registry's */
	bool other;    /* it was restored with another digest */
	bool restored, over;
	int64_t pushed; /* T2020 is that of the journal; -1: that of the link */
} ROWS[] = {
	{ "as it was restored", 0, true, false, true, false, T2020 },
	{ "written since", -1, true, false, false, true, -1 },
	{ "the clock was set back since", 1000000000, true, false, false, true, -1 },
	{ "copied in whole seconds", 700, true, false, true, false, T2020 },
	{ "not noted", RESTORED_NO_NS, true, false, true, false, DATE_ABSENT },
	{ "another digest", 0, true, true, false, true, -1 },
	{ "through the API", -1, false, false, true, false, -1 },
	{ "another digest through the API", 0, false, true, false, true, -1 },
};

/* A whole second, so that a copy's time may come from a later one. */
static void age_link(const struct store *store)
{
	CLEANUP(free_p)
	char *path = store_path(store, "repositories/app/_manifests/tags/v1/current/link");
	const struct timespec times[2] = { { .tv_sec = T2020 + 1000 }, { .tv_sec = T2020 + 1000 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void check_row(struct store *store, size_t row)
{
	struct restored *restored = restored_new();
	struct inventory *inventory = store->inventory;
	char digest[DIGEST_TEXT];
	struct link link;
	const struct inventory_tag *tag;

	store_manifest(store, "app", "v1", "{}", digest);
	age_link(store);
	link = links_tag(store->layout, "app", "v1");
	inventory_tags(inventory, inventory_repository(inventory, "app"),
		       (char *[]){ (char[]){ "v1" } }, 1);
	inventory_point(inventory, 0, inventory_manifest(inventory, 0, digest));
	inventory->tags[0].state = TAG_READ;
	inventory->tags[0].pushed = link.written;
	put(restored, "app", "v1", ROWS[row].other ? D2 : digest,
	    ROWS[row].noted == RESTORED_NO_NS ? RESTORED_NO_NS : link.written_ns + ROWS[row].noted);
	put(restored, "app", "gone", digest, 1);
	put(restored, "elsewhere", "v1", digest, 1);
	restored_apply(restored, inventory, ROWS[row].own ? store->layout : NULL);
	tag = &inventory->tags[0];
	if (tag->restored != ROWS[row].restored ||
	    (restored_find(restored, "app", "v1") == NULL) != ROWS[row].over ||
	    tag->pushed != (ROWS[row].pushed == -1 ? link.written : ROWS[row].pushed))
		fail_msg("%s: restored %d, pushed %jd", ROWS[row].what, tag->restored,
			 (intmax_t)tag->pushed);
	assert_null(restored_find(restored, "app", "gone"));
	assert_non_null(restored_find(restored, "elsewhere", "v1"));
	restored_free(restored);
}

static void test_until_somebody_pushes_it(void **state)
{
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		if (i > 0)
			store_setup(state);
		check_row(*state, i);
		if (i + 1 < sizeof ROWS / sizeof *ROWS)
			store_teardown(state);
	}
}

/* What is not read is not known to be gone. */
static void test_trouble_strikes_nothing_off(void **state)
{
	struct store *store = *state;
	struct restored *restored = restored_new();

	put(restored, "app", "v1", D1, 1);
	inventory_trouble(store->inventory, inventory_repository(store->inventory, "app"), "why");
	restored_apply(restored, store->inventory, store->layout);
	assert_false(restored_changed(restored));
	assert_non_null(restored_find(restored, "app", "v1"));
	restored_free(restored);
}

/* Twenty tags that were restored at once are no copied disk. */
static void test_a_mass_restore_is_no_copy(void **state)
{
	struct store *store = *state;
	char *names[20];

	for (size_t i = 0; i < 20; i++)
		names[i] = xasprintf("t%zu", i);
	inventory_tags(store->inventory, inventory_repository(store->inventory, "r"), names, 20);
	for (size_t t = 0; t < 20; t++) {
		store->inventory->tags[t].pushed = T2020;
		store->inventory->tags[t].restored = t > 0;
		free(names[t]);
	}
	assert_false(push_times_copied(store->inventory));
	for (size_t t = 0; t < 20; t++)
		store->inventory->tags[t].restored = false;
	assert_true(push_times_copied(store->inventory));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_printed_is_read),
		cmocka_unit_test(test_what_is_damaged_is_not_taken),
		STORE_TEST(test_until_somebody_pushes_it),
		STORE_TEST(test_trouble_strikes_nothing_off),
		STORE_TEST(test_a_mass_restore_is_no_copy),
	};

	return cmocka_run_group_tests_name("restored", tests, NULL, NULL);
}
