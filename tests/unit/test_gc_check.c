/* Whether a tag needs what the collector listed. */
#include "forecast/gc_check.h"

#include "forecast/collector_marks.h"
#include "util/buf.h"
#include "util/xalloc.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct opinion_case {
	const char *what;
	const char *world;
	const char *listed; /* names, separated by blanks */
	const char *losses; /* "REPOSITORY:TAG BLOB; ..." */
	size_t untagged;
};

static const struct opinion_case CASES[] = {
	{ "nothing is listed", "image a 1\nlayers a c l\ntag v a", "", "", 0 },
	{ "nobody needs what is listed", "image a 1\nlayers a c l\ntag v a\nblob x 5", "x y", "",
	  0 },
	{ "the manifest itself", "image a 1\nlayers a c l\ntag v a", "a", "repo:v a", 0 },
	{ "its config", "image a 1\nlayers a c l\ntag v a", "c", "repo:v c", 0 },
	{ "a layer", "image a 1\nlayers a c l\ntag v a", "l", "repo:v l", 0 },
	{ "the first of several is named", "image a 1\nlayers a c l m\ntag v a", "m l", "repo:v l",
	  0 },
	{ "a layer that tags share: each of them loses",
	  "image a 1\nlayers a c l\nimage b 1\nlayers b d l\nimage e 1\nlayers e f\n"
	  "tag v a\ntag w b\ntag x e",
	  "l", "repo:v l; repo:w l", 0 },
	{ "in several repositories",
	  "image a 1\nlayers a l\ntag v a\nrepository other\nimage b 1\nlayers b l\ntag w b", "l",
	  "repo:v l; other:w l", 0 },
	{ "a child's layer", "image a 1\nlayers a c l\nindex i a\ntag v i", "l", "repo:v l", 0 },
	{ "a child", "image a 1\nindex i a\ntag v i", "a", "repo:v a", 0 },
	{ "a child's child", "image a 1\nlayers a l\nindex i a\nindex j i\ntag v j", "l",
	  "repo:v l", 0 },
	{ "a child that is not there, but its file is", "missing a\nindex i a\ntag v i", "a",
	  "repo:v a", 0 },
	{ "the layer of a child that is not there", "missing a\nlayers a l\nindex i a\ntag v i",
	  "l", "", 0 },
	{ "what describes what a tag needs",
	  "image a 1\nindex i a\nartifact s 1\nlayers s l\nsubject s a\ntag v i", "l", "repo:v l",
	  0 },
	{ "a signature by its name is a tag of its own",
	  "image a 1\nartifact s 1\nlayers s l\ntag v a\ntag sig:a s", "l", "repo:sig:a l", 0 },
	{ "what describes something absent is needed by nobody",
	  "missing a\nartifact s 1\nlayers s l\nsubject s a\nimage b 1\ntag v b", "l", "", 1 },
	{ "a dangling tag needs nothing", "image a 1\nlayers a l\nunlinked a\ndangling v", "l", "",
	  0 },
	{ "a tag whose manifest is not there", "missing a\nlayers a l\ntag v a", "a l", "", 0 },
	{ "an unreadable manifest is needed all the same", "unreadable a\ntag v a", "a", "repo:v a",
	  0 },
	{ "blobs of a revision without a tag are counted",
	  "image a 1\nlayers a c l\nimage b 1\nlayers b d l\ntag v b", "a c", "", 2 },
	{ "not those that a tag needs, too",
	  "image a 1\nlayers a c l\nimage b 1\nlayers b d l\ntag v b", "a l", "repo:v l", 1 },
	{ "not those of what is not linked", "image a 1\nlayers a c l\nunlinked a", "c l", "", 0 },
	{ "a ring ends", "index i j\nindex j i\nimage a 1\nlayers a l\ntag v i\ntag w a", "l",
	  "repo:w l", 0 },
};

static struct strtab *names_to_digests(const char *names)
{
	struct strtab *listed = strtab_new();
	char *copy = xstrdup(names), *rest = copy, *name = NULL, digest[DIGEST_TEXT];

	while ((name = strsep(&rest, " "))) {
		world_digest(name, digest);
		strtab_add(listed, digest, strlen(digest));
	}
	/* Layer links are listed like this. */
	strtab_add(listed, "repo sha256:1", 13);
	free(copy);
	return listed;
}

/* "repo:v l; …": names are found by their digests. */
static char *losses_text(const struct inventory *inventory, const struct gc_check *opinion)
{
	static const char *const names[] = {
		"a", "b", "c", "d", "e", "f", "i", "j", "l", "m", "s"
	};
	struct buf text = { 0 };

	for (size_t i = 0; i < opinion->loss_count; i++) {
		const struct gc_check_loss *loss = &opinion->losses[i];
		const char *tag = inventory->tags[loss->tag].name;
		char digest[DIGEST_TEXT];

		buf_format(&text, "%s%s:%s", i > 0 ? "; " : "",
			   inventory_tag_repository(inventory, loss->tag),
			   strncmp(tag, "sha256-", 7) == 0 ? "sig:a" : tag);
		for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
			if (strcmp(world_digest(names[n], digest),
				   strtab_text(inventory->digests, loss->digest)) == 0)
				buf_format(&text, " %s", names[n]);
		}
	}
	return text.data ? text.data : xstrdup("");
}

