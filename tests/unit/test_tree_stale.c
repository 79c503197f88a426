/* Lists that a file server cuts off (ESTALE): what is not seen of them is not known, and no list is
 * taken for whole. This program's readdir lies when told. */
#include "storage/layout.h"
#include "storage/tree.h"
#include "storage_world.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>

static int entries_left = -1; /* until it is stale; negative: it tells the truth */

struct dirent *readdir(DIR *folder)
{
	struct dirent *(*real)(DIR *);

	if (entries_left == 0) {
		errno = ESTALE;
		return NULL;
	}
	entries_left -= entries_left > 0;
	*(void **)&real = dlsym(RTLD_NEXT, "readdir64");
	return real(folder);
}

static int list_repositories(const struct store *store, struct err *err)
{
	CLEANUP(tree_names_clear) struct tree_names names = { 0 };

	return tree_repositories(store->layout, TREE_ANY, &names, err);
}

static int list_tags(const struct store *store, struct err *err)
{
	CLEANUP(tree_names_clear) struct tree_names names = { 0 };

	return tree_tags(store->layout, "app", &names, err);
}

static int list_revisions(const struct store *store, struct err *err)
{
	CLEANUP(tree_names_clear) struct tree_names names = { 0 };

	return tree_revisions(store->layout, "app", &names, err);
}

static bool take(void *ctx, const char *digest, const char *stored)
{
	(void)ctx;
	(void)digest;
	(void)stored;
	return true;
}

static int read_revisions(const struct store *store, struct err *err)
{
	return layout_revisions(store->layout, "app", take, NULL, err);
}

static int list_blobs(const struct store *store, struct err *err)
{
	CLEANUP(tree_names_clear) struct tree_names names = { 0 };

	return tree_blob_folders(store->layout, &names, err);
}

static void test_a_stale_list_is_not_whole(void **state)
{
	static int (*const LISTS[])(const struct store *,
				    struct err *) = { list_repositories, list_tags, list_revisions,
						      read_revisions, list_blobs };
	struct store *store = *state;
	char digest[DIGEST_TEXT];

	store_blob(store, "one", digest);
	store_link(store, "app", "_layers", digest);
	store_link(store, "app", "_manifests/revisions", digest);
	temporary_text(store->root, REPOSITORIES "app/_manifests/tags/v1/current/link", digest);
	for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++) {
		for (int whole = 0; whole < 3; whole++) {
			struct err err = { 0 };
			int result;

			entries_left = whole;
			result = LISTS[i](store, &err);
			entries_left = -1;
			if (result >= 0 || err.kind != ERR_IO)
				fail_msg("list %zu, cut after %d names, is taken for whole", i,
					 whole);
		}
		assert_true(LISTS[i](store, &(struct err){ 0 }) >= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { STORE_TEST(test_a_stale_list_is_not_whole) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
