/* Which names a tag's name may be made of. A row is a name, and what it is a part of. */
#include "oci/platform_tag.h"
#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *tag, *bases;
} ROWS[] = {
	{ "1.0", "" },
	{ "latest", "" },
	{ "amd64", "" },
	{ "linux-amd64", "linux" },
	{ "1.0-amd64", "1.0" },
	{ "1.0-AMD64", "1.0" },
	{ "1.0_arm64", "1.0" },
	{ "1.0.arm64", "1.0" },
	{ "latest-x86_64", "latest" },
	{ "1.0-arm-v7", "1.0" },
	{ "1.0-arm64-v8", "1.0" },
	{ "1.0-linux-arm-v7", "1.0 1.0-linux" },
	{ "1.0-linux-amd64", "1.0 1.0-linux" },
	{ "arm64v8-1.0", "1.0" },
	{ "amd64-1.0-rc.1", "1.0-rc.1" },
	{ "linux-amd64-1.0", "1.0" },
	{ "amd64-arm64", "amd64 arm64" },
	{ "1.0-amd64-debug", "" },
	{ "1.0-amd64x", "" },
	{ "1.0-xamd64", "" },
	{ "1.0amd64", "" },
	{ "1.0-arm-7", "" },
	{ "1.0-arm-v", "" },
	{ "1.0-arm-v7a", "" },
	{ "-amd64", "" },
	{ "1.0-", "" },
	{ "", "" },
};

static void add(void *ctx, const char *base, size_t length)
{
	struct buf *out = ctx;

	if (out->length > 0)
		buf_text(out, " ");
	buf_add(out, base, length);
}

static void takes_names_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct buf bases = { 0 };

		platform_tag_bases(ROWS[i].tag, add, &bases);
		assert_string_equal(buf_string(&bases), ROWS[i].bases);
		buf_free(&bases);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(takes_names_apart) };

	return cmocka_run_group_tests_name("tags of platforms", tests, NULL, NULL);
}
