/* What becomes of tags of a registry that tells the digests of tags and nothing else of what these
 * are: Scaleway's. A row is a sentence, rules as config.json has them, a small registry (world.h),
 * and what must become of it (plan_words.h). The age is that of the push. */
#include "config_file.h"

#include "lists/image_refs.h"
#include "plan/in_use.h"
#include "plan_words.h"
#include "policy/policy.h"

struct row {
	const char *sentence, *rules, *world, *expected;
	const char *in_use; /* what a command printed; NULL: nothing is asked */
};

#define DAYS             "\"cleanup\": {\"days_to_keep\": 90}"
#define DAYS_AND(fields) "\"cleanup\": {\"days_to_keep\": 90, " fields "}"
#define IN_USE           ", \"protect\": {\"in_use\": [[\"ps\"]]}"
#define JOB(fields)      "\"jobs\": [{\"name\": \"j\", \"repositories\": [\"ns/*\"], " fields "}]"

static const struct row ROWS[] = {
	{ "exactly as old as the limit is not old, older is", DAYS,
	  "opaque A B\ntag a A 90\ntag b B 91", "a stays recent\nb goes old\ndelete: B", NULL },
	{ "no date is no age, and a date in the future is young", DAYS,
	  "opaque A B\ntag a A none\ntag b B -2",
	  "a stays unknown_age\nb stays recent\ndelete:", NULL },
	{ "a name needs no date", "\"cleanup\": {\"tag_name_pattern\": \"^pr-\"}",
	  "opaque A B\ntag pr-1 A none\ntag b B 400",
	  "pr-1 goes name_match\nb stays not_selected\ndelete: A", NULL },
	{ "tags of one digest go together", DAYS, "opaque A\ntag a A 91\ntag b A 100",
	  "a goes old\nb goes old\ndelete: A", NULL },
	{ "or not at all", DAYS, "opaque A\ntag a A 91\ntag b A 3",
	  "a stays old shared_digest(b)\nb stays recent\ndelete:", NULL },
	{ "an age that is not known holds what shares its digest", DAYS,
	  "opaque A\ntag a A 91\ntag b A none",
	  "a stays old shared_digest(b)\nb stays unknown_age\ndelete:", NULL },
	{ "a protected name holds it, too", DAYS, "opaque A\ntag a A 91\ntag latest A 91",
	  "a stays old shared_digest(latest)\nlatest stays old protected_tag\ndelete:", NULL },

	{ "what is not ready stays, however old, and holds what shares its digest", DAYS,
	  "opaque A B\ntag a A 91\ntag b A 91 unready\ntag c B 91",
	  "a stays old shared_digest(b)\nb stays old not_ready\nc goes old\ndelete: B", NULL },
	{ "it is no digest that a name could select", "\"cleanup\": {\"tag_name_pattern\": \".\"}",
	  "opaque A\ntag a A 1 unready", "a stays name_match not_ready\ndelete:", NULL },
	{ "the newest that is not ready takes no place among the newest images",
	  DAYS_AND("\"keep_last_images\": 1"),
	  "opaque A B C\ntag a A 100\ntag b B 200\ntag c C 1 unready",
	  "a stays old keep_last\nb goes old\nc stays recent not_ready\ndelete: B", NULL },
	{ "nor among those that a job saves", JOB("\"tag_regexps\": [\".\"], \"save_last\": 1"),
	  "repository ns/app\nopaque A B C\ntag a A 3\ntag b B 2\ntag c C 1 unready",
	  "a goes job\nb stays save_last\nc stays not_selected not_ready\ndelete: A", NULL },
	{ "one that is not ready makes its image no place, a ready one does",
	  DAYS_AND("\"keep_last_images\": 1"),
	  "opaque A B\ntag a A 100\ntag a2 A 100 unready\ntag b B 200",
	  "a stays old keep_last\na2 stays old keep_last not_ready\nb goes old\ndelete: B", NULL },

	{ "a signature goes with its image, whatever its own age", DAYS,
	  "opaque A S\ntag a A 91\ntag sig:A S 1",
	  "a goes old\nsig:A goes subject_deleted\n"
	  "delete: A S",
	  NULL },
	{ "and stays with it", DAYS, "opaque A S\ntag a A 1\ntag sig:A S 400",
	  "a stays recent\nsig:A stays subject_kept\ndelete:", NULL },
	{ "a bare one as well: nobody can tell what it is", DAYS,
	  "opaque A B F G\ntag a A 91\ntag bare:A F 1\ntag b B 1\ntag bare:B G 400",
	  "a goes old\nbare:A goes subject_deleted\nb stays recent\nbare:B stays subject_kept\n"
	  "delete: A F",
	  NULL },
	{ "one without its image stays", DAYS,
	  "opaque F S\nmissing X\ntag bare:X F 400\ntag sig:X S 400",
	  "bare:X stays orphan\nsig:X stays orphan\ndelete:", NULL },
	{ "one whose image a run of ours deleted goes", DAYS,
	  "opaque F\nmissing X\ngone X\ntag bare:X F 1", "bare:X goes subject_deleted\ndelete: F",
	  NULL },
	{ "nobody knows whether one may be there whose image was not looked for", DAYS,
	  "opaque F\ntag bare:X F 400", "bare:X stays subject_kept\ndelete:", NULL },
	{ "a signature that is not ready holds its own digest alone", DAYS,
	  "opaque A S\ntag a A 91\ntag sig:A S 91 unready",
	  "a goes old\nsig:A stays not_ready\ndelete: A", NULL },
	{ "what is tagged by its own digest goes with another tag", DAYS,
	  "opaque A B\ntag bare:A A 91\ntag bare:B B 91\ntag b B 91",
	  "bare:A stays old subject_kept\nbare:B goes old\nb goes old\ndelete: B", NULL },

	{ "what may be a part of an image that stays, by its name, stays with it", DAYS,
	  "opaque A B C D\ntag 1.0 A 1\ntag 1.0-amd64 B 91\ntag 1.0-linux-arm-v7 C 91\n"
	  "tag arm64v8-1.0 D 91",
	  "1.0 stays recent\n1.0-amd64 stays old part_kept(1.0)\n"
	  "1.0-linux-arm-v7 stays old part_kept(1.0)\narm64v8-1.0 stays old part_kept(1.0)\n"
	  "delete:",
	  NULL },
	{ "and goes with it", DAYS, "opaque A B\ntag 1.0 A 91\ntag 1.0-amd64 B 91",
	  "1.0 goes old\n1.0-amd64 goes old\ndelete: A B", NULL },
	{ "with what shares its digest, and with its signature", DAYS,
	  "opaque A B S\ntag 1.0 A 1\ntag 1.0-amd64 B 91\ntag b B 91\ntag sig:B S 91",
	  "1.0 stays recent\n1.0-amd64 stays old part_kept(1.0)\n"
	  "b stays old shared_digest(1.0-amd64)\nsig:B stays subject_kept\ndelete:",
	  NULL },
	{ "no other name does, nor one of the same digest, nor in another image", DAYS,
	  "repository ns/app\nopaque A B C D\ntag 1.0 A 1\ntag 1.0-alpine B 91\n"
	  "tag 1.0-amd64x C 91\ntag amd64 D 91\n"
	  "repository ns/other\nopaque E\ntag 1.0-amd64 E 91",
	  "1.0 stays recent\n1.0-alpine goes old\n1.0-amd64x goes old\namd64 goes old\n"
	  "1.0-amd64 goes old\ndelete: D C B E",
	  NULL },

	{ "a tag in use stays, with what shares its digest", DAYS IN_USE,
	  "repository ns/app\nopaque A B\ntag a A 91\ntag a2 A 91\ntag b B 91",
	  "a stays old in_use\na2 stays old in_use\nb goes old\ndelete: B", "rg.test/ns/app:a" },
	{ "a digest in use that a tag shows is that tag's", DAYS IN_USE,
	  "repository ns/app\nopaque A B\ntag a A 91\ntag b B 91",
	  "a stays old in_use\nb goes old\ndelete: B", "rg.test/ns/app@{A}" },
	{ "one that no tag shows may be a part of any image there", DAYS IN_USE,
	  "repository ns/app\nopaque A B\ntag a A 91\ntag b B 91\n"
	  "repository ns/other\nopaque C\ntag c C 91",
	  "a stays old in_use\nb stays old in_use\nc goes old\ndelete: C", "rg.test/ns/app@{X}" },
	{ "with a tag as well", DAYS IN_USE,
	  "repository ns/app\nopaque A B\ntag a A 91\ntag b B 91",
	  "a stays old in_use\nb stays old in_use\ndelete:", "rg.test/ns/app:a@{X}" },
	{ "that a signature names it shows no tag", DAYS IN_USE,
	  "repository ns/app\nopaque A S\nmissing X\ntag a A 91\ntag sig:X S 91",
	  "a stays old in_use\nsig:X stays in_use orphan\ndelete:", "rg.test/ns/app@{X}" },
	{ "that of another host says nothing of parts", DAYS IN_USE,
	  "repository ns/app\nopaque A\ntag a A 91", "a goes old\ndelete: A",
	  "elsewhere.test/ns/app@{X}" },
	{ "but one that a tag shows is in use whatever the host", DAYS IN_USE,
	  "repository ns/app\nopaque A\ntag a A 91",
	  "a stays old in_use\ndelete:", "elsewhere.test/ns/app@{A}" },
	{ "a bare ID that is a tag's digest is in use, and no part of anything", DAYS IN_USE,
	  "repository ns/app\nopaque A B\ntag a A 91\ntag b B 91",
	  "a stays old in_use\nb goes old\ndelete: B", "{A}" },
	{ "an image of which one in use may be a part, by its name, is in use", DAYS IN_USE,
	  "repository ns/app\nopaque A B C D\ntag 1.0 A 91\ntag 1.0-amd64 B 91\n"
	  "tag 1.0-arm64 C 91\ntag 2.0 D 91",
	  "1.0 stays old in_use\n1.0-amd64 stays old in_use part_kept(1.0)\n"
	  "1.0-arm64 stays old part_kept(1.0)\n2.0 goes old\ndelete: D",
	  "rg.test/ns/app@{B}" },
	{ "and one of which that may be a part", DAYS IN_USE,
	  "repository ns/app\nopaque A B C\ntag 1.0-linux-amd64 C 91\ntag 1.0-arm64 A 91\n"
	  "tag 1.0-arm64-amd64 B 91",
	  "1.0-linux-amd64 goes old\n1.0-arm64 stays old in_use\n"
	  "1.0-arm64-amd64 stays old in_use part_kept(1.0-arm64)\ndelete: C",
	  "rg.test/ns/app@{B}" },
	{ "any other bare ID tells nothing", DAYS IN_USE, "repository ns/app\nopaque A\ntag a A 91",
	  "a goes old\ndelete: A", "{X}" },
};

