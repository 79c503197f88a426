/* holds: what is held, and the text of it. */
#include "lists/holds.h"

#include "util/buf.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX
#define HEADER "clean-registry list of holds 1\n"
#define NOW    INT64_C(1780000000)

static struct hold of(const char *name, int64_t until, const char *reason)
{
	return (struct hold){ .name = (char *)(uintptr_t)name,
			      .since = NOW - 5,
			      .until = until,
			      .who = (char *)(uintptr_t) "alice",
			      .reason = (char *)(uintptr_t)reason };
}

static void put(struct holds *holds, const char *name, int64_t until, const char *reason)
{
	const struct hold hold = of(name, until, reason);

	holds_put(holds, &hold);
}

/* BODY with its header and checksum. */
static void seal(struct buf *text, const char *body)
{
	char sum[DIGEST_TEXT];

	buf_text(text, HEADER);
	buf_text(text, body);
	buf_format(text, "%s\n", digest_of(text->data, text->length, sum));
}

static void what_is_written_is_read(void **state)
{
	struct holds *holds = holds_new(), *read = holds_new();
	CLEANUP(buf_free) struct buf text = { 0 }, again = { 0 };
	struct err err = { 0 };
	(void)state;

	put(holds, "team/app:v2", NOW + 86400, "");
	put(holds, "app:v1", HOLDS_FOREVER, "a rollback of \xc3\xa4, until noon");
	put(holds, "app@" DIGEST, HOLDS_FOREVER, "the very image");
	put(holds, "team/app:v2", NOW + 1, "once more");
	holds_print(holds, &text);
	assert_int_equal(holds_parse(read, buf_string(&text), text.length, &err), 0);
	assert_int_equal(read->count, 3);
	assert_string_equal(read->items[0].name, "app:v1");
	assert_string_equal(read->items[0].reason, "a rollback of \xc3\xa4, until noon");
	assert_string_equal(read->items[0].who, "alice");
	assert_int_equal(read->items[0].since, NOW - 5);
	assert_string_equal(read->items[2].reason, "once more");
	assert_int_equal(read->items[2].until, NOW + 1);
	assert_false(holds_is_of_tag(&read->items[1]));
	holds_print(read, &again);
	assert_string_equal(buf_string(&text), buf_string(&again));
	holds_free(holds);
	holds_free(read);
}

static void a_hold_counts_until_its_time(void **state)
{
	struct holds *holds = holds_new();
	(void)state;

	put(holds, "app:v1", NOW, "");
	put(holds, "app:v2", NOW + 1, "");
	put(holds, "app:v3", HOLDS_FOREVER, "");
	assert_null(holds_find_tag(holds, "app", "v1", NOW));
	assert_non_null(holds_find_tag(holds, "app", "v1", NOW - 1));
	assert_non_null(holds_find_tag(holds, "app", "v2", NOW));
	assert_non_null(holds_find_tag(holds, "app", "v3", INT64_MAX));
	assert_null(holds_find_tag(holds, "app", "v4", NOW));
	assert_null(holds_find_tag(holds, "ap", "v3", NOW));
	assert_non_null(holds_find(holds, "app:v1"));
	holds_drop_expired(holds, NOW);
	assert_null(holds_find(holds, "app:v1"));
	assert_int_equal(holds->count, 2);
	assert_true(holds_drop(holds, "app:v3"));
	assert_false(holds_drop(holds, "app:v3"));
	assert_int_equal(holds->count, 1);
	holds_free(holds);
}

static void the_version_tells_of_changes(void **state)
{
	struct holds *holds = holds_new(), *other = holds_new();
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };
	(void)state;

	put(other, "app:v1", HOLDS_FOREVER, "");
	holds_print(other, &text);
	assert_int_equal(holds_parse(holds, NULL, 0, &err), 0);
	assert_int_equal(holds->version, 0);
	assert_int_equal(holds_parse(holds, buf_string(&text), text.length, &err), 0);
	assert_int_equal(holds->version, 1);
	assert_int_equal(holds_parse(holds, buf_string(&text), text.length, &err), 0);
	assert_int_equal(holds->version, 1);
	assert_int_equal(holds_parse(holds, buf_string(&text), text.length - 1, &err), -1);
	assert_int_equal(holds->version, 1);
	assert_int_equal(holds->count, 1);
	assert_int_equal(holds_parse(holds, NULL, 0, &err), 0);
	assert_int_equal(holds->version, 2);
	assert_int_equal(holds->count, 0);
	holds_free(holds);
	holds_free(other);
}

