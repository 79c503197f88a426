/* Pieces of manifests, for the tests that put them together. */
#ifndef MANIFEST_TEXT_H
#define MANIFEST_TEXT_H

#define HEX63 "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define A     "sha256:a" HEX63
#define B     "sha256:b" HEX63
#define C     "sha256:c" HEX63
#define D     "sha512:d" HEX63 "d" HEX63

#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_SCHEMA1  "application/vnd.docker.distribution.manifest.v1+prettyjws"
#define DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define OCI_IMAGE_INDEX "application/vnd.oci.image.index.v1+json"
#define OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define OCI_BLOBS       "application/vnd.oci.artifact.manifest.v1+json"
#define OCI_EMPTY       "application/vnd.oci.empty.v1+json"

#define V2                     "\"schemaVersion\":2"
#define TYPE(type)             "\"mediaType\":\"" type "\""
#define BARE(digest, size)     "\"digest\":\"" digest "\",\"size\":" size
#define ITEM(digest, size)     "{" BARE(digest, size) "}"
#define CONFIG(type)           "\"config\":{" TYPE(type) "," BARE(A, "7") "}"
#define LAYERS                 "\"layers\":[" ITEM(B, "20") "," ITEM(D, "0") "]"
#define CHILDREN               "\"manifests\":[" ITEM(B, "20") "," ITEM(D, "0") "]"
#define FS_LAYERS              "\"fsLayers\":[{\"blobSum\":\"" B "\"},{\"blobSum\":\"" D "\"}]"
#define SUBJECT                "\"subject\":" ITEM(C, "9")
#define CREATED                "\"org.opencontainers.image.created\""
#define ANNOTATED(date)        "\"annotations\":{" CREATED ":" date "}"
#define HISTORY(compatibility) "\"history\":[{\"v1Compatibility\":" compatibility "}]"
#define T2020                  INT64_C(1577836800)
#define D2020                  "\"2020-01-01T00:00:00Z\""

#define IMAGE "{" V2 "," TYPE(OCI_MANIFEST) "," CONFIG(OCI_CONFIG) "," LAYERS
#define INDEX "{" V2 "," TYPE(OCI_IMAGE_INDEX) "," CHILDREN
#define OLD   "{\"schemaVersion\":1,\"name\":\"a\",\"tag\":\"b\"," FS_LAYERS

#endif
