/* native/marks: what a storage needs, what is unclear in it, and which links are missing. */
#include "native_world.h"

#include <openssl/evp.h>

#define ABSENT "sha256:1111111111111111111111111111111111111111111111111111111111111111"

static const char *alias_of(const char *body, char text[DIGEST_TEXT])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	assert_int_equal(EVP_Digest(body, strlen(body), hash, &size, EVP_sha512(), NULL), 1);
	memcpy(text, "sha512:", 7);
	native_digest_hex(hash, size, text + 7);
	return text;
}

static void assert_marked(const struct world *world, const struct image *image)
{
	assert_true(world_marked(world, image->manifest));
	assert_true(world_marked(world, image->config));
	assert_true(world_marked(world, image->layer));
}

static void assert_clear(struct world *world, const char *repository)
{
	assert_int_equal(world_mark(world), 0);
	assert_string_equal(world_unclear(world, repository), "");
}

static void assert_unclear(struct world *world, const char *repository, const char *words)
{
	assert_int_equal(world_mark(world), 0);
	assert_non_null(strstr(world_unclear(world, repository), words));
	assert_int_equal(world->marks->unclear_count, 1);
}

static void what_manifests_need_is_marked_and_nothing_else(void **state)
{
	struct world *world = *state;
	struct image image = world_image(world, "team/app", "one");
	char left[DIGEST_TEXT], lost[DIGEST_TEXT];

	world_tag(world, "team/app", "v1", image.manifest);
	world_layer(world, "team/app", "left by a delete", left);
	world_blob(world, "of no repository", lost);
	assert_clear(world, "team/app");
	assert_marked(world, &image);
	assert_int_equal(world_flags(world, left), NATIVE_STORED | NATIVE_LINKED);
	assert_int_equal(world_flags(world, lost), NATIVE_STORED);
	assert_int_equal(world_flags(world, image.layer),
			 NATIVE_STORED | NATIVE_LINKED | NATIVE_MARKED);
	assert_int_equal(world->marks->blobs_stored, 5);
	assert_int_equal(world->marks->blobs_marked, 3);
	assert_int_equal(world->marks->manifests, 1);
	assert_int_equal(world->marks->link_count, 3);
	assert_int_equal(world->marks->missing_count, 0);
	assert_int_equal(world->marks->foreign_names, 0);
}

/* A push that failed before its manifest: both real collectors remove its layers, too. */
static void a_repository_without_manifests_needs_nothing(void **state)
{
	struct world *world = *state;
	char layer[DIGEST_TEXT];

	world_layer(world, "failed", "layer", layer);
	assert_clear(world, "failed");
	assert_false(world_marked(world, layer));
}

static void what_any_repository_needs_is_kept_in_all(void **state)
{
	struct world *world = *state;
	struct image image = world_image(world, "a", "one");

	/* Only `b` still has the manifest, and only `a` the links of layers. */
	world_remove_link(world, "a", "_manifests/revisions", image.manifest);
	world_link(world, "b", "_manifests/revisions", image.manifest, image.manifest);
	temporary_mkdir(world->root, REPOSITORIES "b/_layers");
	assert_clear(world, "b");
	assert_marked(world, &image);
	assert_int_equal(world->marks->missing_count, 2);
	assert_false(world->marks->missing[0].foreign);
	assert_string_equal(world->marks->repositories[world->marks->missing[0].repository].name,
			    "b");
}

/* Nobody links the child. */
static void children_of_an_index_are_followed(void **state)
{
	struct world *world = *state;
	struct image image = world_image(world, "a", "one");
	char index[DIGEST_TEXT], outer[DIGEST_TEXT];

	world_remove_link(world, "a", "_manifests/revisions", image.manifest);
	world_index(world, image.manifest, index);
	world_index(world, index, outer);
	world_link(world, "a", "_manifests/revisions", outer, outer);
	assert_clear(world, "a");
	assert_true(world_marked(world, index));
	assert_marked(world, &image);
}