static struct gc_check *form(const struct inventory *inventory, const struct strtab *listed)
{
	const struct gc_check_question question = { .inventory = inventory, .listed = listed };

	return gc_check_build(&question);
}

static void opinions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(free_p) char *world = xasprintf("storage\n%s", CASES[i].world);
		struct inventory *inventory = world_new(world);
		struct strtab *listed = names_to_digests(CASES[i].listed);
		struct gc_check *opinion = form(inventory, listed);
		CLEANUP(free_p) char *losses = losses_text(inventory, opinion);

		print_message("# %s\n", CASES[i].what);
		assert_string_equal(losses, CASES[i].losses);
		assert_int_equal(opinion->untagged, CASES[i].untagged);
		gc_check_free(opinion);
		strtab_free(listed);
		inventory_free(inventory);
	}
	gc_check_free(NULL);
}

/* The manifest that needs it is told apart from the one that the tag points at. */
static void the_manifest_is_named(void **state)
{
	struct inventory *inventory =
		world_new("storage\nimage a 1\nlayers a c l\nindex i a\ntag v i");
	struct strtab *listed = names_to_digests("l");
	struct gc_check *opinion = form(inventory, listed);

	(void)state;
	assert_int_equal(opinion->loss_count, 1);
	assert_int_equal(opinion->losses[0].manifest, world_manifest(inventory, "a"));
	gc_check_free(opinion);
	strtab_free(listed);
	inventory_free(inventory);
}

static void an_empty_registry_loses_nothing(void **state)
{
	struct inventory *inventory = inventory_new();
	struct strtab *listed = names_to_digests("a b c");
	struct gc_check *opinion = form(inventory, listed);

	(void)state;
	assert_int_equal(opinion->loss_count, 0);
	assert_int_equal(opinion->untagged, 0);
	gc_check_free(opinion);
	strtab_free(listed);
	inventory_free(inventory);
}

struct marked_case {
	const char *what;
	const char *world;  /* every digest is a blob that is there */
	const char *marked; /* "REPOSITORY MANIFEST; …" */
	const char *goes;   /* the same */
	const char *losses; /* as above */
	size_t freed;
};

#define TWO                                                                                  \
	"image a 1\nlayers a c l\nimage b 1\nlayers b d m\ntag v a\ntag w b\nrepository p\n" \
	"image a 1\nlayers a c l\ntag x a"

static const struct marked_case MARKED[] = {
	{ "all is marked", TWO, "repo a; repo b; p a", "", "", 0 },
	{ "what goes takes what only it refers to", TWO, "repo a; repo b; p a", "repo b", "", 3 },
	{ "a manifest that goes from one of two repositories is kept by the other", TWO,
	  "repo a; repo b; p a", "repo a", "", 0 },
	{ "unless the collector does not see the other", TWO, "repo a; repo b", "repo a", "p:x a",
	  3 },
	{ "what it does not see in one is kept by the other", TWO, "repo a; repo b", "", "", 0 },
	{ "it sees none of them", TWO, "repo b", "", "repo:v a; p:x a", 3 },
	{ "it sees nothing", TWO, "", "", "repo:v a; repo:w b; p:x a", 6 },
	{ "what goes and is not marked is not counted twice", TWO, "repo b; p a", "repo a", "", 0 },
	{ "a child that has no link is marked as a blob, and what it refers to is not",
	  "image a 1\nlayers a c l\nunlinked a\nindex i a\ntag v i", "repo i", "", "repo:v c", 2 },
	{ "unless somebody else refers to it",
	  "image a 1\nlayers a c l\nunlinked a\nindex i a\ntag v i\nimage b 1\nlayers b c l",
	  "repo i; repo b", "", "", 0 },
	{ "and stays",
	  "image a 1\nlayers a c l\nunlinked a\nindex i a\ntag v i\nimage b 1\nlayers b c l",
	  "repo i; repo b", "repo b", "repo:v c", 3 },
	{ "an index that lists an index", "image a 1\nlayers a l\nindex i a\nindex j i\ntag v j",
	  "repo j; repo i", "", "repo:v l", 1 },
	{ "what describes it", "image a 1\nartifact s 1\nlayers s l\nsubject s a\ntag v a",
	  "repo a", "", "repo:v s", 2 },
	{ "a blob that is not there is not lost", "image a 1\nblob l 5 absent\nlayers a l\ntag v a",
	  "", "", "repo:v a", 1 },
};

static uint32_t find_manifest(const struct inventory *inventory, const char *repository,
			      const char *name)
{
	char digest[DIGEST_TEXT];

	return inventory_manifest_find(inventory, inventory_repository_find(inventory, repository),
				       world_digest(name, digest));
}

