/* Writes a registry's storage folder (distribution's filesystem driver) with many tags, for
 * benchmarks:
 *
 *   make_store DIR REPOSITORIES TAGS [CONFIG_BYTES]
 *
 * Each tag has a manifest of about 1 KB and a config of CONFIG_BYTES (300) of its own, and six
 * small layers that its repository shares. Tag number n was created n days ago. The digests are
 * real. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LAYERS 6

struct digest {
	char text[7 + 64 + 1];
};

static void fail(const char *path)
{
	fprintf(stderr, "make_store: %s: %s\n", path, strerror(errno));
	exit(1);
}

static void make_parents(const char *path)
{
	char part[4096];

	snprintf(part, sizeof part, "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			fail(part);
		*slash = '/';
	}
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 && errno == ENOENT) {
		make_parents(path);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	}
	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || close(fd) < 0)
		fail(path);
}

static struct digest add_blob(const char *root, const char *bytes, size_t length)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct digest digest = { "sha256:" };
	char path[4096];

	SHA256((const unsigned char *)bytes, length, hash);
	for (size_t i = 0; i < sizeof hash; i++)
		snprintf(digest.text + 7 + 2 * i, 3, "%02x", hash[i]);
	snprintf(path, sizeof path, "%s/docker/registry/v2/blobs/sha256/%.2s/%s/data", root,
		 digest.text + 7, digest.text + 7);
	write_file(path, bytes, length);
	return digest;
}

static void add_link(const char *root, const char *repository, const char *place,
		     const struct digest *digest)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/docker/registry/v2/repositories/%s/%s/link", root,
		 repository, place);
	write_file(path, digest->text, strlen(digest->text));
}

static void add_digest_link(const char *root, const char *repository, const char *kind,
			    const struct digest *digest)
{
	char place[256];

	snprintf(place, sizeof place, "%s/sha256/%s", kind, digest->text + 7);
	add_link(root, repository, place, digest);
}

static struct digest add_config(const char *root, const char *repository, unsigned tag,
				size_t length)
{
	char *text = malloc(length + 512), created[32];
	time_t when = time(NULL) - (time_t)tag * 86400;
	struct digest digest;
	int used;

	if (!text)
		fail("memory");
	strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", gmtime(&when));
	used = snprintf(text, length + 512,
			"{\"architecture\":\"amd64\",\"os\":\"linux\",\"created\":\"%s\","
			"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},\"config\":{\"Labels\":"
			"{\"repository\":\"%s\",\"tag\":\"%u\",\"padding\":\"",
			created, repository, tag);
	while ((size_t)used + 4 < length)
		text[used++] = 'x';
	memcpy(text + used, "\"}}}", 5);
	digest = add_blob(root, text, (size_t)used + 4);
	add_digest_link(root, repository, "_layers", &digest);
	free(text);
	return digest;
}

static void add_tag(const char *root, const char *repository, unsigned tag,
		    const struct digest layers[LAYERS], size_t config_bytes)
{
	struct digest config = add_config(root, repository, tag, config_bytes), digest;
	char text[4096], place[256];
	int used = snprintf(text, sizeof text,
			    "{\"schemaVersion\":2,\"mediaType\":"
			    "\"application/vnd.docker.distribution.manifest.v2+json\",\"config\":{"
			    "\"mediaType\":\"application/vnd.docker.container.image.v1+json\","
			    "\"size\":%zu,\"digest\":\"%s\"},\"layers\":[",
			    config_bytes, config.text);

	for (unsigned i = 0; i < LAYERS; i++)
		used += snprintf(text + used, sizeof text - (size_t)used,
				 "%s{\"mediaType\":"
				 "\"application/vnd.docker.image.rootfs.diff.tar.gzip\","
				 "\"size\":64,\"digest\":\"%s\"}",
				 i ? "," : "", layers[i].text);
	used += snprintf(text + used, sizeof text - (size_t)used, "]}");
	digest = add_blob(root, text, (size_t)used);
	add_digest_link(root, repository, "_manifests/revisions", &digest);
	snprintf(place, sizeof place, "_manifests/tags/v%u/current", tag);
	add_link(root, repository, place, &digest);
	snprintf(place, sizeof place, "_manifests/tags/v%u/index/sha256/%s", tag, digest.text + 7);
	add_link(root, repository, place, &digest);
}

static void add_repository(const char *root, unsigned number, unsigned tags, size_t config_bytes)
{
	struct digest layers[LAYERS];
	char repository[64], layer[128];

	snprintf(repository, sizeof repository, "team%u/app%u", number % 7, number);
	for (unsigned i = 0; i < LAYERS; i++) {
		snprintf(layer, sizeof layer, "%-50s %5u %7u", repository, number, i);
		layers[i] = add_blob(root, layer, strlen(layer));
		add_digest_link(root, repository, "_layers", &layers[i]);
	}
	for (unsigned tag = 0; tag < tags; tag++)
		add_tag(root, repository, tag, layers, config_bytes);
}

int main(int argc, char **argv)
{
	unsigned long repositories, tags;
	size_t config_bytes;

	if (argc < 4) {
		fprintf(stderr, "usage: make_store DIR REPOSITORIES TAGS [CONFIG_BYTES]\n");
		return 2;
	}
	repositories = strtoul(argv[2], NULL, 10);
	tags = strtoul(argv[3], NULL, 10);
	config_bytes = argc > 4 ? strtoul(argv[4], NULL, 10) : 300;
	for (unsigned long i = 0; i < repositories; i++)
		add_repository(argv[1], (unsigned)i, (unsigned)tags, config_bytes);
	return 0;
}
