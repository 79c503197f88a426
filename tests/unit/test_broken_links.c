/* What the collector would stumble over is found, and told apart. */
#include "storage/broken_links.h"
#include "storage/layout.h"
#include "temporary.h"

#define V2           "docker/registry/v2/"
#define REPOSITORIES V2 "repositories/"
#define HEX1         "1111111111111111111111111111111111111111111111111111111111111111"
#define HEX2         "2222222222222222222222222222222222222222222222222222222222222222"
#define REVISION     "_manifests/revisions/sha256/" HEX1 "/link"
#define NOTHING      BROKEN_KINDS

struct obstacle_case {
	const char *what;
	const char *path; /* of a file, below the repositories; "../…": beside them */
	const char *text; /* NULL: of a folder */
	enum broken_link kind;
};

static const struct obstacle_case CASES[] = {
	{ "a sound revision", "a/" REVISION, "sha256:" HEX1, NOTHING },
	{ "an empty one", "a/" REVISION, "", BROKEN_REVISION },
	{ "in a nested repository called link", "link/b/" REVISION, "", BROKEN_REVISION },
	{ "with a newline", "a/" REVISION, "sha256:" HEX1 "\n", BROKEN_REVISION },
	{ "too long", "a/" REVISION, "sha256:" HEX1 HEX1 HEX1 HEX1, BROKEN_REVISION },
	{ "zeros", "a/" REVISION, "no digest", BROKEN_REVISION },
	{ "at an odd place", "a/_manifests/revisions/odd/link", "", BROKEN_REVISION },
	{ "sound at an odd place", "a/_manifests/revisions/odd/link", "sha256:" HEX1, NOTHING },
	{ "another digest than its folder's", "a/" REVISION, "sha256:" HEX2,
	  BROKEN_OTHER_REVISION },
	{ "another algorithm", "a/_manifests/revisions/sha512/" HEX1 HEX2 "/link",
	  "sha512:" HEX1 HEX2, NOTHING },
	{ "an alias of another algorithm", "a/_manifests/revisions/sha512/" HEX1 HEX2 "/link",
	  "sha256:" HEX1, NOTHING },
	{ "another digest of the other algorithm",
	  "a/_manifests/revisions/sha512/" HEX1 HEX2 "/link", "sha512:" HEX2 HEX2,
	  BROKEN_OTHER_REVISION },
	{ "a temporary file", "a/_manifests/revisions/sha256/" HEX1 "/link.7.tmp", "", NOTHING },
	{ "a tag's sound link", "a/_manifests/tags/v/current/link", "sha256:" HEX1, NOTHING },
	{ "a tag's empty link", "a/_manifests/tags/v/current/link", "", BROKEN_TAG },
	{ "of a tag called link", "a/_manifests/tags/link/current/link", "x", BROKEN_TAG },
	{ "a tag's history", "a/_manifests/tags/v/index/sha256/" HEX1 "/link", "", NOTHING },
	{ "a layer's sound link", "a/_layers/sha256/" HEX1 "/link", "sha256:" HEX1, NOTHING },
	{ "an alias of a layer", "a/_layers/sha256/" HEX1 "/link", "sha256:" HEX2, NOTHING },
	{ "a layer's empty link", "a/_layers/sha256/" HEX1 "/link", "", BROKEN_LAYER },
	{ "an upload", "a/_uploads/1/link", "", NOTHING },
	{ "no repository", "z/link", "", NOTHING },
	{ "a Mac's file", "a/_manifests/.DS_Store", "", BROKEN_STRAY },
	{ "a NAS's folder in a nested repository", "a/b/@eaDir", NULL, BROKEN_STRAY },
	{ "among the tags", "a/_manifests/tags/._v", "", BROKEN_STRAY },
	{ "of a file system", "../blobs/lost+found", NULL, BROKEN_STRAY },
	{ "among blobs", "../blobs/sha256/11/.DS_Store", "", BROKEN_STRAY },
	{ "something else among blobs", "../blobs/sha256/11/x", "", NOTHING },
	{ "a blob", "../blobs/sha256/11/" HEX1 "/data", "", NOTHING },
	{ "a copy of a blob", "../blobs/old/sha256/11/" HEX1 "/data", "", NOTHING },
	{ "one in the wrong folder", "../blobs/sha256/22/" HEX1 "/data", "", BROKEN_FOREIGN },
	{ "a copy by another name", "../blobs/sha256/11/" HEX1 ".old/data", "", BROKEN_FOREIGN },
	{ "data at the top", "../blobs/data", "", BROKEN_FOREIGN },
	{ "data deep down", "../blobs/sha256/x/y/z/data", "", BROKEN_FOREIGN },
	{ "a folder called data", "../blobs/sha256/x/data", NULL, NOTHING },
	{ "a link that no driver opens", "a/_manifests/revisions/sha256/@x/link", "sha256:" HEX1,
	  BROKEN_FOREIGN },
	{ "no repository either", "_manifests/revisions/link", "", NOTHING },
};