static void an_absent_child_is_no_contradiction(void **state)
{
	struct world *world = *state;
	char index[DIGEST_TEXT];

	world_index(world, ABSENT, index);
	world_link(world, "a", "_manifests/revisions", index, index);
	temporary_mkdir(world->root, REPOSITORIES "a/_layers");
	assert_clear(world, "a");
	assert_true(world_marked(world, index));
}

static void a_child_that_is_no_manifest_makes_its_index_doubtful(void **state)
{
	struct world *world = *state;
	char index[DIGEST_TEXT], outer[DIGEST_TEXT], child[DIGEST_TEXT], left[DIGEST_TEXT];

	world_index(world, world_blob(world, "no manifest", child), index);
	world_index(world, index, outer);
	world_link(world, "a", "_manifests/revisions", outer, outer);
	world_layer(world, "a", "left", left);
	assert_unclear(world, "a", child);
	assert_true(world_marked(world, left));
}

/* The subject of a referrer is not followed: as in the registry. */
static void a_subject_is_not_marked(void **state)
{
	struct world *world = *state;
	char config[DIGEST_TEXT], subject[DIGEST_TEXT], referrer[DIGEST_TEXT];
	CLEANUP(free_p) char *body = NULL;

	world_layer(world, "a", "{}", config);
	world_blob(world, "a subject", subject);
	body = xasprintf("{\"schemaVersion\":2,\"mediaType\":\"" OCI_TYPE "\",\"config\":"
			 "{\"mediaType\":\"a/b\",\"size\":2,\"digest\":\"%s\"},\"layers\":[],"
			 "\"subject\":{\"mediaType\":\"" OCI_TYPE
			 "\",\"size\":9,\"digest\":\"%s\"}}",
			 config, subject);
	world_blob(world, body, referrer);
	world_link(world, "a", "_manifests/revisions", referrer, referrer);
	assert_clear(world, "a");
	assert_true(world_marked(world, config));
	assert_false(world_marked(world, subject));
}

/* A contradiction, made in repository "a", which has IMAGE and the tag v1; and what is said. */
struct contradiction {
	const char *what;
	void (*make)(const struct world *world, const struct image *image);
	const char *words;
};

static void replace_blob(const struct world *world, const char *digest, const char *text)
{
	CLEANUP(free_p) char *path = world_blob_path(digest);

	world_write(world, path, text);
}

static void remove_manifest(const struct world *world, const struct image *image)
{
	CLEANUP(free_p) char *path = world_blob_path(image->manifest);

	world_remove(world, path);
}

static void empty_manifest(const struct world *world, const struct image *image)
{
	replace_blob(world, image->manifest, "");
}

static void alter_manifest(const struct world *world, const struct image *image)
{
	replace_blob(world, image->manifest, "{\"schemaVersion\":2,\"manifests\":[]}");
}

static void remove_revision(const struct world *world, const struct image *image)
{
	world_remove_link(world, "a", "_manifests/revisions", image->manifest);
}

static void empty_revision(const struct world *world, const struct image *image)
{
	world_link(world, "a", "_manifests/revisions", image->manifest, "");
}

static void revision_of_another(const struct world *world, const struct image *image)
{
	world_link(world, "a", "_manifests/revisions", image->manifest, ABSENT);
}

static void revision_of_words(const struct world *world, const struct image *image)
{
	world_link(world, "a", "_manifests/revisions", image->manifest, "words");
}

static void empty_layer_link(const struct world *world, const struct image *image)
{
	world_link(world, "a", "_layers", image->layer, "");
}

static void empty_tag(const struct world *world, const struct image *image)
{
	(void)image;
	world_tag(world, "a", "v1", "");
}

static void symbolic_revision(const struct world *world, const struct image *image)
{
	CLEANUP(free_p)
	char *path = xasprintf("%s/" REPOSITORIES "a/_manifests/revisions/sha256/%s/link",
			       world->root, image->manifest + 7);
	CLEANUP(free_p) char *real = xasprintf("%s.real", path);

	assert_int_equal(rename(path, real), 0);
	assert_int_equal(symlink(real, path), 0);
}

