/* oci/referrer: what a tag's name says about another manifest. */
#include "oci/referrer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void names_are_told_apart(void **state)
{
	static const struct {
		const char *tag;
		enum referrer_name name;
	} rows[] = {
		{ "sha256-" HEX, REFERRER_BARE },
		{ "sha256-" HEX ".sig", REFERRER_WORD },
		{ "sha256-" HEX ".att", REFERRER_WORD },
		{ "sha256-" HEX ".sbom", REFERRER_WORD },
		{ "sha256-" HEX ".imgpkg", REFERRER_WORD },
		{ "sha256-" HEX ".image-locations.imgpkg", REFERRER_WORD },
		{ "", REFERRER_NONE },
		{ "latest", REFERRER_NONE },
		{ "sha256", REFERRER_NONE },
		{ "sha256-", REFERRER_NONE },
		{ "sha256-.sig", REFERRER_NONE },
		{ "sha256-abc", REFERRER_NONE },
		{ "sha256-abc.sig", REFERRER_NONE },
		{ "sha256:" HEX, REFERRER_NONE },
		{ "sha512-" HEX, REFERRER_NONE },
		{ "sha512-" HEX HEX ".sig", REFERRER_NONE },
		{ "SHA256-" HEX, REFERRER_NONE },
		{ "sha256-" HEX "0", REFERRER_NONE },
		{ "sha256-" HEX ".", REFERRER_NONE },
		{ "sha256-" HEX ".SIG", REFERRER_WORD },
		{ "sha256-" HEX ".si", REFERRER_WORD },
		{ "sha256-" HEX ".sigs", REFERRER_WORD },
		{ "sha256-" HEX ".sig.att", REFERRER_WORD },
		{ "sha256-" HEX ".vex", REFERRER_WORD },
		{ "sha256-" HEX "-sig", REFERRER_NONE },
		{ "sha256-" HEX "sig", REFERRER_NONE },
		{ "xsha256-" HEX ".sig", REFERRER_NONE },
		{ "sha256-A123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.sig",
		  REFERRER_NONE },
		{ "sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg",
		  REFERRER_NONE },
		{ "sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde.sig",
		  REFERRER_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char subject[DIGEST_TEXT] = "untouched";

		if (referrer_parse(rows[i].tag, subject) != rows[i].name)
			fail_msg("%s", rows[i].tag);
		assert_string_equal(subject,
				    rows[i].name == REFERRER_NONE ? "untouched" : "sha256:" HEX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
