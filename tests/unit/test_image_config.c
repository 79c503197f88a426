/* oci/image_config: when an image was created, as its config says. */
#include "oci/image_config.h"

#include "util/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OLD  "\"created\":\"2020-01-01T00:00:00Z\""
#define NEW  "\"created\":\"2021-01-01T00:00:00Z\""
#define ZERO "\"created\":\"0001-01-01T00:00:00Z\""

#define T2020 INT64_C(1577836800)
#define T2021 INT64_C(1609459200)

static void the_date_comes_from_the_config(void **state)
{
	static const struct {
		const char *says;
		const char *body;
		int64_t created;
	} rows[] = {
		{ "created counts", "{" OLD "}", T2020 },
		{ "created is first, history is not asked", "{" OLD ",\"history\":[{" NEW "}]}",
		  T2020 },
		{ "created with nine digits and an offset",
		  "{\"created\":\"2020-01-01T01:00:00.123456789+01:00\"}", T2020 },
		{ "nothing is said", "{}", DATE_ABSENT },
		{ "created is null", "{\"created\":null}", DATE_ABSENT },
		{ "absent: the last entry counts", "{\"history\":[{" OLD "},{" NEW "}]}", T2021 },
		{ "the last entry counts, not the newest", "{\"history\":[{" NEW "},{" OLD "}]}",
		  T2020 },
		{ "null: the last entry counts", "{\"created\":null,\"history\":[{" NEW "}]}",
		  T2021 },
		{ "an invalid date: nothing else is taken",
		  "{\"created\":\"yesterday\",\"history\":[{" NEW "}]}", DATE_INVALID },
		{ "Go's zero: nothing else is taken", "{" ZERO ",\"history\":[{" NEW "}]}",
		  DATE_INVALID },
		{ "1970: nothing else is taken",
		  "{\"created\":\"1970-01-01T00:00:00Z\",\"history\":[{" NEW "}]}", DATE_INVALID },
		{ "an empty text: nothing else is taken",
		  "{\"created\":\"\",\"history\":[{" NEW "}]}", DATE_INVALID },
		{ "a number", "{\"created\":1577836800,\"history\":[{" NEW "}]}", DATE_INVALID },
		{ "an object", "{\"created\":{}}", DATE_INVALID },
		{ "false", "{\"created\":false}", DATE_INVALID },
		{ "a date with a NUL behind it", "{\"created\":\"2020-01-01T00:00:00Z\\u0000\"}",
		  DATE_INVALID },
		{ "a model's descriptor",
		  "{\"descriptor\":{\"createdAt\":\"2020-01-01T00:00:00Z\"}}", T2020 },
		{ "a docker model's, as the tool writes it", "{\"descriptor\":{" OLD "}}", T2020 },
		{ "both: the one that is specified",
		  "{\"descriptor\":{" NEW ",\"createdAt\":\"2020-01-01T00:00:00Z\"}}", T2020 },
		{ "the config's own counts before it", "{" OLD ",\"descriptor\":{" NEW "}}",
		  T2020 },
		{ "an invalid date in it: nothing else is taken",
		  "{\"descriptor\":{\"createdAt\":\"soon\"," NEW "}}", DATE_INVALID },
		{ "zero in it", "{\"descriptor\":{" ZERO "}}", DATE_INVALID },
		{ "null in it, and the other", "{\"descriptor\":{\"createdAt\":null," NEW "}}",
		  T2021 },
		{ "nothing in it", "{\"descriptor\":{}}", DATE_ABSENT },
		{ "it is null", "{\"descriptor\":null}", DATE_ABSENT },
		{ "it is a text", "{\"descriptor\":\"2020-01-01T00:00:00Z\"}", DATE_INVALID },
		{ "history is null", "{\"history\":null}", DATE_ABSENT },
		{ "history is empty", "{\"history\":[]}", DATE_ABSENT },
		{ "history is an object", "{\"history\":{}}", DATE_INVALID },
		{ "the last entry has no date: the one before is not asked",
		  "{\"history\":[{" NEW "},{}]}", DATE_ABSENT },
		{ "the last entry's date is null", "{\"history\":[{" NEW "},{\"created\":null}]}",
		  DATE_ABSENT },
		{ "the last entry's date is invalid", "{\"history\":[{" NEW "},{" ZERO "}]}",
		  DATE_INVALID },
		{ "the last entry's date is a number", "{\"history\":[{\"created\":1}]}",
		  DATE_INVALID },
		{ "the last entry is no object", "{\"history\":[{" NEW "},1]}", DATE_INVALID },
		{ "the last entry is null", "{\"history\":[{" NEW "},null]}", DATE_INVALID },
		{ "labels are inherited and do not count",
		  "{\"config\":{\"Labels\":{\"org.opencontainers.image.created\":"
		  "\"2020-01-01T00:00:00Z\",\"created\":\"2020-01-01T00:00:00Z\"}}}",
		  DATE_ABSENT },
		{ "a whole config",
		  "{\"architecture\":\"amd64\",\"config\":{\"Env\":[\"PATH=/bin\"]}," OLD
		  ",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}\n",
		  T2020 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t created = 0;
		struct err err = { 0 };

		if (image_config_created(rows[i].body, strlen(rows[i].body), &created, &err) < 0)
			fail_msg("%s: %s", rows[i].says, err.msg);
		if (created != rows[i].created)
			fail_msg("%s: %lld", rows[i].says, (long long)created);
	}
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const bodies[] = {
		"",
		"[]",
		"null",
		"\"a\"",
		"{" OLD,
		"{" OLD "}x",
		"{" OLD "," NEW "}",
		"{'created':1}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		int64_t created = 0;
		struct err err = { 0 };

		if (image_config_created(bodies[i], strlen(bodies[i]), &created, &err) != -1)
			fail_msg("%s", bodies[i]);
		assert_int_equal(err.kind, ERR_IO);
		assert_true(err.msg[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_date_comes_from_the_config),
		cmocka_unit_test(what_is_no_object_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
