/* Any bytes as a manifest, under each kind of Content-Type. What is read must keep the contract of
 * oci/manifest.h, and be what the reader found that went before it. */
#include "fuzz.h"

#include "reference_compare.h"

#include "oci/digest.h"
#include "oci/manifest.h"

#include <string.h>

static void check_list(const struct oci_descriptor *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fuzz_require(digest_valid(list[i].digest, strlen(list[i].digest)) &&
			     list[i].size <= INT64_MAX);
}

static void check(const struct oci_manifest *manifest)
{
	if (manifest->config.digest)
		check_list(&manifest->config, 1);
	check_list(manifest->layers, manifest->layer_count);
	check_list(manifest->children, manifest->child_count);
	if (manifest->subject)
		fuzz_require(digest_valid(manifest->subject, strlen(manifest->subject)));
	fuzz_require(manifest->kind == OCI_INDEX || manifest->child_count == 0);
	/* An index's layers are its entries that are no manifests: BuildKit's caches have such. */
	fuzz_require(manifest->kind != OCI_INDEX || !manifest->config.digest);
	fuzz_require(manifest->kind != OCI_INDEX || manifest->layer_count == 0 ||
		     manifest->created == DATE_INVALID);
	fuzz_require(manifest->kind != OCI_IMAGE || manifest->config.digest);
	fuzz_require(manifest->created == DATE_ABSENT || manifest->created == DATE_INVALID ||
		     date_known(manifest->created));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {
		NULL,
		"application/vnd.oci.image.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.list.v2+json",
		"application/vnd.docker.distribution.manifest.v1+prettyjws",
		"application/vnd.oci.artifact.manifest.v1+json",
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct oci_manifest manifest;
		struct err err = { 0 };

		if (oci_manifest_parse((const char *)data, size, types[i], &manifest, &err) < 0) {
			fuzz_require(err.kind == ERR_IO && err.msg[0] != '\0');
		} else {
			check(&manifest);
			oci_manifest_clear(&manifest);
		}
		fuzz_require(compare_manifest((const char *)data, size, types[i]));
	}
	fuzz_require(compare_form((const char *)data, size));
	return 0;
}
