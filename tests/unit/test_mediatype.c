/* oci/mediatype: media types by name. */
#include "oci/mediatype.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void types_are_known_by_name(void **state)
{
	static const struct {
		const char *text;
		enum mediatype type;
	} rows[] = {
		{ "application/vnd.docker.distribution.manifest.v2+json",
		  MEDIATYPE_DOCKER_MANIFEST },
		{ "application/vnd.docker.distribution.manifest.list.v2+json",
		  MEDIATYPE_DOCKER_LIST },
		{ "application/vnd.oci.image.manifest.v1+json", MEDIATYPE_OCI_MANIFEST },
		{ "application/vnd.oci.image.index.v1+json", MEDIATYPE_OCI_INDEX },
		{ "application/vnd.docker.distribution.manifest.v1+json",
		  MEDIATYPE_DOCKER_SCHEMA1 },
		{ "application/vnd.docker.distribution.manifest.v1+prettyjws",
		  MEDIATYPE_DOCKER_SCHEMA1 },
		{ "application/vnd.docker.container.image.v1+json", MEDIATYPE_DOCKER_CONFIG },
		{ "application/vnd.oci.image.config.v1+json", MEDIATYPE_OCI_CONFIG },
		{ "application/vnd.oci.artifact.manifest.v1+json", MEDIATYPE_OCI_ARTIFACT },
		{ "application/vnd.oci.image.index.v1+json; charset=utf-8", MEDIATYPE_OCI_INDEX },
		{ "application/vnd.oci.image.index.v1+json;x=1;y=2", MEDIATYPE_OCI_INDEX },
		{ "application/vnd.oci.image.index.v1+json ;x=1", MEDIATYPE_OCI_INDEX },
		{ " \tapplication/vnd.oci.image.index.v1+json \r\n", MEDIATYPE_OCI_INDEX },
		{ "Application/Vnd.OCI.Image.Index.V1+JSON", MEDIATYPE_OCI_INDEX },
		{ NULL, MEDIATYPE_OTHER },
		{ "", MEDIATYPE_OTHER },
		{ ";", MEDIATYPE_OTHER },
		{ " ", MEDIATYPE_OTHER },
		{ "application/json", MEDIATYPE_OTHER },
		{ "application/vnd.oci.image.index.v1", MEDIATYPE_OTHER },
		{ "application/vnd.oci.image.index.v1+jso", MEDIATYPE_OTHER },
		{ "application/vnd.oci.image.index.v1+jsonx", MEDIATYPE_OTHER },
		{ "xapplication/vnd.oci.image.index.v1+json", MEDIATYPE_OTHER },
		{ "application/vnd.oci.image.index.v1+json, text/plain", MEDIATYPE_OTHER },
		{ "application/vnd.oci.empty.v1+json", MEDIATYPE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (mediatype_parse(rows[i].text) != rows[i].type)
			fail_msg("%s", rows[i].text ? rows[i].text : "NULL");
	}
}

static void some_configs_have_a_date(void **state)
{
	static const char *const DATED[] = {
		"application/vnd.docker.container.image.v1+json",
		"application/vnd.oci.image.config.v1+json",
		"application/vnd.wasm.config.v0+json",
		"application/vnd.cncf.model.config.v1+json",
		"application/vnd.docker.ai.model.config.v0.1+json",
	};
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof DATED / sizeof *DATED; i++)
		assert_true(mediatype_is_dated_config(mediatype_parse(DATED[i])));
	for (int type = MEDIATYPE_OTHER; type <= MEDIATYPE_DOCKER_MODEL_CONFIG; type++)
		count += mediatype_is_dated_config((enum mediatype)type);
	assert_int_equal(count, sizeof DATED / sizeof *DATED);
}

/* A registry takes the list apart at its commas and compares whole names. */
static void all_manifests_that_a_registry_stores_are_accepted(void **state)
{
	bool seen[MEDIATYPE_OCI_ARTIFACT + 1] = { false };
	char text[512];
	char *rest = NULL;
	size_t count = 0;

	(void)state;
	assert_true(strlen(MEDIATYPE_ACCEPT) < sizeof text);
	memcpy(text, MEDIATYPE_ACCEPT, strlen(MEDIATYPE_ACCEPT) + 1);
	for (char *name = strtok_r(text, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		seen[mediatype_parse(name)] = true;
		count++;
	}
	assert_int_equal(count, 5);
	for (int type = 0; type <= MEDIATYPE_OCI_ARTIFACT; type++)
		assert_int_equal(seen[type], type >= MEDIATYPE_DOCKER_MANIFEST &&
						     type <= MEDIATYPE_DOCKER_SCHEMA1);
	assert_non_null(strstr(MEDIATYPE_ACCEPT, "manifest.v1+prettyjws"));
	assert_null(strchr(MEDIATYPE_ACCEPT, '*'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_known_by_name),
		cmocka_unit_test(some_configs_have_a_date),
		cmocka_unit_test(all_manifests_that_a_registry_stores_are_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
