/* A random folder tree in which there is a bit of everything. */
#ifndef TESTS_RANDOM_TREE_H
#define TESTS_RANDOM_TREE_H

#include "temporary.h"

#include "util/buf.h"

#include <sys/socket.h>
#include <sys/un.h>

#define RANDOM_TREE_MOST 1500

struct random_tree {
	const char *root;
	uint64_t state;
	char *entries[RANDOM_TREE_MOST]; /* paths below the root, folders with a slash at the end */
	size_t count;
	char *folders[RANDOM_TREE_MOST]; /* "" and others, with a slash at the end */
	size_t folder_count;
	/* What measuring must find. */
	uint64_t files;
	uint64_t bytes;
};

static inline unsigned random_below(struct random_tree *tree, unsigned limit)
{
	tree->state = tree->state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(tree->state >> 33) % limit;
}

/* A socket's address is short, so it is made from within its folder. */
static inline void random_tree_socket(const char *full)
{
	CLEANUP(free_p) char *folder = xstrndup(full, (size_t)(strrchr(full, '/') - full));
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", strrchr(full, '/') + 1);
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(chdir("/"), 0);
	close(fd);
}

static inline void random_tree_file(struct random_tree *tree, const char *full)
{
	static const char bytes[20000];
	size_t length = random_below(tree, sizeof bytes);
	FILE *file = fopen(full, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	tree->files++;
	tree->bytes += length;
}

/* Another name for something that is there, folders excepted: from anywhere in the tree. */
static inline void random_tree_link(struct random_tree *tree, const char *full)
{
	const char *entry = tree->count ? tree->entries[random_below(tree, tree->count)] : "/";
	CLEANUP(free_p) char *old = xasprintf("%s/%s", tree->root, entry);

	if (old[strlen(old) - 1] == '/')
		random_tree_file(tree, full);
	else
		assert_int_equal(link(old, full), 0);
}

static inline void random_tree_add(struct random_tree *tree)
{
	const char *parent = tree->folders[random_below(tree, tree->folder_count)];
	char *path = xasprintf("%s%zu", parent, tree->count);
	CLEANUP(free_p) char *full = xasprintf("%s/%s", tree->root, path);
	unsigned dice = random_below(tree, 100);

	if (dice < 40) {
		assert_int_equal(mkdir(full, 0755), 0);
		free(path);
		path = xasprintf("%s%zu/", parent, tree->count);
		tree->folders[tree->folder_count++] = xstrdup(path);
	} else if (dice < 75) {
		random_tree_file(tree, full);
	} else if (dice < 94) {
		random_tree_link(tree, full);
	} else if (dice < 96) {
		assert_int_equal(symlink(tree->root, full), 0);
	} else if (dice < 98) {
		assert_int_equal(mkfifo(full, 0600), 0);
	} else {
		random_tree_socket(full);
	}
	tree->entries[tree->count++] = path;
}

static inline struct random_tree *random_tree_new(const char *root, uint64_t seed)
{
	struct random_tree *tree = xcalloc(1, sizeof *tree);
	size_t size = 0;

	print_message("# random tree, seed %lu\n", (unsigned long)seed);
	tree->root = root;
	tree->state = seed;
	tree->folders[tree->folder_count++] = xstrdup("");
	random_below(tree, 1);
	size = 100 + random_below(tree, RANDOM_TREE_MOST - 100);
	while (tree->count < size)
		random_tree_add(tree);
	return tree;
}

static inline void random_tree_free(struct random_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		free(tree->entries[i]);
	for (size_t i = 0; i < tree->folder_count; i++)
		free(tree->folders[i]);
	free(tree);
}

#endif
