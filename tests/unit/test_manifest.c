/* oci/manifest: what a body is, and what it refers to. */
#include "oci/manifest.h"

#include "manifest_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *says;
	const char *body;
	const char *content_type;
	enum oci_kind kind;
	const char *config; /* its digest */
	size_t layers;      /* B and D, or none */
	size_t children;    /* B and D, or none */
	const char *subject;
	int64_t created;
};

static const struct row ROWS[] = {
	{ "an OCI image", IMAGE "}", OCI_MANIFEST, OCI_IMAGE, A, 2, 0, NULL, DATE_ABSENT },
	{ "a Docker image",
	  "{" V2 "," TYPE(DOCKER_MANIFEST) "," CONFIG(DOCKER_CONFIG) "," LAYERS "}\n",
	  DOCKER_MANIFEST, OCI_IMAGE, A, 2, 0, NULL, DATE_ABSENT },
	{ "a Docker config in an OCI manifest",
	  "{" V2 "," TYPE(OCI_MANIFEST) "," CONFIG(DOCKER_CONFIG) "," LAYERS "}", NULL, OCI_IMAGE,
	  A, 2, 0, NULL, DATE_ABSENT },
	{ "an image without mediaType, its type from outside",
	  "{" V2 "," CONFIG(OCI_CONFIG) "," LAYERS "}", OCI_MANIFEST ";charset=utf-8", OCI_IMAGE, A,
	  2, 0, NULL, DATE_ABSENT },
	{ "an image of which no type is known", "{" V2 "," CONFIG(OCI_CONFIG) "," LAYERS "}", NULL,
	  OCI_IMAGE, A, 2, 0, NULL, DATE_ABSENT },
	{ "an image of which only a general type is known",
	  "{" V2 "," CONFIG(OCI_CONFIG) "," LAYERS "}", "application/json", OCI_IMAGE, A, 2, 0,
	  NULL, DATE_ABSENT },
	{ "an empty mediaType is none",
	  "{" V2 ",\"mediaType\":\"\"," CONFIG(OCI_CONFIG) "," LAYERS "}", OCI_MANIFEST, OCI_IMAGE,
	  A, 2, 0, NULL, DATE_ABSENT },
	{ "a mediaType that is null is none",
	  "{" V2 ",\"mediaType\":null," CONFIG(OCI_CONFIG) "," LAYERS "}", OCI_MANIFEST, OCI_IMAGE,
	  A, 2, 0, NULL, DATE_ABSENT },
	{ "its own mediaType goes before the Content-Type", IMAGE "}", DOCKER_LIST, OCI_IMAGE, A, 2,
	  0, NULL, DATE_ABSENT },
	{ "an image without layers",
	  "{" V2 "," TYPE(OCI_MANIFEST) "," CONFIG(OCI_CONFIG) ",\"layers\":[]}", NULL, OCI_IMAGE,
	  A, 0, 0, NULL, DATE_ABSENT },
	{ "layers null", "{" V2 "," TYPE(OCI_MANIFEST) "," CONFIG(OCI_CONFIG) ",\"layers\":null}",
	  NULL, OCI_IMAGE, A, 0, 0, NULL, DATE_ABSENT },
	{ "manifests null in an image", IMAGE ",\"manifests\":null}", NULL, OCI_IMAGE, A, 2, 0,
	  NULL, DATE_ABSENT },
	{ "an image with an annotation", IMAGE "," ANNOTATED(D2020) "}", NULL, OCI_IMAGE, A, 2, 0,
	  NULL, T2020 },
	{ "an empty annotation", IMAGE "," ANNOTATED("\"\"") "}", NULL, OCI_IMAGE, A, 2, 0, NULL,
	  DATE_INVALID },
	{ "an annotation that is too early", IMAGE "," ANNOTATED("\"1970-01-01T00:00:00Z\"") "}",
	  NULL, OCI_IMAGE, A, 2, 0, NULL, DATE_INVALID },
	{ "an annotation that is a number", IMAGE "," ANNOTATED("1577836800") "}", NULL, OCI_IMAGE,
	  A, 2, 0, NULL, DATE_INVALID },
	{ "an annotation with a NUL", IMAGE "," ANNOTATED("\"2020-01-01T00:00:00Z\\u0000\"") "}",
	  NULL, OCI_IMAGE, A, 2, 0, NULL, DATE_INVALID },
	{ "an annotation that is null", IMAGE "," ANNOTATED("null") "}", NULL, OCI_IMAGE, A, 2, 0,
	  NULL, DATE_ABSENT },
	{ "annotations null", IMAGE ",\"annotations\":null}", NULL, OCI_IMAGE, A, 2, 0, NULL,
	  DATE_ABSENT },
	{ "a descriptor's annotation is not the manifest's",
	  "{" V2 "," TYPE(OCI_MANIFEST) ",\"config\":{" TYPE(OCI_CONFIG) "," BARE(
		  A, "7") "," ANNOTATED(D2020) "},\"layers\":[]}",
	  NULL, OCI_IMAGE, A, 0, 0, NULL, DATE_ABSENT },
	{ "history in an image's manifest says nothing", IMAGE "," HISTORY(D2020) "}", NULL,
	  OCI_IMAGE, A, 2, 0, NULL, DATE_ABSENT },
	{ "an image with a subject", IMAGE "," SUBJECT "}", NULL, OCI_IMAGE, A, 2, 0, C,
	  DATE_ABSENT },
	{ "subject null", IMAGE ",\"subject\":null}", NULL, OCI_IMAGE, A, 2, 0, NULL, DATE_ABSENT },

	{ "an artifact",
	  "{" V2 "," TYPE(OCI_MANIFEST) ",\"artifactType\":\"a/b\"," CONFIG(
		  OCI_EMPTY) "," LAYERS "," SUBJECT "," ANNOTATED(D2020) "}",
	  NULL, OCI_ARTIFACT, A, 2, 0, C, T2020 },
	{ "a Docker manifest with another config",
	  "{" V2 "," TYPE(DOCKER_MANIFEST) "," CONFIG("application/octet-stream") "," LAYERS "}",
	  NULL, OCI_ARTIFACT, A, 2, 0, NULL, DATE_ABSENT },
	{ "a manifest's type is no config's",
	  "{" V2 "," TYPE(OCI_MANIFEST) "," CONFIG(OCI_MANIFEST) "," LAYERS "}", NULL, OCI_ARTIFACT,
	  A, 2, 0, NULL, DATE_ABSENT },
	{ "a config without mediaType",
	  "{" V2 "," TYPE(OCI_MANIFEST) ",\"config\":" ITEM(A, "7") "," LAYERS "}", NULL, OCI_IMAGE,
	  A, 2, 0, NULL, DATE_ABSENT },
	{ "an OCI manifest without a config", "{" V2 "," TYPE(OCI_MANIFEST) "," LAYERS "}", NULL,
	  OCI_ARTIFACT, NULL, 2, 0, NULL, DATE_ABSENT },
	{ "an OCI manifest without a config, its type from outside",
	  "{" V2 ",\"config\":null," LAYERS "}", OCI_MANIFEST, OCI_ARTIFACT, NULL, 2, 0, NULL,
	  DATE_ABSENT },
	{ "an OCI artifact manifest",
	  "{" TYPE(OCI_BLOBS) ",\"artifactType\":\"a/b\",\"blobs\":[" ITEM(B, "20") "," ITEM(
		  D, "0") "]," SUBJECT "," ANNOTATED(D2020) "}",
	  NULL, OCI_ARTIFACT, NULL, 2, 0, C, T2020 },
	{ "an OCI artifact manifest without blobs", "{" TYPE(OCI_BLOBS) "}", NULL, OCI_ARTIFACT,
	  NULL, 0, 0, NULL, DATE_ABSENT },

	{ "an OCI index", INDEX "}", OCI_IMAGE_INDEX, OCI_INDEX, NULL, 0, 2, NULL, DATE_ABSENT },
	{ "a Docker manifest list", "{" V2 "," TYPE(DOCKER_LIST) "," CHILDREN "}", DOCKER_LIST,
	  OCI_INDEX, NULL, 0, 2, NULL, DATE_ABSENT },
	{ "an index without mediaType, its type from outside", "{" V2 "," CHILDREN "}",
	  OCI_IMAGE_INDEX, OCI_INDEX, NULL, 0, 2, NULL, DATE_ABSENT },
	{ "an index of which no type is known", "{" V2 "," CHILDREN "}", NULL, OCI_INDEX, NULL, 0,
	  2, NULL, DATE_ABSENT },
	{ "an index of a type that we do not know",
	  "{" V2 "," TYPE("application/vnd.example+json") "," CHILDREN "}", NULL, OCI_INDEX, NULL,
	  0, 2, NULL, DATE_ABSENT },
	{ "an empty index", "{" V2 "," TYPE(OCI_IMAGE_INDEX) ",\"manifests\":[]}", NULL, OCI_INDEX,
	  NULL, 0, 0, NULL, DATE_ABSENT },
	{ "an empty index of which no type is known", "{" V2 ",\"manifests\":[]}", NULL, OCI_INDEX,
	  NULL, 0, 0, NULL, DATE_ABSENT },
	{ "an index with manifests null", "{" V2 "," TYPE(OCI_IMAGE_INDEX) ",\"manifests\":null}",
	  NULL, OCI_INDEX, NULL, 0, 0, NULL, DATE_ABSENT },
	{ "an index with subject and annotation", INDEX "," SUBJECT "," ANNOTATED(D2020) "}", NULL,
	  OCI_INDEX, NULL, 0, 2, C, T2020 },

	{ "schema1", OLD "," HISTORY("\"{\\\"created\\\":\\\"2020-01-01T00:00:00Z\\\"}\"") "}",
	  DOCKER_SCHEMA1, OCI_SCHEMA1, NULL, 2, 0, NULL, T2020 },
	{ "schema1 of which no type is known", OLD "}", NULL, OCI_SCHEMA1, NULL, 2, 0, NULL,
	  DATE_ABSENT },
	{ "schema1 of which only a general type is known", OLD ",\"history\":[]}",
	  "application/json", OCI_SCHEMA1, NULL, 2, 0, NULL, DATE_ABSENT },
	{ "schema1: only the first entry counts",
	  OLD ",\"history\":[{\"v1Compatibility\":\"{}\"},"
	      "{\"v1Compatibility\":\"{\\\"created\\\":\\\"2020-01-01T00:00:00Z\\\"}\"}]}",
	  NULL, OCI_SCHEMA1, NULL, 2, 0, NULL, DATE_ABSENT },
	{ "schema1: created is null", OLD "," HISTORY("\"{\\\"created\\\":null}\"") "}", NULL,
	  OCI_SCHEMA1, NULL, 2, 0, NULL, DATE_ABSENT },
	{ "schema1: created is too early",
	  OLD "," HISTORY("\"{\\\"created\\\":\\\"1970-01-01T00:00:00Z\\\"}\"") "}", NULL,
	  OCI_SCHEMA1, NULL, 2, 0, NULL, DATE_INVALID },
	{ "schema1: created is a number", OLD "," HISTORY("\"{\\\"created\\\":1577836800}\"") "}",
	  NULL, OCI_SCHEMA1, NULL, 2, 0, NULL, DATE_INVALID },
	{ "schema1: v1Compatibility is not JSON", OLD "," HISTORY("\"{\"") "}", NULL, OCI_SCHEMA1,
	  NULL, 2, 0, NULL, DATE_INVALID },
	{ "schema1: v1Compatibility goes on after a NUL",
	  OLD "," HISTORY("\"{\\\"created\\\":\\\"2020-01-01T00:00:00Z\\\"}\\u0000\"") "}", NULL,
	  OCI_SCHEMA1, NULL, 2, 0, NULL, DATE_INVALID },
	{ "schema1: an annotation is not its own", OLD "," ANNOTATED(D2020) "}", NULL, OCI_SCHEMA1,
	  NULL, 2, 0, NULL, DATE_ABSENT },
};

