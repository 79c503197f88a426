/* Which rule deletes a tag: a row is a sentence, a small registry (world.h), and what must become
 * of it. Policy: 30 days; `latest` and `prod` are protected, so is what has `keep` in it, so is all
 * of `team/…`. In the expectation each tag has a line `TAG goes|stays REASONS`, then `delete: …`
 * names what is sent, in order (`tag TAG` for a single tag); letters stand for manifests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config/config.h"
#include "plan/plan.h"
#include "plan_words.h"
#include "policy/policy.h"
#include "util/xalloc.h"

/* Referrers of A, which follows, and their index. */
#define REFERRERS                                                                       \
	"artifact R none\nartifact S none\nartifact T none\nsubject R A\nsubject S A\n" \
	"subject T A\nindex F R S T\n"

struct row {
	const char *sentence, *world, *expected;
};

static const struct row ROWS[] = {
	{ "an old tag goes, a young one stays", "image A 31\nimage B 29\ntag a A\ntag b B",
	  "a goes old\nb stays recent\ndelete: A" },
	{ "exactly as old as the limit is young", "image A 30\ntag a A",
	  "a stays recent\ndelete:" },
	{ "a date in the future is young", "image A -3\ntag a A", "a stays recent\ndelete:" },
	{ "no date is no age",
	  "image A none\nimage B bad\nartifact C none\ntag a A\ntag b B\ntag c C",
	  "a stays unknown_age\nb stays unknown_age\nc stays unknown_age\ndelete:" },
	{ "an artifact with a date has an age", "artifact A 40\ntag a A", "a goes old\ndelete: A" },
	{ "a protected name stays", "image A 90\ntag prod A",
	  "prod stays old protected_tag\ndelete:" },
	{ "a protected name is exact", "image A 90\ntag prod2 A", "prod2 goes old\ndelete: A" },
	{ "a protected pattern is a substring in any case", "image A 90\ntag xKEEPx A",
	  "xKEEPx stays old protected_pattern\ndelete:" },
	{ "a protected repository loses nothing",
	  "repository team/app\nimage A 90\nimage B 90\nowed B\ntag a A",
	  "a stays old protected_repository\ndelete:" },
	{ "2.x: a digest shared with a kept tag stays",
	  "image A 90\ntag a A\ntag b A\ntag latest A",
	  "a stays old shared_digest(latest)\nb stays old shared_digest(latest)\n"
	  "latest stays old protected_tag\ndelete:" },
	{ "3.x: of a digest shared with a kept tag only the tag goes",
	  "3x\nimage A 90\ntag a A\ntag latest A",
	  "a goes old\nlatest stays old protected_tag\ndelete: tag a" },
	{ "3.x: a manifest that loses all tags goes whole", "3x\nimage A 90\ntag a A\ntag b A",
	  "a goes old\nb goes old\ndelete: A" },
	{ "a digest with two old tags goes once", "image A 90\ntag a A\ntag b A",
	  "a goes old\nb goes old\ndelete: A" },
	{ "an index goes before its children", "image A 90\nimage B 80\nindex I A B\ntag i I",
	  "i goes old\ndelete: I A B" },
	{ "an index is as old as its newest child", "image A 90\nimage B 2\nindex I A B\ntag i I",
	  "i stays recent\ndelete:" },
	{ "one undated child makes an index undated",
	  "image A 90\nimage B none\nindex I A B\ntag i I", "i stays unknown_age\ndelete:" },
	{ "a missing child and an attestation do not count",
	  "image A 90\nmissing B\nimage T none\nindex I A B T!\ntag i I",
	  "i goes old\ndelete: I A T" },
	{ "an undated artifact does not count",
	  "image A 90\nartifact B none\nartifact C bad\nindex I A B C\ntag i I",
	  "i goes old\ndelete: I A B C" },
	{ "what its index says to be an artifact does not count, either",
	  "image A 90\nimage B none\nindex I A B?\ntag i I", "i goes old\ndelete: I A B" },
	{ "an index as an undated artifact does not count",
	  "image A 90\nindex B\nindex I A B?\ntag i I", "i goes old\ndelete: I A B" },
	{ "a dated artifact counts",
	  "image A 90\nartifact B 3\nimage C 4\nindex I A B\nindex J A C?\ntag i I\ntag j J",
	  "i stays recent\nj stays recent\ndelete:" },
	{ "an index of undated artifacts has no age",
	  "artifact A none\nimage B none\nindex I A B?\ntag i I", "i stays unknown_age\ndelete:" },
	{ "an artifact that cannot be read counts",
	  "image A 90\nunreadable B\nindex I A B?\ntag i I", "i stays unknown_age\ndelete:" },
	{ "an index of which nothing counts has no age",
	  "missing B\nimage T 90\nindex I B T!\nindex E\ntag i I\ntag e E",
	  "i stays unknown_age\ne stays unknown_age\ndelete:" },
	{ "a nested index goes from the top down", "image A 90\nindex J A\nindex I J\ntag i I",
	  "i goes old\ndelete: I J A" },
	{ "a nested index is as old as the newest below",
	  "image A 90\nimage B 3\nindex J B\nindex I A J\ntag i I", "i stays recent\ndelete:" },
	{ "a child that another index lists stays",
	  "image A 90\nimage B 90\nimage C 1\nindex I A B\nindex K A C\ntag i I\ntag k K",
	  "i goes old\nk stays recent\ndelete: I B" },
	{ "an index that no tag reaches keeps its children",
	  "image A 90\nimage B 90\nindex I A B\nindex U A\ntag i I", "i goes old\ndelete: I B" },
	{ "a child with a kept tag stays", "image A 90\nindex I A\ntag i I\ntag latest A",
	  "i goes old\nlatest stays old protected_tag\ndelete: I" },
	{ "2.x: a tag on the child of a kept index stays",
	  "image A 90\nimage B 1\nindex I A B\ntag i I\ntag a A",
	  "i stays recent\na stays old index_kept(I)\ndelete:" },
	{ "3.x: a tag on the child of a kept index goes alone",
	  "3x\nimage A 90\nimage B 1\nindex I A B\ntag i I\ntag a A",
	  "i stays recent\na goes old\ndelete: tag a" },
	{ "a tagged child goes with its own tag, behind its index",
	  "image A 90\nindex I A\ntag a A\ntag i I", "a goes old\ni goes old\ndelete: I A" },
	{ "a signature stays with its image, whatever its date",
	  "image A 1\nartifact S 900\ntag a A\ntag sig:A S",
	  "a stays recent\nsig:A stays subject_kept\ndelete:" },
	{ "a signature goes with its image, behind it",
	  "image A 90\nartifact S none\nartifact T 1\ntag sig:A S\ntag att:A T\ntag a A",
	  "sig:A goes subject_deleted\natt:A goes subject_deleted\na goes old\ndelete: A S T" },
	{ "a signature without its image is an orphan", "missing A\nartifact S 900\ntag sig:A S",
	  "sig:A stays orphan\ndelete:" },
	{ "the orphan of an image that we deleted goes",
	  "missing A\ngone A\nartifact S 900\ntag sig:A S",
	  "sig:A goes subject_deleted\ndelete: S" },
	{ "an image that came back keeps its signature",
	  "image A 1\ngone A\nartifact S 900\ntag sig:A S\ntag a A",
	  "sig:A stays subject_kept\na stays recent\ndelete:" },
	{ "an untagged image keeps its signature", "image A 900\nartifact S none\ntag sig:A S",
	  "sig:A stays subject_kept\ndelete:" },
	{ "a signature of a child goes with the index",
	  "image A 90\nindex I A\nartifact S none\ntag i I\ntag sig:A S",
	  "i goes old\nsig:A goes subject_deleted\ndelete: I A S" },
	{ "a protected signature stays and does not keep its image",
	  "image A 90\nartifact S none\nsubject S A\ntag a A\ntag prod S",
	  "a goes old\nprod stays protected_tag\ndelete: A" },
	{ "one signature of two images stays while one of them does",
	  "image A 90\nimage B 1\nartifact S none\ntag a A\ntag b B\ntag sig:A S\ntag sig:B S",
	  "a goes old\nb stays recent\nsig:A stays subject_deleted shared_digest(sig:B)\n"
	  "sig:B stays subject_kept\ndelete: A" },
	{ "3.x: … and loses the other tag",
	  "3x\nimage A 90\nimage B 1\nartifact S none\ntag a A\ntag b B\ntag sig:A S\ntag sig:B S",
	  "a goes old\nb stays recent\nsig:A goes subject_deleted\nsig:B stays subject_kept\n"
	  "delete: A tag sig:A" },
	{ "a manifest with a subject lives as long as that",
	  "image A 1\nartifact S 900\nsubject S A\ntag a A\ntag sbom S",
	  "a stays recent\nsbom stays subject_kept\ndelete:" },
	{ "a manifest with a subject goes with it",
	  "image A 90\nartifact S none\nsubject S A\ntag a A\ntag sbom S",
	  "a goes old\nsbom goes subject_deleted\ndelete: A S" },
	{ "a manifest whose subject is not there is an orphan",
	  "missing A\nartifact S 900\nsubject S A\ntag sbom S", "sbom stays orphan\ndelete:" },
	{ "what describes a description goes too",
	  "image A 90\nartifact S none\nsubject S A\nartifact Z none\ntag a A\ntag s S\ntag sig:S "
	  "Z",
	  "a goes old\ns goes subject_deleted\nsig:S goes subject_deleted\ndelete: A S Z" },
	{ "a fallback index goes with its subject, and its list with it",
	  "image A 90\nartifact R none\nsubject R A\nindex F R\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A goes subject_deleted\ndelete: A F R" },
	{ "a fallback index stays with its subject",
	  "image A 1\nartifact R 900\nsubject R A\nindex F R\ntag a A\ntag bare:A F",
	  "a stays recent\nbare:A stays subject_kept\ndelete:" },
	{ "a bare tag whose list describes something else is an ordinary tag",
	  "image A 1\nartifact R 900\nindex F R\ntag a A\ntag bare:A F",
	  "a stays recent\nbare:A goes old\ndelete: F R" },
	{ "a bare tag on an image is an ordinary tag",
	  "image A 1\nimage B 90\ntag a A\ntag bare:A B",
	  "a stays recent\nbare:A goes old\ndelete: B" },
	{ "a bare tag on an empty index goes with its subject",
	  "image A 90\nindex F\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A goes subject_deleted\ndelete: A F" },
	{ "a bare tag on an empty index stays with its subject",
	  "image A 1\nindex F\ntag a A\ntag bare:A F",
	  "a stays recent\nbare:A stays subject_kept\ndelete:" },
	{ "a bare tag on an index that lists only what is missing goes with its subject",
	  "image A 90\nmissing M\nmissing N\nindex F M N\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A goes subject_deleted\ndelete: A F" },
	{ "an empty fallback index without its subject is an orphan",
	  "missing A\nindex F\ntag bare:A F", "bare:A stays orphan\ndelete:" },
	{ "an empty fallback index of an image that we deleted goes",
	  "missing A\ngone A\nindex F\ntag bare:A F", "bare:A goes subject_deleted\ndelete: F" },
	{ "an empty fallback index with a protected name stays",
	  "image A 90\nindex F\ntag a A\ntag bare:A F\ntag prod F",
	  "a goes old\nbare:A stays subject_deleted shared_digest(prod)\n"
	  "prod stays protected_tag unknown_age\ndelete: A" },
	{ "a bare tag on an index that lists blobs is an ordinary tag",
	  "image A 90\nblob B 5\nindex F\nlayers F B\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A stays unknown_age\ndelete: A" },
	{ "a bare tag on an index that lists what is not known is an ordinary tag",
	  "image A 90\nindex F X\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A stays unknown_age\ndelete: A" },
	{ "an index is not its own fallback index", "index F\ntag bare:F F",
	  "bare:F stays unknown_age\ndelete:" },
	{ "any word behind a digest belongs to that",
	  "image A 90\nimage B 1\nimage S 1\nimage T 90\ntag a A\ntag b B\ntag vex:A S\n"
	  "tag image-locations.imgpkg:B T",
	  "a goes old\nb stays recent\nvex:A goes subject_deleted\n"
	  "image-locations.imgpkg:B stays subject_kept\ndelete: A S" },
	{ "what is tagged by its own digest stays", "image A 90\ntag imgpkg:A A",
	  "imgpkg:A stays old subject_kept\ndelete:" },
	{ "3x: likewise", "3x\nimage A 90\ntag imgpkg:A A",
	  "imgpkg:A stays old subject_kept\ndelete:" },
	{ "… and goes with its other tags", "image A 90\ntag imgpkg:A A\ntag v A",
	  "imgpkg:A goes old\nv goes old\ndelete: A" },
	{ "3.x: … of which none may stay", "3x\nimage A 90\ntag imgpkg:A A\ntag v A\ntag prod A",
	  "imgpkg:A stays old subject_kept\nv goes old\nprod stays old protected_tag\n"
	  "delete: tag v" },
	{ "what is tagged by its own digest goes before its signature",
	  "image A 90\nimage S 1\ntag sig:A S\ntag imgpkg:A A\ntag v A",
	  "sig:A goes subject_deleted\nimgpkg:A goes old\nv goes old\n"
	  "delete: A S" },
	{ "superseded fallback indexes go with their subject",
	  REFERRERS "image A 90\nindex U R\nindex V R S\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A goes subject_deleted\ndelete: A U V F R S T" },
	{ "superseded fallback indexes stay with their subject",
	  REFERRERS "image A 1\nindex U R\ntag a A\ntag bare:A F",
	  "a stays recent\nbare:A stays subject_kept\ndelete:" },
	{ "what a superseded fallback index lists may be missing",
	  REFERRERS "image A 90\nmissing M\nindex U M R\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A goes subject_deleted\ndelete: A U F R S T" },
	{ "an untagged index that lists anything else keeps all of it",
	  REFERRERS "image A 90\nimage B 90\nindex U R B\ntag a A\ntag b B\ntag bare:A F",
	  "a goes old\nb stays old index_kept(U)\nbare:A goes subject_deleted\n"
	  "delete: A F S T" },
	{ "an untagged index that lists what is not known keeps all of it",
	  REFERRERS "image A 90\nindex U R X\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A goes subject_deleted\ndelete: A F S T" },
	{ "an untagged index that lists a blob, too, keeps all of it",
	  REFERRERS "image A 90\nblob B 5\nindex U R\nlayers U B\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A goes subject_deleted\ndelete: A F S T" },
	{ "an untagged index of the referrers of two images keeps all of it",
	  REFERRERS "image A 90\nimage B 90\nartifact Q none\nsubject Q B\nindex U R Q\ntag a A\n"
		    "tag b B",
	  "a goes old\nb goes old\ndelete: B A F S T" },
	{ "an empty index without a tag stays",
	  REFERRERS "image A 90\nindex U\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A goes subject_deleted\ndelete: A F R S T" },
	{ "an index of referrers that another index lists stays with that",
	  REFERRERS "image A 90\nimage B 1\nindex U R\nindex K B U\ntag a A\ntag k K",
	  "a goes old\nk stays unknown_age\ndelete: A F S T" },
	{ "… and goes when that goes, too",
	  REFERRERS "image A 90\nimage B 90\nindex U R\nindex K B U?\ntag a A\ntag k K",
	  "a goes old\nk goes old\ndelete: K A B F U S T R" },
	{ "… but not before its subject",
	  REFERRERS "image A 1\nimage B 90\nindex U R\nindex K B U?\ntag a A\ntag k K",
	  "a stays recent\nk goes old\ndelete: K B" },
	{ "a superseded fallback index of what is missing stays, and its list",
	  "missing A\nartifact R 90\nsubject R A\nindex U R\ntag r R", "r stays orphan\ndelete:" },
	{ "… and goes if it was us that deleted that",
	  "missing A\ngone A\nartifact R 90\nsubject R A\nindex U R\ntag r R",
	  "r goes subject_deleted\ndelete: U R" },
	{ "a superseded fallback index that is owed stays when its subject came back",
	  "image A 1\nartifact R none\nsubject R A\nindex U R\nowed U\nowed R\ntag a A",
	  "a stays recent\ndelete:" },
	{ "a fallback index that lists something missing is one all the same",
	  "image A 90\nartifact R none\nsubject R A\nmissing M\nindex F R M\ntag a A\ntag bare:A F",
	  "a goes old\nbare:A goes subject_deleted\ndelete: A F R" },
	{ "the orphan of a debt that is paid goes",
	  "missing A\nowed A\nartifact S 900\nowed S\ntag sig:A S",
	  "sig:A goes subject_deleted\ndelete: S" },
	{ "a referrer that a kept index lists stays",
	  "image A 90\nimage B 1\nartifact R none\nsubject R A\nindex K B R!\ntag a A\ntag k K",
	  "a goes old\nk stays recent\ndelete: A" },
	{ "a tag that names its own image as its subject selects nothing",
	  "image A 900\ntag sig:A A", "sig:A stays old subject_kept\ndelete:" },
	{ "names that contradict each other still put the index first",
	  "image A 90\nindex I A\ntag a A\ntag sig:A I",
	  "a goes old\nsig:A goes subject_deleted\ndelete: I A" },
	{ "an incomplete repository loses nothing",
	  "trouble\nimage A 90\nimage B 90\nowed B\ntag a A",
	  "a stays old incomplete_repository\ndelete:" },
	{ "a tag without a manifest stays", "dangling a\nimage B 90\ntag b B",
	  "a stays missing_manifest\nb goes old\ndelete: B" },
	{ "what cannot be read stays", "unreadable A\ntag a A", "a stays unreadable\ndelete:" },
	{ "an index that cannot be deleted with its child keeps the others too",
	  "unreadable A\nimage B 90\nindex I A B\ntag i I", "i stays unknown_age\ndelete:" },
	{ "an index that lists what has no age has none",
	  "image A 90\nindex I A\nundated I\ntag i I", "i stays unknown_age\ndelete:" },
	{ "a manifest that is also a layer stays",
	  "image A 90\nimage B 1\nindex I A\nblob A 5\nlayers B A\ntag i I\ntag b B",
	  "i goes old\nb stays recent\ndelete: I" },
	{ "a debt goes although no tag leads to it", "image A 1\nowed A", "delete: A" },
	{ "a debt takes along nothing that it lists", "image A 1\nindex I A\nowed I", "delete: I" },
	{ "a debt takes along what describes it",
	  "image A 1\nimage S 1\nowed A\nsubject S A\ntag sig:A S",
	  "sig:A goes subject_deleted\ndelete: A S" },
	{ "a debt that a kept tag points at stays", "image A 1\nowed A\ntag a A",
	  "a stays recent\ndelete:" },
	{ "a debt that a kept index lists stays",
	  "image A 90\nimage B 1\nowed A\nindex I A B\ntag i I", "i stays recent\ndelete:" },
	{ "a debt that is gone needs no delete", "missing A\nowed A", "delete:" },
	{ "what changed since it was planned stays, with all it lists",
	  "image A 90\nindex I A\nowed I\nowed A\nheld I\ntag i I",
	  "i stays old changed\ndelete:" },
	{ "a manifest that nothing selects stays", "image A 900\nindex I A", "delete:" },
};