/* A storage with the repository `a`, whole, and what PATH says. */
static struct layout *make_store(const char *root, const char *path, const char *text)
{
	bool beside = strncmp(path, "../", 3) == 0;
	CLEANUP(free_p)
	char *file = xasprintf("%s%s", beside ? V2 : REPOSITORIES, path + (beside ? 3 : 0));
	struct err err;
	struct layout *layout = NULL;

	temporary_mkdir(root, V2 "blobs");
	temporary_mkdir(root, REPOSITORIES "a/_layers");
	temporary_mkdir(root, REPOSITORIES "a/_manifests");
	temporary_mkdir(root, REPOSITORIES "link/b/_layers");
	if (text)
		temporary_text(root, file, text);
	else
		temporary_mkdir(root, file);
	layout = layout_open(root, &err);
	assert_non_null(layout);
	return layout;
}

static void assert_only(const struct broken_links *found, enum broken_link kind, const char *names)
{
	for (size_t i = 0; i < BROKEN_KINDS; i++) {
		assert_int_equal(found->counts[i], i == kind);
		assert_string_equal(buf_string(&found->names[i]), i == kind ? names : "");
	}
}

static void each_is_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		bool beside = strncmp(CASES[i].path, "../", 3) == 0;
		CLEANUP(free_p)
		char *name = xasprintf("%s%s", beside ? V2 : REPOSITORIES,
				       CASES[i].path + (beside ? 3 : 0));
		char *root = temporary_folder();
		struct layout *layout = make_store(root, CASES[i].path, CASES[i].text);
		struct broken_links found = { 0 };
		struct err err;

		print_message("# %s\n", CASES[i].what);
		assert_int_equal(broken_links_find(layout, &found, &err), 0);
		assert_only(&found, CASES[i].kind, name);
		broken_links_clear(&found);
		layout_close(layout);
		temporary_remove(root);
	}
}

/* What waits for ever when it is opened; a symbolic link may lead to it. */
static void what_is_no_regular_file(void **state)
{
	static const char *const PLACES[] = {
		REPOSITORIES "a/" REVISION,
		REPOSITORIES "a/_layers/sha256/" HEX1 "/link",
		REPOSITORIES "a/_manifests/tags/v/current/link",
		V2 "blobs/sha256/11/" HEX1 "/data",
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof PLACES / sizeof *PLACES; i++) {
		const char *place = PLACES[i / 2];
		char *root = temporary_folder();
		struct layout *layout = make_store(root, "a/" REVISION, "sha256:" HEX1);
		CLEANUP(free_p) char *path = xasprintf("%s/%s", root, place);
		CLEANUP(free_p)
		char *folder = xstrndup(place, (size_t)(strrchr(place, '/') - place));
		CLEANUP(free_p) char *pipe = xasprintf("%s/pipe", root);
		struct broken_links found = { 0 };
		struct err err;

		temporary_mkdir(root, folder);
		(void)unlink(path);
		assert_int_equal(mkfifo(i % 2 ? pipe : path, 0644), 0);
		assert_int_equal(i % 2 ? symlink(pipe, path) : 0, 0);
		assert_int_equal(broken_links_find(layout, &found, &err), 0);
		assert_only(&found, BROKEN_NO_FILE, place);
		broken_links_clear(&found);
		layout_close(layout);
		temporary_remove(root);
	}
}