static void check_text(const char *says, const char *found, const char *wanted)
{
	if (!found != !wanted || (found && strcmp(found, wanted) != 0))
		fail_msg("%s: %s, not %s", says, found ? found : "none", wanted ? wanted : "none");
}

static void check_list(const struct row *row, const struct oci_descriptor *list, size_t count,
		       size_t wanted)
{
	if (count != wanted)
		fail_msg("%s: %zu descriptors", row->says, count);
	if (count == 0)
		return;
	check_text(row->says, list[0].digest, B);
	check_text(row->says, list[1].digest, D);
	if (list[0].size != (row->kind == OCI_SCHEMA1 ? 0 : 20) || list[1].size != 0)
		fail_msg("%s: a wrong size", row->says);
}

static void bodies_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
		const struct row *row = &ROWS[i];
		struct oci_manifest manifest;
		struct err err = { 0 };

		if (oci_manifest_parse(row->body, strlen(row->body), row->content_type, &manifest,
				       &err) < 0)
			fail_msg("%s: %s", row->says, err.msg);
		if (manifest.kind != row->kind)
			fail_msg("%s: kind %d", row->says, (int)manifest.kind);
		check_text(row->says, manifest.config.digest, row->config);
		if (manifest.config.size != (row->config ? 7 : 0))
			fail_msg("%s: the config's size", row->says);
		check_list(row, manifest.layers, manifest.layer_count, row->layers);
		check_list(row, manifest.children, manifest.child_count, row->children);
		check_text(row->says, manifest.subject, row->subject);
		if (manifest.created != row->created)
			fail_msg("%s: created %lld", row->says, (long long)manifest.created);
		oci_manifest_clear(&manifest);
	}
}

