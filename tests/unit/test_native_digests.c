/* native/digests: numbers of digests, their texts, and keys that differ only in their tails. */
#include "native/digests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 20000u

/* The hash of LENGTH bytes that begins and ends with NUMBER. */
static struct native_digest numbered(uint32_t number, uint8_t length)
{
	struct native_digest digest = { .length = length };

	memcpy(digest.bytes, &number, sizeof number);
	memcpy(digest.bytes + length - sizeof number, &number, sizeof number);
	return digest;
}

static void numbers_are_given_once_and_found_again(void **state)
{
	static const uint8_t lengths[] = { 32, 48, 64 };
	struct native_digests *table = native_digests_new();

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		struct native_digest digest = numbered(i / 3, lengths[i % 3]);

		assert_int_equal(native_digests_find(table, &digest), NATIVE_NONE);
		assert_int_equal(native_digests_add(table, &digest), i);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		struct native_digest digest = numbered(i / 3, lengths[i % 3]);
		struct native_digest got = native_digests_get(table, i);

		assert_int_equal(native_digests_add(table, &digest), i);
		assert_int_equal(got.length, digest.length);
		assert_memory_equal(got.bytes, digest.bytes, digest.length);
		assert_int_equal(native_digests_canonical(table, i), i % 3 == 0);
	}
	assert_int_equal(native_digests_count(table), COUNT);
	native_digests_free(table);
	native_digests_free(NULL);
}

/* Long hashes of which the first 32 bytes are equal, to a short one's as well. */
static void tails_tell_hashes_apart(void **state)
{
	struct native_digests *table = native_digests_new();
	struct native_digest digest = { .length = 32 };

	(void)state;
	assert_int_equal(native_digests_add(table, &digest), 0);
	digest.length = 64;
	for (uint32_t i = 0; i < 100; i++) {
		digest.bytes[63] = (uint8_t)i;
		assert_int_equal(native_digests_add(table, &digest), i + 1);
	}
	digest.length = 48;
	assert_int_equal(native_digests_find(table, &digest), NATIVE_NONE);
	native_digests_free(table);
}

static void texts_and_digests_become_each_other(void **state)
{
	static const struct digest_algorithm *algorithm = DIGEST_ALGORITHMS;
	struct native_digests *table = native_digests_new();

	(void)state;
	for (uint32_t i = 0; algorithm[i].name; i++) {
		char text[DIGEST_TEXT], again[DIGEST_TEXT];
		struct native_digest digest;
		int at = snprintf(text, sizeof text, "%s:", algorithm[i].name);

		for (size_t j = 0; j < algorithm[i].hex; j++)
			at += snprintf(text + at, sizeof text - (size_t)at, "%zx", j * 7 % 16);
		assert_true(native_digest_parse(text, strlen(text), &digest));
		assert_string_equal(native_digest_text(&digest, again), text);
		assert_int_equal(native_digests_find_text(table, text), NATIVE_NONE);
		assert_int_equal(native_digests_add(table, &digest), i);
		assert_int_equal(native_digests_find_text(table, text), i);
		assert_string_equal(native_digests_text(table, i, again), text);
	}
	native_digests_free(table);
}

/* What digest_valid refuses is refused here. */
static void what_is_no_digest_is_refused(void **state)
{
#define HEX63 "012345678901234567890123456789012345678901234567890123456789012"
	static const char *const texts[] = {
		"",
		"sha256",
		"sha256:",
		"sha256:" HEX63,
		"sha256:" HEX63 "g",
		"sha256:" HEX63 "A",
		"sha256:" HEX63 "00",
		"sha512:" HEX63 "0",
		"sha257:" HEX63 "0",
		"sha256;" HEX63 "0",
		" sha256:" HEX63,
		"SHA256:" HEX63 "0",
		"sha256:" HEX63 "\n",
	};
	struct native_digest digest;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_false(digest_valid(texts[i], strlen(texts[i])));
		assert_false(native_digest_parse(texts[i], strlen(texts[i]), &digest));
	}
	assert_true(native_digest_parse("sha256:" HEX63 "0", 71, &digest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_given_once_and_found_again),
		cmocka_unit_test(tails_tell_hashes_apart),
		cmocka_unit_test(texts_and_digests_become_each_other),
		cmocka_unit_test(what_is_no_digest_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