static char latest[] = "latest", prod[] = "prod", keep[] = "keep", team[] = "team/**";
static char *protected_tags[] = { latest, prod, NULL };
static char *protected_patterns[] = { keep, NULL };
static char *protected_repositories[] = { team, NULL };

static const struct config
	POLICY_CONFIG = { .cleanup = {
				  .days_to_keep = 30,
				  .delete_old_tags = true,
				  .protected_tags = { protected_tags, 2 },
				  .protected_patterns = { protected_patterns, 1 },
				  .protected_repositories = { protected_repositories, 1 },
			  } };

static void check_row(void **state)
{
	const struct row *row = *state;
	struct inventory *inventory = world_new(row->world);
	struct policy *policy = policy_new(&POLICY_CONFIG);
	struct plan *plan = plan_build(inventory, policy, WORLD_NOW);
	struct buf actual = { 0 };

	words_plan(&actual, inventory, plan);
	assert_string_equal(buf_string(&actual), row->expected);
	buf_free(&actual);
	plan_free(plan);
	policy_free(policy);
	inventory_free(inventory);
}

#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

int main(void)
{
	struct CMUnitTest tests[ROW_COUNT];

	for (size_t i = 0; i < ROW_COUNT; i++)
		tests[i] = (struct CMUnitTest){ .name = ROWS[i].sentence,
						.test_func = check_row,
						.initial_state = (void *)(uintptr_t)&ROWS[i] };
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