static void foreign_layers_are_known(void **state)
{
	static const struct {
		const char *layer;
		bool foreign;
	} rows[] = {
		{ ITEM(A, "1"), false },
		{ "{" BARE(A, "1") ",\"urls\":[\"http://example.org/\"]}", true },
		{ "{" BARE(A, "1") ",\"urls\":[]}", false },
		{ "{" BARE(A, "1") ",\"urls\":null}", false },
		{ "{" BARE(A, "1") ",\"mediaType\":null}", false },
		{ "{" BARE(A, "1") "," TYPE("application/vnd.oci.image.layer.v1.tar+gzip") "}",
		  false },
		{ "{" BARE(A,
			   "1") "," TYPE("application/vnd.docker.image.rootfs.diff.tar.gzip") "}",
		  false },
		{ "{" BARE(A, "1") "," TYPE(
			  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip") "}",
		  true },
		{ "{" BARE(A, "1") "," TYPE(
			  "application/vnd.oci.image.layer.nondistributable.v1.tar") "}",
		  true },
		{ "{" BARE(A, "1") "," TYPE(
			  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd") "}",
		  true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct oci_manifest manifest;
		struct err err = { 0 };
		char body[1024];

		snprintf(body, sizeof body, "%s,\"layers\":[%s]}",
			 "{" V2 "," TYPE(OCI_MANIFEST) "," CONFIG(OCI_CONFIG), rows[i].layer);
		if (oci_manifest_parse(body, strlen(body), NULL, &manifest, &err) < 0)
			fail_msg("%s: %s", rows[i].layer, err.msg);
		if (manifest.layers[0].foreign != rows[i].foreign)
			fail_msg("%s", rows[i].layer);
		oci_manifest_clear(&manifest);
	}
}

/* An index of two children, of which the second has EXTRA in its descriptor. */
static void parse_children(const char *extra, struct oci_manifest *manifest)
{
	struct err err = { 0 };
	char body[1024];

	snprintf(body, sizeof body, "{%s,\"manifests\":[%s,{%s,%s}]}", V2, ITEM(B, "1"),
		 BARE(A, "1"), extra);
	if (oci_manifest_parse(body, strlen(body), NULL, manifest, &err) < 0)
		fail_msg("%s: %s", extra, err.msg);
}

static void attestations_are_known_by_their_annotation_alone(void **state)
{
	static const struct {
		const char *extra;
		bool attestation;
	} rows[] = {
		{ "\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}",
		  true },
		{ "\"annotations\":{\"vnd.docker.reference.digest\":\"" A "\","
		  "\"vnd.docker.reference.type\":\"attestation-manifest\"}",
		  true },
		{ "\"annotations\":{\"vnd.docker.reference.type\":\"Attestation-manifest\"}",
		  false },
		{ "\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifests\"}",
		  false },
		{ "\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\\u0000\"}",
		  false },
		{ "\"annotations\":{\"vnd.docker.reference.type\":true}", false },
		{ "\"annotations\":{\"vnd.docker.reference.digest\":\"" A "\"}", false },
		{ "\"annotations\":null", false },
		{ "\"vnd.docker.reference.type\":\"attestation-manifest\"", false },
		{ "\"platform\":{\"architecture\":\"unknown\",\"os\":\"unknown\"}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct oci_manifest manifest;

		parse_children(rows[i].extra, &manifest);
		if (manifest.children[1].attestation != rows[i].attestation ||
		    manifest.children[0].attestation)
			fail_msg("%s", rows[i].extra);
		oci_manifest_clear(&manifest);
	}
}

static void artifacts_are_known_by_the_type_in_their_descriptor(void **state)
{
	static const struct {
		const char *extra;
		bool artifact;
	} rows[] = {
		{ "\"artifactType\":\"application/vnd.amazon.soci.index.v2+json\"", true },
		{ "\"artifactType\":\"application/vnd.oci.image.config.v1+json\"", false },
		{ "\"artifactType\":\"application/vnd.docker.container.image.v1+json\"", false },
		{ "\"artifactType\":\"application/vnd.wasm.config.v0+json\"", false },
		{ "\"artifactType\":\"\"", false },
		{ "\"artifactType\":null", false },
		{ "\"artifactType\":[\"application/vnd.example\"]", false },
		{ "\"annotations\":{\"artifactType\":\"application/vnd.example\"}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct oci_manifest manifest;

		parse_children(rows[i].extra, &manifest);
		if (manifest.children[1].artifact != rows[i].artifact ||
		    manifest.children[0].artifact)
			fail_msg("%s", rows[i].extra);
		oci_manifest_clear(&manifest);
	}
}

static void a_cleared_manifest_can_be_cleared_again(void **state)
{
	struct oci_manifest manifest;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(oci_manifest_parse(INDEX "}", strlen(INDEX "}"), NULL, &manifest, &err),
			 0);
	oci_manifest_clear(&manifest);
	assert_null(manifest.children);
	assert_int_equal(manifest.child_count, 0);
	oci_manifest_clear(&manifest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_understood),
		cmocka_unit_test(foreign_layers_are_known),
		cmocka_unit_test(attestations_are_known_by_their_annotation_alone),
		cmocka_unit_test(artifacts_are_known_by_the_type_in_their_descriptor),
		cmocka_unit_test(a_cleared_manifest_can_be_cleared_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
