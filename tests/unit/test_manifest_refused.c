/* oci/manifest: bodies that are no manifest, could be two, or have something wrong in them. */
#include "oci/manifest.h"

#include "manifest_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WITH_CONFIG(config) "{" V2 "," TYPE(OCI_MANIFEST) ",\"config\":" config "," LAYERS "}"
#define WITH_LAYER(layer)                                 \
	"{" V2                                            \
	"," TYPE(OCI_MANIFEST) "," CONFIG(OCI_CONFIG) "," \
						      "\"layers\":[" ITEM(B, "20") "," layer "]}"
#define WITH_CHILD(child) \
	"{" V2 "," TYPE(OCI_IMAGE_INDEX) ",\"manifests\":[" ITEM(B, "20") "," child "]}"

static const struct {
	const char *says;
	const char *body;
	const char *content_type;
	const char *why; /* part of the message */
} REFUSED[] = {
	{ "nothing", "", OCI_MANIFEST, "not JSON" },
	{ "an error page", "<html></html>", OCI_MANIFEST, "not JSON" },
	{ "a cut body", IMAGE, OCI_MANIFEST, "not JSON" },
	{ "something behind the body", IMAGE "}}", OCI_MANIFEST, "not JSON" },
	{ "an array", "[]", OCI_MANIFEST, "not a JSON object" },
	{ "a key given twice", IMAGE "," SUBJECT "," SUBJECT "}", NULL, "twice" },
	{ "layers given twice", IMAGE "," LAYERS "}", NULL, "twice" },
	{ "a digest given twice", WITH_LAYER("{" BARE(B, "1") "," BARE(A, "1") "}"), NULL,
	  "twice" },

	{ "a list that a reader of any case could take for the other",
	  "{" V2 "," TYPE(OCI_IMAGE_INDEX) "," CHILDREN ",\"Manifests\":[]}", NULL, "case" },
	{ "a digest that a reader of any case could take for the other",
	  WITH_CHILD("{" BARE(B, "1") ",\"Digest\":\"" A "\"}"), NULL, "case" },

	{ "a list in another case alone", "{" V2 "," TYPE(OCI_IMAGE_INDEX) ",\"Manifests\":[]}",
	  NULL, "case" },
	{ "a list whose name folds to ours", "{" V2 "," CHILDREN ",\"manife\u017fts\":[]}", NULL,
	  "case" },
	{ "no manifest", "{}", NULL, "schemaVersion" },
	{ "an error of the API", "{\"errors\":[]}", NULL, "schemaVersion" },
	{ "neither config nor layers", "{" V2 "}", NULL, "config is missing" },
	{ "no layers", "{" V2 "," CONFIG(OCI_CONFIG) "}", NULL, "layers is missing" },
	{ "no config in what is not said to be an OCI manifest", "{" V2 "," LAYERS "}", NULL,
	  "config is missing" },
	{ "no config in a Docker manifest", "{" V2 "," LAYERS "}", DOCKER_MANIFEST,
	  "config is missing" },
	{ "an image without schemaVersion", "{" CONFIG(OCI_CONFIG) "," LAYERS "}", OCI_MANIFEST,
	  "schemaVersion" },
	{ "an index without schemaVersion", "{" CHILDREN "}", OCI_IMAGE_INDEX, "schemaVersion" },
	{ "schemaVersion 3", "{\"schemaVersion\":3," CONFIG(OCI_CONFIG) "," LAYERS "}", NULL,
	  "schemaVersion" },
	{ "schemaVersion 0", "{\"schemaVersion\":0," CONFIG(OCI_CONFIG) "," LAYERS "}", NULL,
	  "schemaVersion" },
	{ "schemaVersion a string", "{\"schemaVersion\":\"2\"," CONFIG(OCI_CONFIG) "," LAYERS "}",
	  NULL, "schemaVersion" },
	{ "schemaVersion 2.0", "{\"schemaVersion\":2.0," CONFIG(OCI_CONFIG) "," LAYERS "}", NULL,
	  "schemaVersion" },
	{ "mediaType a number", "{" V2 ",\"mediaType\":1," CONFIG(OCI_CONFIG) "," LAYERS "}", NULL,
	  "mediaType" },
	{ "mediaType with a NUL",
	  "{" V2 "," TYPE(OCI_MANIFEST "\\u0000") "," CONFIG(OCI_CONFIG) "," LAYERS "}", NULL,
	  "mediaType" },
	{ "an unknown mediaType",
	  "{" V2 "," TYPE("application/vnd.example+json") "," CONFIG(OCI_CONFIG) "," LAYERS "}",
	  OCI_MANIFEST, "not known" },
	{ "a config's mediaType", "{" V2 "," TYPE(OCI_CONFIG) "," CONFIG(OCI_CONFIG) "," LAYERS "}",
	  NULL, "not known" },

	{ "manifests in an image manifest", "{" V2 "," TYPE(OCI_MANIFEST) "," CHILDREN "}", NULL,
	  "contradicts" },
	{ "manifests in a Docker manifest", "{" V2 "," TYPE(DOCKER_MANIFEST) "," CHILDREN "}", NULL,
	  "contradicts" },
	{ "manifests in an OCI artifact manifest", "{" TYPE(OCI_BLOBS) "," CHILDREN "}", NULL,
	  "contradicts" },
	{ "manifests in what the answer calls an image manifest", "{" V2 "," CHILDREN "}",
	  OCI_MANIFEST, "contradicts" },
	{ "an image manifest with manifests", IMAGE "," CHILDREN "}", NULL, "contradicts" },
	{ "an index with layers", INDEX "," LAYERS "}", NULL, "also has layers" },
	{ "an index with a config", INDEX "," CONFIG(OCI_CONFIG) "}", NULL, "also has config" },
	{ "manifests and config without a type", "{" V2 "," CONFIG(OCI_CONFIG) "," CHILDREN "}",
	  NULL, "also has config" },
	{ "an index without manifests", "{" V2 "," TYPE(OCI_IMAGE_INDEX) "}", NULL,
	  "manifests is missing" },
	{ "an image that is called an index",
	  "{" V2 "," TYPE(OCI_IMAGE_INDEX) "," CONFIG(OCI_CONFIG) "," LAYERS "}", NULL,
	  "also has config" },
	{ "manifests in schema1", OLD "," CHILDREN "}", NULL, "schemaVersion" },
	{ "a config in schema1", OLD "," CONFIG(OCI_CONFIG) "}", NULL, "also has config" },
	{ "fsLayers in an image", IMAGE "," FS_LAYERS "}", NULL, "also has fsLayers" },
	{ "layers in an OCI artifact manifest", "{" TYPE(OCI_BLOBS) "," LAYERS "}", NULL,
	  "also has layers" },
	{ "schema1 that is called an image", OLD "," TYPE(OCI_MANIFEST) "}", NULL, "contradicts" },
	{ "an image that is called schema1", "{" V2 "," CONFIG(OCI_CONFIG) "," LAYERS "}",
	  DOCKER_SCHEMA1, "contradicts" },

	{ "a config that is a string", WITH_CONFIG("\"" A "\""), NULL,
	  "config: a descriptor is not an object" },
	{ "a config without a digest", WITH_CONFIG("{\"size\":1}"), NULL,
	  "config: a descriptor has no valid digest" },
	{ "a config whose mediaType is a number", WITH_CONFIG("{\"mediaType\":1," BARE(A, "7") "}"),
	  NULL, "config: mediaType" },
	{ "a config whose mediaType has a NUL",
	  WITH_CONFIG("{" TYPE(OCI_CONFIG "\\u0000") "," BARE(A, "7") "}"), NULL,
	  "config: mediaType" },
	{ "layers an object",
	  "{" V2 "," TYPE(OCI_MANIFEST) "," CONFIG(OCI_CONFIG) ",\"layers\":{}}", NULL,
	  "layers is not an array" },
	{ "a layer that is null", WITH_LAYER("null"), NULL,
	  "layers[1]: a descriptor is not an object" },
	{ "a layer that is an array", WITH_LAYER("[]"), NULL,
	  "layers[1]: a descriptor is not an object" },
	{ "a digest that is a number", WITH_LAYER("{\"digest\":1,\"size\":1}"), NULL,
	  "layers[1]: a descriptor has no valid digest" },
	{ "a digest that is null", WITH_LAYER("{\"digest\":null,\"size\":1}"), NULL,
	  "layers[1]: a descriptor has no valid digest" },
	{ "a digest of an unknown algorithm", WITH_LAYER(ITEM("md5:00", "1")), NULL,
	  "layers[1]: a descriptor has no valid digest" },
	{ "a digest with a NUL behind it", WITH_LAYER(ITEM(A "\\u0000", "1")), NULL,
	  "layers[1]: a descriptor has no valid digest" },
	{ "a digest with a path in it", WITH_LAYER(ITEM("sha256:../../" HEX63, "1")), NULL,
	  "layers[1]: a descriptor has no valid digest" },
	{ "no size", WITH_LAYER("{\"digest\":\"" A "\"}"), NULL,
	  "layers[1]: a descriptor has no "
	  "valid size" },
	{ "a size that is null", WITH_LAYER(ITEM(A, "null")), NULL, "no valid size" },
	{ "a size that is a string", WITH_LAYER(ITEM(A, "\"1\"")), NULL, "no valid size" },
	{ "a size that is true", WITH_LAYER(ITEM(A, "true")), NULL, "no valid size" },
	{ "a negative size", WITH_LAYER(ITEM(A, "-1")), NULL, "no valid size" },
	{ "a size with a point", WITH_LAYER(ITEM(A, "1.0")), NULL, "no valid size" },
	{ "a size with an exponent", WITH_LAYER(ITEM(A, "1e3")), NULL, "no valid size" },
	{ "a size of 63 bits", WITH_LAYER(ITEM(A, "9223372036854775807")), NULL, "no valid size" },
	{ "a size of 64 bits", WITH_LAYER(ITEM(A, "18446744073709551615")), NULL, "no valid size" },
	{ "a size of more than 64 bits", WITH_LAYER(ITEM(A, "99999999999999999999999")), NULL,
	  "no valid size" },
	{ "urls that are a string", WITH_LAYER("{" BARE(A, "1") ",\"urls\":\"x\"}"), NULL,
	  "layers[1]: urls" },
	{ "manifests a string", "{" V2 ",\"manifests\":\"\"}", NULL, "manifests is not an array" },
	{ "manifests an object", "{" V2 ",\"manifests\":{}}", NULL, "manifests is not an array" },
	{ "a child that is null", WITH_CHILD("null"), NULL,
	  "manifests[1]: a descriptor is not an object" },
	{ "a child without a valid digest", WITH_CHILD(ITEM("sha256:00", "1")), NULL,
	  "manifests[1]: a descriptor has no valid digest" },
	{ "a child whose annotations are an array",
	  WITH_CHILD("{" BARE(A, "1") ",\"annotations\":[]}"), NULL,
	  "manifests[1]: annotations is not an object" },
	{ "a subject that is a string", IMAGE ",\"subject\":\"" A "\"}", NULL,
	  "subject: a descriptor is not an object" },
	{ "a subject without a valid digest", IMAGE ",\"subject\":" ITEM("", "1") "}", NULL,
	  "subject: a descriptor has no valid digest" },
	{ "an index whose subject is invalid", INDEX ",\"subject\":1}", NULL, "subject" },
	{ "annotations that are a string", IMAGE ",\"annotations\":\"\"}", NULL,
	  "annotations is not an object" },
	{ "blobs that are an object", "{" TYPE(OCI_BLOBS) ",\"blobs\":{}}", NULL,
	  "blobs is not an array" },

	{ "schema1 without fsLayers", "{\"schemaVersion\":1,\"history\":[]}", NULL,
	  "fsLayers is missing" },
	{ "schema1 with a layer that is a string", "{\"schemaVersion\":1,\"fsLayers\":[\"" A "\"]}",
	  NULL, "fsLayers[0]" },
	{ "schema1 with a layer without a valid digest",
	  "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":1}]}", NULL, "fsLayers[0]" },
	{ "schema1 with a history that is an object", OLD ",\"history\":{}}", NULL,
	  "history is not an array" },
	{ "schema1 with an entry that is null", OLD ",\"history\":[null]}", NULL, "history[0]" },
	{ "schema1 with v1Compatibility as an object", OLD "," HISTORY("{}") "}", NULL,
	  "history[0]" },
};