#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

/* TEXT with {A} as the digest of A. */
static void expand(const char *text, struct buf *out)
{
	char digest[DIGEST_TEXT];

	for (const char *at = text; *at; at++) {
		char name[2] = { at[0] == '{' ? at[1] : '\0', '\0' };

		if (*name) {
			buf_text(out, world_digest(name, digest));
			at += 2;
		} else {
			buf_add(out, at, 1);
		}
	}
}

static struct image_refs *new_in_use(const char *text)
{
	static const char *const NAMES[] = { "rg.test" };
	struct image_refs *in_use = image_refs_new(NAMES, 1);
	CLEANUP(buf_free) struct buf printed = { 0 };

	expand(text, &printed);
	image_refs_add(in_use, printed.data, printed.length);
	return in_use;
}

static void check_row(void **state)
{
	const struct row *row = *state;
	CLEANUP(free_p)
	char *text = xasprintf("{" REGISTRY ", %s, " PATHS "}", row->rules);
	struct loaded loaded = load(text);
	struct inventory *inventory = world_new(row->world);
	struct image_refs *in_use = row->in_use ? new_in_use(row->in_use) : NULL;
	struct buf actual = { 0 };
	struct policy *policy;
	struct plan *plan;

	assert_notes(&loaded.faults, "");
	loaded.config.cleanup.age_from = AGE_PUSHED;
	policy = policy_new(&loaded.config);
	policy->in_use = in_use;
	plan = plan_build(inventory, policy, WORLD_NOW);
	words_plan(&actual, inventory, plan);
	assert_string_equal(buf_string(&actual), row->expected);
	buf_free(&actual);
	plan_free(plan);
	policy_free(policy);
	image_refs_free(in_use);
	inventory_free(inventory);
	clear(&loaded);
}

/* IDs that are of no tag here protect nothing, with an algorithm or without. */
static void counts_ids_that_protect_nothing(void **state)
{
	struct inventory *inventory = world_new("opaque A S\nmissing X\ntag a A 1\ntag sig:X S 1");
	struct image_refs *in_use = new_in_use("{A} {B} {X} 0123456789ab rg.test/ns/app:a");
	struct plan_in_use_unknown unknown = plan_in_use_unknown(inventory, in_use);

	(void)state;
	assert_int_equal(unknown.count, 3);
	image_refs_free(in_use);
	inventory_free(inventory);
}

int main(void)
{
	struct CMUnitTest tests[ROW_COUNT + 1] = { [ROW_COUNT] = cmocka_unit_test(
							   counts_ids_that_protect_nothing) };

	for (size_t i = 0; i < ROW_COUNT; i++)
		tests[i] = (struct CMUnitTest){ .name = ROWS[i].sentence,
						.test_func = check_row,
						.initial_state = (void *)(uintptr_t)&ROWS[i] };
	return cmocka_run_group_tests_name("plan of what is opaque", tests, make_folder,
					   remove_folder);
}
