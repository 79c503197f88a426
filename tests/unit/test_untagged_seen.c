/* When manifests were seen without a tag first, and what comes of it. */
#include "inventory/untagged_seen.h"

#include "inventory/inventory.h"
#include "oci/digest.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "clean-registry untagged 1\n"
#define D1     "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2     "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define DAY(n) (INT64_C(1700000000) + INT64_C(86400) * (n))
#define NOW    100 /* the day */
#define NONE   INT64_C(-1)

static int64_t day(int64_t number)
{
	return number == NONE ? DATE_ABSENT : DAY(number);
}

static const struct {
	const char *what;
	int64_t links, changed, first; /* days, or NONE */
	int64_t since;                 /* what comes of it */
	int64_t remembered;
} ROWS[] = {
	{ "seen for the first time, no tag went since", 10, 5, NONE, 10, NOW },
	{ "seen for the first time, a tag went since", 10, 40, NONE, 40, NOW },
	{ "seen for the first time, a tag went today", 10, NOW, NONE, NOW, NOW },
	{ "seen before names changed", 10, 90, 60, 60, 60 },
	{ "names changed before it was seen", 10, 50, 60, 50, 60 },
	{ "replaced after names changed", 70, 50, 80, 70, 80 },
	{ "pushed since it was seen", 70, 90, 60, 90, NOW },
	{ "pushed since it was seen, no tag went since", 70, 50, 60, 70, NOW },
	{ "seen when it was pushed", 60, 90, 60, 60, 60 },
	{ "seen in the future", 10, 90, 101, 90, NOW },
	{ "when names changed is not known", 10, NONE, 60, NONE, 60 },
	{ "the links do not tell", NONE, 50, 60, NONE, NONE },
};

static void each_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct inventory *inventory = inventory_new();
		struct untagged_seen *seen = untagged_seen_new();
		uint32_t id =
			inventory_manifest(inventory, inventory_repository(inventory, "r"), D1);

		inventory->manifests[id].untagged_since = day(ROWS[i].links);
		inventory->repositories[0].tags_changed = day(ROWS[i].changed);
		if (ROWS[i].first != NONE)
			untagged_seen_add(seen, "r", D1, DAY(ROWS[i].first));
		untagged_seen_settle(seen, inventory, DAY(NOW));
		if (inventory->manifests[id].untagged_since != day(ROWS[i].since) ||
		    untagged_seen_since(seen, "r", D1) != day(ROWS[i].remembered))
			fail_msg("%s: since day %jd, remembered %jd", ROWS[i].what,
				 (intmax_t)(inventory->manifests[id].untagged_since - DAY(0)) /
					 86400,
				 (intmax_t)(untagged_seen_since(seen, "r", D1) - DAY(0)) / 86400);
		untagged_seen_free(seen);
		inventory_free(inventory);
	}
}

/* What is gone, has a tag, or is where tags could not be read. */
static void only_what_is_seen_now_is_remembered(void **state)
{
	struct inventory *inventory = inventory_new();
	struct untagged_seen *seen = untagged_seen_new();
	uint32_t id;

	(void)state;
	id = inventory_manifest(inventory, inventory_repository(inventory, "trouble"), D1);
	inventory->manifests[id].untagged_since = DAY(1);
	inventory->repositories[0].tags_changed = DAY(1);
	inventory_trouble(inventory, 0, "a tag cannot be read");
	(void)inventory_manifest(inventory, inventory_repository(inventory, "tagged"), D1);
	untagged_seen_add(seen, "trouble", D1, DAY(2));
	untagged_seen_add(seen, "tagged", D1, DAY(2));
	untagged_seen_add(seen, "gone", D1, DAY(2));
	untagged_seen_settle(seen, inventory, DAY(NOW));
	assert_false(date_known(untagged_seen_since(seen, "trouble", D1)));
	assert_false(date_known(untagged_seen_since(seen, "tagged", D1)));
	assert_false(date_known(untagged_seen_since(seen, "gone", D1)));
	untagged_seen_free(seen);
	inventory_free(inventory);
}

