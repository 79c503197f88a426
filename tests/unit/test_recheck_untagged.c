/* The look at what goes since it has been without a tag for long. */
#include "apply/recheck_untagged.h"

#include "apply/apply.h"
#include "apply/recheck.h"
#include "history_world.h"

#define PLANNED                                                           \
	"rev A 10;rev B 20;rev C 5;index t A 10;index t B 20;tag t B 20;" \
	"index u A 8;index u B 15;tag u B 15"

struct look_row {
	const char *what, *meanwhile;
	enum step_state state;
	bool closed, unproved, held;
};

/* The repository as the API tells of it: it has no times, and not even links. */
static struct inventory *ask(bool has_u)
{
	struct inventory *fresh = inventory_new();

	inventory_tags(fresh, inventory_repository(fresh, "r"),
		       (char *[]){ (char[]){ "t" }, (char[]){ "u" }, NULL }, has_u ? 2 : 1);
	(void)inventory_manifest(fresh, 0, history_digest('C'));
	(void)inventory_manifest(fresh, 0, history_digest('A'));
	return fresh;
}

static void expect(struct store *store, const struct look_row *row)
{
	struct inventory *fresh = ask(strstr(row->meanwhile, "gone u") == NULL);
	enum storage_trust trust = row->closed     ? STORAGE_NONE
				   : row->unproved ? STORAGE_UNPROVED
						   : STORAGE_OWN;
	const struct apply apply = { .inventory = store->inventory,
				     .layout = row->closed ? NULL : store->layout,
				     .trust = &trust };
	const struct step step = {
		.manifest = inventory_manifest_find(store->inventory, 0, history_digest('A')),
		.tag = INVENTORY_NONE,
		.state = row->state,
	};
	uint32_t id = inventory_manifest_find(fresh, 0, history_digest('A'));

	recheck_untagged_keep(&apply, &step, 1, fresh);
	if (fresh->manifests[id].held != row->held)
		fail_msg("%s", row->what);
	assert_false(fresh->manifests[1 - id].held);
	inventory_free(fresh);
}

static void test_what_was_tagged_since_is_held(void **state)
{
	static const struct look_row ROWS[] = {
		{ "nothing happened", "", STEP_TO_DO, false, false, false },
		{ "the tag got yet another", "rev S 50;index t S 50;tag t S 50", STEP_TO_DO, false,
		  false, false },
		{ "it was pushed again by its digest", "rev A 50", STEP_TO_DO, false, false, true },
		{ "it was tagged and replaced again", "index t A 50;index t B 51;tag t B 51",
		  STEP_TO_DO, false, false, true },
		{ "what replaced it was pushed again", "index t B 50;tag t B 50", STEP_TO_DO, false,
		  false, true },
		{ "a tag points at it", "index t A 50;tag t A 50", STEP_TO_DO, false, false, true },
		{ "a tag was deleted", "gone u", STEP_TO_DO, false, false, false },
		{ "the tag that counts was deleted", "gone t", STEP_TO_DO, false, false, false },
		{ "the folder of the tags is gone", "gone ../tags", STEP_TO_DO, false, false,
		  true },
		{ "it is not there any more", "rev A none", STEP_TO_DO, false, false, true },
		{ "its link broke", "rev A empty", STEP_TO_DO, false, false, true },
		{ "the history broke", "index t B empty", STEP_TO_DO, false, false, true },
		{ "the storage is closed", "", STEP_TO_DO, true, false, true },
		{ "the storage is not proved", "", STEP_TO_DO, false, true, true },
		{ "it is deleted already", "rev A none", STEP_DONE, false, false, false },
		{ "it was found to have changed", "rev A 50", STEP_CHANGED, false, false, false },
	};

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct store *store = NULL;

		if (i > 0)
			store_setup(state);
		store = *state;
		history_write(store, "r", PLANNED);
		store->inventory->wants_untagged = true;
		store_load(store);
		history_write(store, "r", ROWS[i].meanwhile);
		expect(store, &ROWS[i]);
		if (i + 1 < sizeof ROWS / sizeof *ROWS)
			store_teardown(state);
	}
}

/* What does not go for that reason, and single tags. */
static void test_other_steps_are_not_asked(void **state)
{
	struct store *store = *state;
	const struct apply apply = { .inventory = store->inventory };
	struct inventory *fresh = ask(true);
	struct step step = { .tag = INVENTORY_NONE };

	history_write(store, "r", PLANNED);
	store_load(store);
	step.manifest = inventory_manifest_find(store->inventory, 0, history_digest('A'));
	recheck_untagged_keep(&apply, &step, 1, fresh);
	store->inventory->manifests[step.manifest].untagged_since = DAYS(20);
	step.tag = 0;
	recheck_untagged_keep(&apply, &step, 1, fresh);
	recheck_untagged_keep(&apply, NULL, 0, fresh);
	step.tag = INVENTORY_NONE;
	step.manifest = inventory_manifest_find(store->inventory, 0, history_digest('B'));
	store->inventory->manifests[step.manifest].untagged_since = DAYS(20);
	recheck_untagged_keep(&apply, &step, 1, fresh);
	assert_false(fresh->manifests[0].held);
	assert_false(fresh->manifests[1].held);
	inventory_free(fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_what_was_tagged_since_is_held),
		STORE_TEST(test_other_steps_are_not_asked),
	};

	return cmocka_run_group_tests_name("apply_untagged", tests, NULL, NULL);
}
