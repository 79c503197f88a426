/* The floor of reading a store: one bare loop, in one thread, over what says what is in it. For
 * every tag its link, its manifest and that one's config, each opened, read whole and closed:
 *
 *   bench_links STORE
 *
 * No JSON, no hash, nothing kept; prints how many tags and bytes there were. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned long tags;
static unsigned long long bytes;

static ssize_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	if (length >= 0) {
		text[length] = '\0';
		bytes += (unsigned long long)length;
	}
	return length;
}

static ssize_t read_blob(const char *digest, char *text, size_t size)
{
	char path[128];

	snprintf(path, sizeof path, "blobs/%.6s/%.2s/%.64s/data", digest, digest + 7, digest + 7);
	return read_file(path, text, size);
}

static void read_tag(const char *folder, const char *tag)
{
	static char link[128], manifest[65536], config[65536], path[4096];
	const char *digest = NULL;

	snprintf(path, sizeof path, "%s/%s/current/link", folder, tag);
	if (read_file(path, link, sizeof link) < 71 ||
	    read_blob(link, manifest, sizeof manifest) < 0)
		return;
	digest = strstr(manifest, "\"digest\":\"");
	if (digest && read_blob(digest + sizeof "\"digest\":\"" - 1, config, sizeof config) > 0)
		tags++;
}

static void read_tags(const char *folder)
{
	DIR *stream = opendir(folder);
	struct dirent *entry;

	while (stream && (entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			read_tag(folder, entry->d_name);
	if (stream)
		closedir(stream);
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *where)
{
	const char *name = path + where->base;

	(void)status;
	(void)type;
	if (strcmp(name, "tags") == 0)
		read_tags(path);
	/* What lies deeper is of no interest. */
	if ((name[0] == '_' && strcmp(name, "_manifests") != 0) || strcmp(name, "tags") == 0 ||
	    strcmp(name, "revisions") == 0)
		return FTW_SKIP_SUBTREE;
	return FTW_CONTINUE;
}

int main(int argc, char **argv)
{
	if (argc != 2 || chdir(argv[1]) < 0 || chdir("docker/registry/v2") < 0) {
		fprintf(stderr, "usage: bench_links STORE\n");
		return 2;
	}
	nftw("repositories", visit, 32, FTW_PHYS | FTW_ACTIONRETVAL);
	printf("%lu tags, %llu bytes\n", tags, bytes);
	return tags == 0;
}