static void what_has_a_tag_is_struck_off(void **state)
{
	struct inventory *inventory = inventory_new();
	struct untagged_seen *seen = untagged_seen_new();
	uint32_t r = inventory_repository(inventory, "r");

	(void)state;
	inventory_tags(inventory, r, (char *[]){ (char[]){ "t" }, (char[]){ "u" }, NULL }, 2);
	inventory_point(inventory, 0, inventory_manifest(inventory, r, D1));
	inventory->tags[0].state = TAG_READ;
	untagged_seen_add(seen, "r", D1, DAY(2));
	untagged_seen_add(seen, "r", D2, DAY(3));
	untagged_seen_add(seen, "s", D1, DAY(4));
	untagged_seen_strike(seen, inventory);
	assert_false(date_known(untagged_seen_since(seen, "r", D1)));
	assert_true(untagged_seen_since(seen, "r", D2) == DAY(3));
	assert_true(untagged_seen_since(seen, "s", D1) == DAY(4));
	untagged_seen_free(seen);
	inventory_free(inventory);
}

static void what_is_written_is_read(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(buf_free) struct buf again = { 0 };
	struct untagged_seen *seen = untagged_seen_new(), *read = untagged_seen_new();
	struct err err = { 0 };

	(void)state;
	untagged_seen_add(seen, "team/app", D1, DAY(2));
	untagged_seen_add(seen, "r", D2, DAY(3));
	untagged_seen_add(seen, "r", D1, DATE_ABSENT);
	untagged_seen_print(seen, &text);
	assert_int_equal(untagged_seen_parse(read, text.data, text.length, &err), 0);
	assert_true(untagged_seen_since(read, "team/app", D1) == DAY(2));
	assert_true(untagged_seen_since(read, "r", D2) == DAY(3));
	assert_false(date_known(untagged_seen_since(read, "r", D1)));
	untagged_seen_print(read, &again);
	assert_string_equal(buf_string(&text), buf_string(&again));
	untagged_seen_free(seen);
	untagged_seen_free(read);
}

static const struct {
	const char *text; /* sealed by the test, unless it says "cut" */
	const char *says;
} DAMAGED[] = {
	{ "", "not a untagged" },
	{ "clean-registry cache 1\n", "not a untagged" },
	{ "clean-registry untagged 2\n", "of another version" },
	{ HEADER "1700000000 r\n", "damaged in line 2" },
	{ HEADER "1700000000 r " D1 "\n1700000000 r sha256:12\n", "damaged in line 3" },
	{ HEADER "r " D1 "\n", "damaged in line 2" },
	{ HEADER "0 r " D1 "\n", "damaged in line 2" },
	{ HEADER "-1 r " D1 "\n", "damaged in line 2" },
	{ HEADER "99999999999999999999 r " D1 "\n", "damaged in line 2" },
	{ HEADER "1700000000  " D1 "\n", "damaged in line 2" },
	{ HEADER "1700000000 R!/ " D1 "\n", "damaged in line 2" },
	{ HEADER "1700000000 r " D1 " \n", "damaged in line 2" },
	{ HEADER "1700000000\n", "damaged in line 2" },
	{ HEADER "\n", "damaged in line 2" },
};

/* And nothing of it is believed. */
static void what_is_damaged_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof DAMAGED / sizeof *DAMAGED; i++) {
		struct untagged_seen *seen = untagged_seen_new();
		CLEANUP(buf_free) struct buf text = { 0 };
		struct err err = { 0 };
		char sum[DIGEST_TEXT];

		untagged_seen_add(seen, "before", D2, DAY(1));
		buf_text(&text, DAMAGED[i].text);
		buf_format(&text, "%s\n", digest_of(buf_string(&text), text.length, sum));
		assert_int_equal(untagged_seen_parse(seen, text.data, text.length, &err), -1);
		if (!strstr(err.msg, DAMAGED[i].says))
			fail_msg("%s: %s", DAMAGED[i].text, err.msg);
		assert_false(date_known(untagged_seen_since(seen, "r", D1)));
		assert_true(untagged_seen_since(seen, "before", D2) == DAY(1));
		untagged_seen_free(seen);
	}
}

static void another_byte_is_seen(void **state)
{
	struct untagged_seen *seen = untagged_seen_new();
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	(void)state;
	untagged_seen_add(seen, "r", D1, DAY(1));
	untagged_seen_print(seen, &text);
	for (size_t i = 0; i < text.length; i++) {
		text.data[i] ^= 1;
		assert_int_equal(untagged_seen_parse(seen, text.data, text.length, &err), -1);
		text.data[i] ^= 1;
		assert_int_equal(untagged_seen_parse(seen, text.data, i, &err), -1);
	}
	untagged_seen_free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row),
		cmocka_unit_test(only_what_is_seen_now_is_remembered),
		cmocka_unit_test(what_has_a_tag_is_struck_off),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_damaged_is_refused),
		cmocka_unit_test(another_byte_is_seen),
	};

	return cmocka_run_group_tests_name("untagged_seen", tests, NULL, NULL);
}
