/* Whether a tag needs what the collector listed. */
#include "second_opinion.h"

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
static char *losses_text(const struct inventory *inventory, const struct second_opinion *opinion)
{
	static const char *const names[] = {
		"a", "b", "c", "d", "e", "f", "i", "j", "l", "m", "s"
	};
	struct buf text = { 0 };

	for (size_t i = 0; i < opinion->loss_count; i++) {
		const struct second_opinion_loss *loss = &opinion->losses[i];
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

static void opinions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(free_p) char *world = xasprintf("storage\n%s", CASES[i].world);
		struct inventory *inventory = world_new(world);
		struct strtab *listed = names_to_digests(CASES[i].listed);
		struct second_opinion *opinion = second_opinion_form(inventory, listed);
		CLEANUP(free_p) char *losses = losses_text(inventory, opinion);

		print_message("# %s\n", CASES[i].what);
		assert_string_equal(losses, CASES[i].losses);
		assert_int_equal(opinion->untagged, CASES[i].untagged);
		second_opinion_free(opinion);
		strtab_free(listed);
		inventory_free(inventory);
	}
	second_opinion_free(NULL);
}

/* The manifest that needs it is told apart from the one that the tag points at. */
static void the_manifest_is_named(void **state)
{
	struct inventory *inventory =
		world_new("storage\nimage a 1\nlayers a c l\nindex i a\ntag v i");
	struct strtab *listed = names_to_digests("l");
	struct second_opinion *opinion = second_opinion_form(inventory, listed);

	(void)state;
	assert_int_equal(opinion->loss_count, 1);
	assert_int_equal(opinion->losses[0].manifest, world_manifest(inventory, "a"));
	second_opinion_free(opinion);
	strtab_free(listed);
	inventory_free(inventory);
}

static void an_empty_registry_loses_nothing(void **state)
{
	struct inventory *inventory = inventory_new();
	struct strtab *listed = names_to_digests("a b c");
	struct second_opinion *opinion = second_opinion_form(inventory, listed);

	(void)state;
	assert_int_equal(opinion->loss_count, 0);
	assert_int_equal(opinion->untagged, 0);
	second_opinion_free(opinion);
	strtab_free(listed);
	inventory_free(inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opinions),
		cmocka_unit_test(the_manifest_is_named),
		cmocka_unit_test(an_empty_registry_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
