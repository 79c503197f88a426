/* oci/digest: digests as text, and the hashes behind them. */
#include "oci/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX32 "0123456789abcdef0123456789abcdef"
/* FIPS 180-2's examples: the empty text and "abc". */
#define SHA256_EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA256_ABC   "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA512_ABC                                                                             \
	"sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc" \
	"1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

#define SHA384_ABC                                                                \
	"sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed" \
	"8086072ba1e7cc2358baeca134c825a7"

static void only_well_formed_digests_are_valid(void **state)
{
	static const struct {
		const char *says;
		const char *text;
		bool valid;
	} rows[] = {
		{ "sha256", "sha256:" HEX64, true },
		{ "sha512", "sha512:" HEX64 HEX64, true },
		{ "sha384", "sha384:" HEX64 HEX32, true },
		{ "nothing", "", false },
		{ "shorter than a prefix", "sha", false },
		{ "the prefix alone", "sha256:", false },
		{ "an unknown algorithm without hex", "sha224:", false },
		{ "an unknown algorithm", "sha224:" HEX64, false },
		{ "sha384 with the length of sha256", "sha384:" HEX64, false },
		{ "sha384 with the length of sha512", "sha384:" HEX64 HEX64, false },
		{ "a combined algorithm", "sha256+b64:" HEX64, false },
		{ "upper-case algorithm", "SHA256:" HEX64, false },
		{ "a hyphen for the colon", "sha256-" HEX64, false },
		{ "one digit less",
		  "sha256:123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", false },
		{ "one digit more", "sha256:" HEX64 "0", false },
		{ "sha256 with the length of sha512", "sha256:" HEX64 HEX64, false },
		{ "sha512 with the length of sha256", "sha512:" HEX64, false },
		{ "an upper-case digit",
		  "sha256:A123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		  false },
		{ "a letter after f as the last digit",
		  "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg",
		  false },
		{ "a byte before 0",
		  "sha256:/123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		  false },
		{ "a trailing line feed", "sha256:" HEX64 "\n", false },
		{ "hex alone", HEX64, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (digest_valid(rows[i].text, strlen(rows[i].text)) != rows[i].valid)
			fail_msg("%s", rows[i].says);
	}
}

static void validity_looks_at_the_given_length_alone(void **state)
{
	static const char text[] = "sha256:" HEX64 "tail";
	static const char nul[] = "sha256:\0"
				  "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	(void)state;
	assert_true(digest_valid(text, 71));
	assert_false(digest_valid(text, 70));
	assert_false(digest_valid(text, 72));
	assert_int_equal(sizeof nul - 1, 71);
	assert_false(digest_valid(nul, 71));
}

static void a_body_matches_only_its_own_digest(void **state)
{
	static const struct {
		const char *says;
		const char *digest;
		const char *body;
		size_t length;
		bool matches;
	} rows[] = {
		{ "sha256", SHA256_ABC, "abc", 3, true },
		{ "sha512", SHA512_ABC, "abc", 3, true },
		{ "sha384", SHA384_ABC, "abc", 3, true },
		{ "another body with sha384", SHA384_ABC, "ab", 2, false },
		{ "an empty body", SHA256_EMPTY, "", 0, true },
		{ "another body", SHA256_ABC, "abd", 3, false },
		{ "a cut body", SHA256_ABC, "abc", 2, false },
		{ "a body that goes on after a NUL", SHA256_ABC, "abc\0", 4, false },
		{ "another body with sha512", SHA512_ABC, "ab", 2, false },
		{ "another digest", SHA256_EMPTY, "abc", 3, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (digest_matches(rows[i].digest, rows[i].body, rows[i].length) != rows[i].matches)
			fail_msg("%s", rows[i].says);
	}
}

static void pieces_hash_like_the_whole(void **state)
{
	static const struct {
		const char *says;
		const char *digest;
		const char *pieces[3];
		bool matches;
	} rows[] = {
		{ "sha256 in pieces", SHA256_ABC, { "a", "", "bc" }, true },
		{ "sha512 in pieces", SHA512_ABC, { "ab", "c", "" }, true },
		{ "nothing", SHA256_EMPTY, { "", "", "" }, true },
		{ "a piece too many", SHA256_ABC, { "a", "bc", "d" }, false },
		{ "another order", SHA512_ABC, { "c", "ab", "" }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct digest_check *check = digest_check_new(rows[i].digest);

		digest_check_add(check, "forgotten", 9);
		digest_check_restart(check);
		for (size_t n = 0; n < 3; n++)
			digest_check_add(check, rows[i].pieces[n], strlen(rows[i].pieces[n]));
		if (digest_check_end(check) != rows[i].matches)
			fail_msg("%s", rows[i].says);
		digest_check_free(check);
	}
	digest_check_free(NULL);
}

static void the_digest_of_a_body_is_valid_text(void **state)
{
	char text[DIGEST_TEXT];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_ptr_equal(digest_of("abc", 3, text), text);
	assert_string_equal(text, SHA256_ABC);
	assert_true(digest_valid(text, strlen(text)));
	assert_string_equal(digest_of("", 0, text), SHA256_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_well_formed_digests_are_valid),
		cmocka_unit_test(validity_looks_at_the_given_length_alone),
		cmocka_unit_test(a_body_matches_only_its_own_digest),
		cmocka_unit_test(pieces_hash_like_the_whole),
		cmocka_unit_test(the_digest_of_a_body_is_valid_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