static void what_is_not_understood_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
		struct oci_manifest manifest;
		struct err err = { 0 };

		if (oci_manifest_parse(REFUSED[i].body, strlen(REFUSED[i].body),
				       REFUSED[i].content_type, &manifest, &err) != -1)
			fail_msg("%s is read", REFUSED[i].says);
		if (err.kind != ERR_IO || !strstr(err.msg, REFUSED[i].why))
			fail_msg("%s: %s", REFUSED[i].says, err.msg);
	}
}

static void a_refused_body_leaves_nothing_behind(void **state)
{
	static const char body[] = WITH_CHILD("null");
	struct oci_manifest manifest;
	struct err err = { 0 };

	(void)state;
	memset(&manifest, 0xff, sizeof manifest);
	assert_int_equal(oci_manifest_parse(body, strlen(body), NULL, &manifest, &err), -1);
	assert_null(manifest.children);
	assert_int_equal(manifest.child_count, 0);
	oci_manifest_clear(&manifest);
}

/* Many that were cut are told of in one line: the reason is the same wherever it was. */
static void cut_bodies_say_the_same(void **state)
{
	static const char body[] = IMAGE "}";

	(void)state;
	for (size_t length = 0; length + 1 < sizeof body; length++) {
		struct oci_manifest manifest;
		struct err err = { 0 };

		assert_int_equal(oci_manifest_parse(body, length, NULL, &manifest, &err), -1);
		assert_string_equal(err.msg, "not JSON: its end is missing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_understood_is_refused),
		cmocka_unit_test(a_refused_body_leaves_nothing_behind),
		cmocka_unit_test(cut_bodies_say_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
