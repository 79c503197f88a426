/* Which forms of manifests each major version reads. */
#include "oci/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"

/* Tried with the real 2.8.2, 3.0.0 and 3.1.1: GET by tag answers 200, or 500, and the collector
 * then ends with 1. */
static const struct {
	const char *body;
	bool two, three;
	const char *words;
} ROWS[] = {
	{ "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MANIFEST "\"}", true, true, NULL },
	{ "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\"}", true,
	  true, NULL },
	{ "{\"schemaVersion\":2,\"mediaType\":"
	  "\"application/vnd.docker.distribution.manifest.v2+json\"}",
	  true, true, NULL },
	{ "{\"schemaVersion\":2,\"mediaType\":"
	  "\"application/vnd.docker.distribution.manifest.list.v2+json\"}",
	  true, true, NULL },
	{ "{\"schemaVersion\":2}", true, true, NULL },
	{ "{\"schemaVersion\":2,\"mediaType\":\"\"}", true, true, NULL },
	{ "{\"schemaVersion\":2,\"mediaType\":null}", true, true, NULL },
	{ "{\"schemaVersion\":1}", true, false, "schema1" },
	{ "{\"schemaVersion\":1,\"mediaType\":"
	  "\"application/vnd.docker.distribution.manifest.v1+json\"}",
	  true, false, "schema1" },
	{ "{\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\"}", false, false,
	  "manifests of the type application/vnd.oci.artifact.manifest.v1+json" },
	{ "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\"}",
	  false, false, "manifests of the type application/vnd.oci.artifact.manifest.v1+json" },
	{ "{\"schemaVersion\":2,\"mediaType\":\"application/x\"}", false, false,
	  "manifests of an unknown media type" },
	{ "{\"schemaVersion\":2,\"mediaType\":\"application/x\",\"manifests\":[]}", false, false,
	  "manifests of an unknown media type" },
	{ "{\"schemaVersion\":2,\"mediaType\":\"Application/vnd.oci.image.manifest.v1+json\"}",
	  false, false, "manifests of an unknown media type" },
	{ "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MANIFEST "; charset=utf-8\"}", false, false,
	  "manifests of an unknown media type" },
	{ "{\"mediaType\":\"" OCI_MANIFEST "\"}", false, false,
	  "manifests without schemaVersion 2" },
	{ "{\"schemaVersion\":3,\"mediaType\":\"" OCI_MANIFEST "\"}", false, false,
	  "manifests without schemaVersion 2" },
	{ "{\"config\":{}}", false, false, "manifests without schemaVersion 2" },
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct oci_form form;
		struct err err = { 0 };
		char words[200];

		if (oci_manifest_form(ROWS[i].body, strlen(ROWS[i].body), &form, &err) != 0)
			fail_msg("%s: %s", ROWS[i].body, err.msg);
		if (oci_is_supported(&form, 2) != ROWS[i].two ||
		    oci_is_supported(&form, 3) != ROWS[i].three ||
		    oci_is_supported(&form, 0) != ROWS[i].two)
			fail_msg("%s", ROWS[i].body);
		if (ROWS[i].words)
			assert_string_equal(oci_support_words(&form, words, sizeof words),
					    ROWS[i].words);
	}
}

static void test_what_does_not_say_what_it_is(void **state)
{
	static const char *const BODIES[] = {
		"",
		"[]",
		"{\"schemaVersion\":2.0}",
		"{\"schemaVersion\":\"2\"}",
		"{\"schemaVersion\":2,\"mediaType\":7}",
		"{\"schemaVersion\":2,\"MediaType\":\"x\"}",
		"{\"schemaVersion\":2,\"schemaVersion\":1}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof BODIES / sizeof *BODIES; i++) {
		struct oci_form form;
		struct err err = { 0 };

		if (oci_manifest_form(BODIES[i], strlen(BODIES[i]), &form, &err) == 0)
			fail_msg("%s", BODIES[i]);
		assert_int_equal(err.kind, ERR_IO);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_what_does_not_say_what_it_is),
	};

	return cmocka_run_group_tests_name("support", tests, NULL, NULL);
}