static void no_layers(const struct world *world, const struct image *image)
{
	CLEANUP(free_p) char *from = xasprintf("%s/" REPOSITORIES "a/_layers", world->root);
	CLEANUP(free_p) char *to = xasprintf("%s/elsewhere", world->root);

	(void)image;
	assert_int_equal(rename(from, to), 0);
}

/* What a body is that has its own digest, and is yet doubtful. */
static void add_body(const struct world *world, const char *body)
{
	char digest[DIGEST_TEXT];

	world_blob(world, body, digest);
	world_link(world, "a", "_manifests/revisions", digest, digest);
}

static void key_twice(const struct world *world, const struct image *image)
{
	(void)image;
	add_body(world, "{\"schemaVersion\":2,\"manifests\":[],\"manifests\":[]}");
}

static void key_in_another_case(const struct world *world, const struct image *image)
{
	(void)image;
	add_body(world, "{\"schemaVersion\":2,\"manifests\":[],\"Manifests\":[]}");
}

static void two_kinds(const struct world *world, const struct image *image)
{
	(void)image;
	add_body(world, "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}");
}

static void unknown_kind(const struct world *world, const struct image *image)
{
	(void)image;
	add_body(world, "{\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\"}");
}

static void unresolved(const struct world *world, const struct image *image)
{
	char layer[DIGEST_TEXT], manifest[DIGEST_TEXT];

	world_manifest(world, image->config, alias_of("nowhere", layer), manifest);
	world_link(world, "a", "_manifests/revisions", manifest, manifest);
}

static const struct contradiction CONTRADICTIONS[] = {
	{ "a manifest that is gone", remove_manifest, "its blob is not there" },
	{ "an empty one", empty_manifest, "its blob is empty" },
	{ "one with other bytes", alter_manifest, "do not hash" },
	{ "a tag without a revision", remove_revision, "tag v1: it has no revision link" },
	{ "an empty revision", empty_revision, "link is empty" },
	{ "a revision that holds another", revision_of_another, "holds another digest" },
	{ "a revision that holds words", revision_of_words, "link holds no digest" },
	{ "an empty layer link", empty_layer_link, "_layers/sha256" },
	{ "an empty tag", empty_tag, "_manifests/tags/v1/current/link is empty" },
	{ "a link that is symbolic", symbolic_revision, "symbolic link" },
	{ "no _layers", no_layers, "not _layers" },
	{ "a key given twice", key_twice, "manifest sha256:" },
	{ "a key in another case", key_in_another_case, "another case" },
	{ "two kinds of manifest", two_kinds, "not one kind" },
	{ "a kind that no registry has", unknown_kind, "none that a registry knows" },
	{ "a reference that leads nowhere", unresolved, "to which no link leads" },
};

/* All that the repository links stays, and another repository is as it was. */
static void contradictions_keep_everything(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CONTRADICTIONS / sizeof *CONTRADICTIONS; i++) {
		char left[DIGEST_TEXT], other[DIGEST_TEXT];
		struct world *world = NULL;
		struct image image;
		void *fresh = NULL;

		world_setup(&fresh);
		world = fresh;
		image = world_image(world, "a", "one");
		world_tag(world, "a", "v1", image.manifest);
		world_layer(world, "a", "left", left);
		world_image(world, "b", "two");
		world_layer(world, "b", "left in b", other);
		CONTRADICTIONS[i].make(world, &image);
		print_message("# %s\n", CONTRADICTIONS[i].what);
		assert_unclear(world, "a", CONTRADICTIONS[i].words);
		assert_false(world_marked(world, other));
		assert_true(world_marked(world, image.manifest));
		if (CONTRADICTIONS[i].make != no_layers) {
			assert_true(world_marked(world, left));
			assert_marked(world, &image);
		}
		world_teardown(&fresh);
	}
}

