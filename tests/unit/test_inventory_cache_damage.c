/* A cache that was damaged, or is not as we write it, is not believed in any part. */
#include "cache_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define D3                                                            \
	"sha512:3333333333333333333333333333333333333333333333333333" \
	"3333333333333333333333333333333333333333333333333333333333333333333333333333"

static const char SMALL[] = "b " D1 " 300 - 1700000000\n"
			    "b " D3 " 5 f\n"
			    "m " D1 " i 7 312 - 0 1\n"
			    "m " D2 " x 9 9 ?\n"
			    "c " D1 " -\nc " D3 " a\n"
			    "s " D1 "\n"
			    "r app\nt 1.0 0\nt latest 1\nr empty\n";

/* Refused, and nothing is known. */
static void refused(const char *text, size_t length, const char *why)
{
	struct cache *cache = cache_new();
	struct buf copy = { 0 };
	struct err err = { 0 };

	buf_add(&copy, text, length);
	if (cache_parse(cache, copy.data, length, &err) == 0)
		fail_msg("believed: %.*s", (int)length, text);
	assert_non_null(strstr(err.msg, why));
	assert_int_equal(cache->known->repository_count, 1);
	assert_int_equal(cache->known->manifest_count, 0);
	assert_int_equal(cache->known->tag_count, 0);
	assert_int_equal(cache->known->blob_count, 0);
	assert_string_equal(cache->sum, "");
	buf_free(&copy);
	cache_free(cache);
}

static void test_every_damaged_bit_is_refused(void **state)
{
	struct buf text = { 0 };
	struct cache *cache;
	struct err err = { 0 };

	(void)state;
	cache_text(SMALL, sizeof SMALL - 1, &text);
	cache = cache_read(text.data, text.length, &err);
	assert_non_null(cache);
	cache_free(cache);
	for (size_t i = 0; i < text.length * 8; i++) {
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
		refused(text.data, text.length, "");
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
	}
	buf_free(&text);
}

static void test_a_text_that_is_cut_off_is_refused(void **state)
{
	struct buf text = { 0 };

	(void)state;
	cache_text(SMALL, sizeof SMALL - 1, &text);
	for (size_t length = 0; length < text.length; length++)
		refused(text.data, length, "");
	buf_add(&text, "\n", 1);
	refused(text.data, text.length, "damaged");
	buf_free(&text);
}

static void test_another_version_is_refused(void **state)
{
	static const char OTHER[] = "clean-registry cache 4\n";
	struct buf text = { 0 };
	char sum[DIGEST_TEXT];

	(void)state;
	buf_text(&text, OTHER);
	buf_format(&text, "%s\n", digest_of(OTHER, sizeof OTHER - 1, sum));
	refused(text.data, text.length, "of another version");
	refused("", 0, "not a cache");
	refused("clean-registry debts 1\n", 23, "not a cache");
	buf_free(&text);
}

#define B0 "b " D1 " 300 - 1700000000\n"
#define M0 "m " D1 " i 7 312 - 0\n"

/* Lines that we would not write, under a checksum that is right. */
static void test_what_we_would_not_write_is_refused(void **state)
{
	static const char *const LINES[] = {
		"\n",
		"x\n",
		"b\n",
		"bb " D1 " 1 -\n",
		"b sha256:12 1 -\n",
		"b SHA256:1111111111111111111111111111111111111111111111111111111111111111 1 -\n",
		"b " D1 " -1 -\n",
		"b " D1 " 18446744073709551616 -\n",
		"b " D1 " 1\n",
		"b " D1 " 1 x\n",
		"b " D1 " 1 - \n",
		"b " D1 " 1 -  1700000000\n",
		"b " D1 " 1 - 1\n", /* before there were images */
		"b " D1 " 1 - 9223372036854775808\n",
		"b " D1 " 1 - 1700000000 1\n",
		B0 B0,                       /* twice */
		"b " D1 " 1 -\n" M0,         /* an image whose config was not read */
		B0 "m " D1 " i 7 312 -\n",   /* without any */
		B0 "m " D1 " i 7 312 - 1\n", /* a blob that is not there */
		B0 "m " D1 " i 4294967296 312 - 0\n",
		B0 "m " D1 " s 7 312 - 0\n", /* schema1 */
		B0 "m " D1 " ii 7 312 - 0\n",
		B0 "m " D1 " i 7 312\n",
		B0 M0 M0,
		"m " D1 " x 7 7 1700000000\n", /* an index has its children's dates */
		"c " D1 " -\n",
		B0 M0 "c " D2 " -\n", /* an image has no children */
		"m " D1 " x 7 7 -\nc " D2 "\n",
		"m " D1 " x 7 7 -\nc " D2 " f\n",
		"s " D1 "\n",
		B0 M0 "s " D1 "\ns " D2 "\n",
		"r\n",
		"r \n",
		"r /app\n",
		"r ../app\n",
		"r App\n",
		"r app x\n",
		"r app\nr app\n",
		B0 M0 "t 1.0 0\n", /* in no repository */
		"r app\nt 1.0 0\n",
		B0 M0 "r app\nt 1.0 1\n",
		B0 M0 "r app\nt 1.0\n",
		B0 M0 "r app\nt .x 0\n",
		B0 M0 "r app\nt a/b 0\n",
		B0 M0 "r app\nt 1.0 0\nt 1.0 0\n",
		B0 M0 "r app\nt 1.0 0\nt 1.0 0\nr other\n",
		B0 M0 "r app",
	};

	(void)state;
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
		struct buf text = { 0 };

		cache_text(LINES[i], strlen(LINES[i]), &text);
		refused(text.data, text.length, "damaged");
		buf_free(&text);
	}
}

static void test_a_nul_is_refused(void **state)
{
	static const char LINES[] = B0 M0 "r app\0x\n";
	struct buf text = { 0 };

	(void)state;
	cache_text(LINES, sizeof LINES - 1, &text);
	refused(text.data, text.length, "damaged");
	buf_free(&text);
}

static void test_what_is_forgotten_is_not_known(void **state)
{
	struct cache *cache;
	struct buf text = { 0 };
	struct err err = { 0 };
	uint32_t id;

	(void)state;
	cache_text(SMALL, sizeof SMALL - 1, &text);
	cache = cache_read(text.data, text.length, &err);
	assert_non_null(cache);
	cache_forget(cache, D1);
	cache_forget(cache, "sha256:unheard-of");
	id = inventory_manifest_find(cache->known, INVENTORY_CACHE_SHELF, D1);
	assert_int_equal(cache->known->manifests[id].kind, MANIFEST_UNSEEN);
	id = inventory_manifest_find(cache->known, INVENTORY_CACHE_SHELF, D2);
	assert_int_equal(cache->known->manifests[id].kind, MANIFEST_INDEX);
	cache_free(cache);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_damaged_bit_is_refused),
		cmocka_unit_test(test_a_text_that_is_cut_off_is_refused),
		cmocka_unit_test(test_another_version_is_refused),
		cmocka_unit_test(test_what_we_would_not_write_is_refused),
		cmocka_unit_test(test_a_nul_is_refused),
		cmocka_unit_test(test_what_is_forgotten_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