/* Calls EACH for every "REPOSITORY NAME" in TEXT. */
static void each_pair(const char *text, void (*each)(void *ctx, const char *, const char *),
		      void *ctx)
{
	char *copy = xstrdup(text), *rest = copy, *pair = NULL;

	while ((pair = strsep(&rest, ";"))) {
		char repository[64], name[64];

		if (sscanf(pair, "%63s %63s", repository, name) == 2)
			each(ctx, repository, name);
	}
	free(copy);
}

static void mark_pair(void *ctx, const char *repository, const char *name)
{
	char digest[DIGEST_TEXT];

	world_digest(name, digest);
	collector_marks_add(ctx, repository, strlen(repository), digest, strlen(digest));
}

struct going {
	const struct inventory *inventory;
	bool *goes;
};

static void go_pair(void *ctx, const char *repository, const char *name)
{
	struct going *going = ctx;

	going->goes[find_manifest(going->inventory, repository, name)] = true;
}

/* Every digest that is mentioned has a file, unless the world says otherwise. */
static void store_all(struct inventory *inventory)
{
	uint32_t digests = strtab_count(inventory->digests);

	for (uint32_t d = 0; d < digests; d++)
		inventory_blob(inventory, strtab_text(inventory->digests, d), 1);
}

static void what_is_marked_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof MARKED / sizeof *MARKED; i++) {
		CLEANUP(free_p) char *world = xasprintf("storage\n%s", MARKED[i].world);
		struct inventory *inventory = world_new(world);
		struct strtab *listed = strtab_new();
		struct collector_marks *marks = collector_marks_new();
		CLEANUP(free_p) bool *goes = xcalloc(inventory->manifest_count, sizeof *goes);
		struct going going = { inventory, goes };
		const struct gc_check_question question = {
			.inventory = inventory, .listed = listed, .marks = marks, .goes = goes
		};
		struct gc_check *opinion;
		CLEANUP(free_p) char *losses = NULL;

		store_all(inventory);
		each_pair(MARKED[i].marked, mark_pair, marks);
		each_pair(MARKED[i].goes, go_pair, &going);
		opinion = gc_check_build(&question);
		losses = losses_text(inventory, opinion);
		print_message("# %s\n", MARKED[i].what);
		assert_string_equal(losses, MARKED[i].losses);
		assert_int_equal(opinion->freed, MARKED[i].freed);
		gc_check_free(opinion);
		collector_marks_free(marks);
		strtab_free(listed);
		inventory_free(inventory);
	}
}

static bool all_are_new(void *ctx, uint32_t manifest)
{
	(void)manifest;
	++*(size_t *)ctx;
	return true;
}

/* The collector was asked before it came, and will mark it. */
static void what_came_meanwhile_is_kept(void **state)
{
	struct inventory *inventory = world_new("storage\nimage a 1\nlayers a c l\ntag v a");
	struct strtab *listed = strtab_new();
	struct collector_marks *marks = collector_marks_new();
	size_t asked = 0;
	const struct gc_check_question question = { .inventory = inventory,
						    .listed = listed,
						    .marks = marks,
						    .is_new = all_are_new,
						    .ctx = &asked };
	struct gc_check *opinion;

	(void)state;
	store_all(inventory);
	opinion = gc_check_build(&question);
	assert_int_equal(opinion->loss_count, 0);
	assert_int_equal(asked, 1);
	gc_check_free(opinion);
	collector_marks_free(marks);
	strtab_free(listed);
	inventory_free(inventory);
}

/* What a tag needs is not known where its manifest, or a part of it, cannot be read. */
static void what_cannot_be_read_is_doubted(void **state)
{
	struct inventory *inventory =
		world_new("storage\nimage a 1\nunreadable b\nindex i a b\nindex j b\nunreadable c\n"
			  "tag v i\ntag w j\ntag x a\ndangling y");
	struct strtab *listed = strtab_new();
	struct gc_check *opinion = form(inventory, listed);

	(void)state;
	assert_int_equal(opinion->unknown_count, 2);
	assert_string_equal(inventory->tags[opinion->unknowns[0].tag].name, "y");
	assert_int_equal(opinion->unknowns[0].manifest, INVENTORY_NONE);
	assert_string_equal(inventory->tags[opinion->unknowns[1].tag].name, "v");
	assert_int_equal(opinion->unknowns[1].manifest, find_manifest(inventory, "repo", "b"));
	assert_int_equal(opinion->tags, 4);
	gc_check_free(opinion);
	strtab_free(listed);
	inventory_free(inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opinions),
		cmocka_unit_test(the_manifest_is_named),
		cmocka_unit_test(an_empty_registry_loses_nothing),
		cmocka_unit_test(what_is_marked_counts),
		cmocka_unit_test(what_came_meanwhile_is_kept),
		cmocka_unit_test(what_cannot_be_read_is_doubted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