static void a_name_that_no_repository_can_have_is_unclear(void **state)
{
	struct world *world = *state;
	struct image image = world_image(world, "Capital", "one");

	assert_unclear(world, "Capital", "can have this name");
	assert_marked(world, &image);
}

/* A layer that was pushed by sha512 is stored by sha256. */
static void aliases_are_kept_from_both_sides(void **state)
{
	struct world *world = *state;
	char named[DIGEST_TEXT], stored[DIGEST_TEXT], left[DIGEST_TEXT], config[DIGEST_TEXT],
		manifest[DIGEST_TEXT];

	world_layer(world, "a", "layer", stored);
	world_link(world, "a", "_layers", alias_of("layer", named), stored);
	world_layer(world, "a", "unused", left);
	world_layer(world, "b", "config", config);
	world_manifest(world, config, named, manifest);
	world_link(world, "b", "_manifests/revisions", manifest, manifest);
	assert_clear(world, "b");
	assert_string_equal(world_unclear(world, "a"), "");
	assert_true(world_marked(world, stored));
	assert_true(world_marked(world, named));
	assert_false(world_marked(world, left));
	assert_int_equal(world->marks->missing_count, 1);
	assert_int_equal(world->marks->missing[0].stored,
			 native_digests_find_text(world->marks->digests, stored));
	assert_int_equal(world->marks->missing[0].named,
			 native_digests_find_text(world->marks->digests, named));
}

/* Folders that hide what may need any blob: nothing is said at all. */
static void what_cannot_be_listed_ends_it(void **state)
{
	static const char *const folders[] = {
		REPOSITORIES "a",
		REPOSITORIES "a/_layers",
		REPOSITORIES "a/_layers/sha256",
		REPOSITORIES "a/_manifests",
		REPOSITORIES "a/_manifests/revisions",
		REPOSITORIES "a/_manifests/revisions/sha256",
		REPOSITORIES "a/_manifests/tags",
	};

	(void)state;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		struct world *world = NULL;
		void *fresh = NULL;
		CLEANUP(free_p) char *from = NULL;
		CLEANUP(free_p) char *to = NULL;
		struct image image;

		world_setup(&fresh);
		world = fresh;
		image = world_image(world, "a", "one");
		world_tag(world, "a", "v1", image.manifest);
		from = xasprintf("%s/%s", world->root, folders[i]);
		to = xasprintf("%s/elsewhere", world->root);
		assert_int_equal(rename(from, to), 0);
		assert_int_equal(symlink(to, from), 0);
		assert_int_equal(world_mark(world), -1);
		assert_int_equal(world->err.kind, ERR_COLLECTOR);
		assert_non_null(strstr(world->err.msg, "symbolic link"));
		world_teardown(&fresh);
	}
}

/* As a file system looks that was to be mounted at `repositories`. */
static void blobs_without_any_repository_end_it(void **state)
{
	struct world *world = *state;
	char digest[DIGEST_TEXT];

	assert_int_equal(world_mark(world), 0);
	world_blob(world, "blob", digest);
	assert_int_equal(world_mark(world), -1);
	assert_int_equal(world->err.kind, ERR_COLLECTOR);
	assert_non_null(strstr(world->err.msg, "not one repository"));
}

static void foreign_names_are_counted_and_the_first_is_named(void **state)
{
	static const char *const names[] = {
		V2 "blobs/.DS_Store",
		V2 "blobs/sha256/zz/x",
		V2 "blobs/sha256/00/@eaDir/x",
		REPOSITORIES ".DS_Store",
		REPOSITORIES "a/file",
		REPOSITORIES "a/_strange/x",
		REPOSITORIES "a/_layers/sha256/@eaDir/x",
		REPOSITORIES "a/_layers/md5/x",
		REPOSITORIES "a/_manifests/tags/@eaDir/x",
		REPOSITORIES "a/_manifests/revisions/sha256/.nfs01",
	};
	static const char *const own[] = { REPOSITORIES "a/_uploads/1/data" };
	struct world *world = *state;
	struct image image = world_image(world, "a", "one");
	size_t count = sizeof names / sizeof *names;

	for (size_t i = 0; i < count; i++)
		world_write(world, names[i], "x");
	world_write(world, own[0], "x");
	assert_clear(world, "a");
	assert_marked(world, &image);
	assert_int_equal(world->marks->foreign_names, count);
	assert_string_equal(world->marks->foreign_name, "blobs/.DS_Store");
}