static void what_was_not_written_so_is_refused(void **state)
{
	static const struct {
		const char *body, *says;
	} ROWS[] = {
		{ "1780000000 0 alice app\n", "damaged in line 2" },
		{ "1780000000 0 alice app:v1\n", "damaged in line 2" },
		{ "1780000000 0 alice app:v1 \n1780000000 0 alice app:v1 \n", "damaged in line 3" },
		{ "1780000000 0 alice b:v1 \n1780000000 0 alice a:v1 \n", "damaged in line 3" },
		{ "1780000000 0 alice app:v1@" DIGEST " \n", "damaged in line 2" },
		{ "1780000000 0 alice APP:v1 \n", "damaged in line 2" },
		{ "1780000000 0 alice app:-v1 \n", "damaged in line 2" },
		{ "1780000000 0 alice ../app:v1 \n", "damaged in line 2" },
		{ "1780000000 0 alice host:5000/app:v1 \n", "damaged in line 2" },
		{ "1780000000 0 alice app@sha256:12 \n", "damaged in line 2" },
		{ "1780000000 0  app:v1 \n", "damaged in line 2" },
		{ "-1 0 alice app:v1 \n", "damaged in line 2" },
		{ "1 0 alice app:v1 \n", "damaged in line 2" },
		{ "1780000000 -5 alice app:v1 \n", "damaged in line 2" },
		{ "1780000000 18446744073709551615 alice app:v1 \n", "damaged in line 2" },
		{ "1780000000 99999999999999999999 alice app:v1 \n", "damaged in line 2" },
		{ "1780000000\n", "damaged in line 2" },
		{ "\n", "damaged in line 2" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct holds *holds = holds_new();
		CLEANUP(buf_free) struct buf text = { 0 };
		struct err err = { 0 };

		put(holds, "kept:v1", HOLDS_FOREVER, "");
		seal(&text, ROWS[i].body);
		if (holds_parse(holds, buf_string(&text), text.length, &err) == 0)
			fail_msg("%s is taken", ROWS[i].body);
		assert_string_equal(err.msg, ROWS[i].says);
		assert_non_null(holds_find(holds, "kept:v1"));
		holds_free(holds);
	}
}

static void every_cut_and_every_change_is_seen(void **state)
{
	struct holds *holds = holds_new(), *read = holds_new();
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };
	(void)state;

	put(holds, "app:v1", NOW + 9, "because");
	put(holds, "app@" DIGEST, HOLDS_FOREVER, "");
	holds_print(holds, &text);
	for (size_t i = 0; i < text.length; i++) {
		CLEANUP(free_p) char *copy = xstrndup(text.data, text.length);

		assert_int_equal(holds_parse(read, copy, i, &err), -1);
		copy[i] ^= 1;
		assert_int_equal(holds_parse(read, copy, text.length, &err), -1);
	}
	assert_int_equal(read->count, 0);
	holds_free(holds);
	holds_free(read);
}

static void a_hold_is_described(void **state)
{
	static const struct {
		const char *reason, *says;
		int64_t until;
	} ROWS[] = {
		{ "", "by alice since 2026-05-28T20:26:35Z until released", HOLDS_FOREVER },
		{ "why", "by alice since 2026-05-28T20:26:35Z until 2026-05-28T20:26:41Z: why",
		  NOW + 1 },
		{ "\x1b[2J\xff",
		  "by alice since 2026-05-28T20:26:35Z until released: \\x1b[2J\\xff",
		  HOLDS_FOREVER },
	};
	(void)state;

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		const struct hold hold = of("app:v1", ROWS[i].until, ROWS[i].reason);
		CLEANUP(buf_free) struct buf text = { 0 };

		holds_describe(&hold, &text);
		assert_string_equal(buf_string(&text), ROWS[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_hold_counts_until_its_time),
		cmocka_unit_test(the_version_tells_of_changes),
		cmocka_unit_test(what_was_not_written_so_is_refused),
		cmocka_unit_test(every_cut_and_every_change_is_seen),
		cmocka_unit_test(a_hold_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