static void a_repository_without_layers(void **state)
{
	char *root = temporary_folder();
	struct layout *layout = make_store(root, "b/c/" REVISION, "sha256:" HEX1);
	struct broken_links found = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(broken_links_find(layout, &found, &err), 0);
	assert_only(&found, BROKEN_NO_LAYERS, REPOSITORIES "b/c/_manifests");
	broken_links_clear(&found);
	layout_close(layout);
	temporary_remove(root);
}

/* A copy of a repository by a name that none can have; one that a host's name begins can. */
static void a_repository_of_no_name(void **state)
{
	static const struct {
		const char *name;
		bool foreign;
	} NAMES[] = {
		{ "#snapshot/a", true }, { "b/@eaDir", true },  { "b.old", false },
		{ "B", true },           { "Host/b", false },   { "b/C", true },
		{ "b/.old", true },      { "host:50/b", true }, { "b/c d", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		CLEANUP(free_p) char *link = xasprintf("%s/" REVISION, NAMES[i].name);
		CLEANUP(free_p) char *layers = xasprintf(REPOSITORIES "%s/_layers", NAMES[i].name);
		char *root = temporary_folder();
		struct layout *layout = make_store(root, link, "sha256:" HEX1);
		struct broken_links found = { 0 };
		struct err err;

		temporary_mkdir(root, layers);
		print_message("# %s\n", NAMES[i].name);
		assert_int_equal(broken_links_find(layout, &found, &err), 0);
		assert_int_equal(found.counts[BROKEN_FOREIGN] > 0, NAMES[i].foreign);
		broken_links_clear(&found);
		layout_close(layout);
		temporary_remove(root);
	}
}

static void folders_that_are_missing(void **state)
{
	char *root = temporary_folder();
	struct layout *layout = NULL;
	struct broken_links found = { 0 };
	struct err err;

	(void)state;
	temporary_mkdir(root, REPOSITORIES "a/_layers");
	layout = layout_open(root, &err);
	assert_int_equal(broken_links_find(layout, &found, &err), 0);
	assert_only(&found, BROKEN_FOLDER, V2 "blobs");
	broken_links_clear(&found);
	layout_close(layout);
	temporary_remove(root);

	root = temporary_folder();
	temporary_mkdir(root, "docker/registry/v2");
	layout = layout_open(root, &err);
	assert_int_equal(broken_links_find(layout, &found, &err), 0);
	assert_int_equal(found.counts[BROKEN_FOLDER], 2);
	assert_string_equal(buf_string(&found.names[BROKEN_FOLDER]),
			    V2 "repositories, " V2 "blobs");
	broken_links_clear(&found);
	layout_close(layout);
	temporary_remove(root);
}

/* All are counted, the first few of each thread are named. */
static void many(void **state)
{
	char *root = temporary_folder();
	struct layout *layout = make_store(root, "a/" REVISION, "");
	struct broken_links found = { 0 };
	struct err err;
	size_t names = 1;

	(void)state;
	for (int i = 0; i < 60; i++) {
		CLEANUP(free_p)
		char *path = xasprintf(REPOSITORIES "r%d/_layers/sha256/" HEX1 "/link", i);

		temporary_text(root, path, i % 2 ? "" : "sha256:111");
	}
	assert_int_equal(broken_links_find(layout, &found, &err), 0);
	assert_int_equal(found.counts[BROKEN_REVISION], 1);
	assert_int_equal(found.counts[BROKEN_LAYER], 60);
	for (const char *at = buf_string(&found.names[BROKEN_LAYER]); (at = strstr(at, ", ")); at++)
		names++;
	assert_in_range(names, OBSTACLES_NAMED, 2 * OBSTACLES_NAMED - 1);
	broken_links_clear(&found);
	layout_close(layout);
	temporary_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_told_apart),
		cmocka_unit_test(what_is_no_regular_file),
		cmocka_unit_test(a_repository_without_layers),
		cmocka_unit_test(a_repository_of_no_name),
		cmocka_unit_test(folders_that_are_missing),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