/* More links than one thread reads at a time. */
static void large_repositories_are_read_in_pieces(void **state)
{
	enum { COUNT = 1100 };
	struct world *world = *state;
	char(*left)[DIGEST_TEXT] = xcalloc(COUNT, sizeof *left);
	struct image *images = xcalloc(COUNT, sizeof *images);
	char name[32];

	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof name, "n%d", i);
		images[i] = world_image(world, "a", name);
		world_tag(world, "a", name, images[i].manifest);
		world_layer(world, "a", name, left[i]);
	}
	assert_clear(world, "a");
	for (int i = 0; i < COUNT; i++) {
		assert_marked(world, &images[i]);
		assert_false(world_marked(world, left[i]));
	}
	world_tag(world, "a", "n700", ABSENT);
	assert_unclear(world, "a", "tag n700: it has no revision link for " ABSENT);
	assert_true(world_marked(world, left[1099]));
	free(left);
	free(images);
}

static void marks_made_again_see_what_changed(void **state)
{
	struct world *world = *state;
	struct image one = world_image(world, "a", "one"), two;
	struct native_store *store = NULL;
	struct native_marks *before = NULL;
	char left[DIGEST_TEXT];

	world_layer(world, "a", "left", left);
	assert_clear(world, "a");
	before = world->marks;
	world->marks = NULL;
	two = world_image(world, "new", "two");
	world_link(world, "new", "_layers", left, left);
	store = native_store_open(world->root, &world->err);
	assert_int_equal(native_mark_again(store, before, &world->marks, &world->err), 0);
	native_marks_free(before);
	assert_marked(world, &one);
	assert_marked(world, &two);
	assert_false(world_marked(world, left));
	assert_int_equal(world->marks->link_count, 6);
	assert_int_equal(world->marks->unclear_count, 0);
	/* A manifest that vanished is not remembered. */
	before = world->marks;
	world->marks = NULL;
	remove_manifest(world, &one);
	{
		CLEANUP(free_p) char *path = world_blob_path(one.manifest);

		*strrchr(path, '/') = '\0';
		world_remove(world, path);
	}
	assert_int_equal(native_mark_again(store, before, &world->marks, &world->err), 0);
	assert_non_null(strstr(world_unclear(world, "a"), "its blob is not there"));
	native_marks_free(before);
	native_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_manifests_need_is_marked_and_nothing_else),
		WORLD_TEST(a_repository_without_manifests_needs_nothing),
		WORLD_TEST(what_any_repository_needs_is_kept_in_all),
		WORLD_TEST(children_of_an_index_are_followed),
		WORLD_TEST(an_absent_child_is_no_contradiction),
		WORLD_TEST(a_child_that_is_no_manifest_makes_its_index_doubtful),
		WORLD_TEST(a_subject_is_not_marked),
		cmocka_unit_test(contradictions_keep_everything),
		WORLD_TEST(a_name_that_no_repository_can_have_is_unclear),
		WORLD_TEST(aliases_are_kept_from_both_sides),
		cmocka_unit_test(what_cannot_be_listed_ends_it),
		WORLD_TEST(blobs_without_any_repository_end_it),
		WORLD_TEST(foreign_names_are_counted_and_the_first_is_named),
		WORLD_TEST(large_repositories_are_read_in_pieces),
		WORLD_TEST(marks_made_again_see_what_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
