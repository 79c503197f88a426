/* Which debts are void since the manifest was pushed again. */
#include "scan_storage/push_times.h"

#include "history_world.h"

#include "storage/layout.h"

#define PLANNED DAYS(50)

struct debt_row {
	const char *what, *script;
	int64_t since;
	bool repushed;
};

static const struct debt_row ROWS[] = {
	{ "pushed before", "rev A 10", PLANNED, false },
	{ "pushed in the second of the plan", "rev A 50", PLANNED, false },
	{ "pushed a second later", "rev A 50", PLANNED - 1, true },
	{ "pushed a day later", "rev A 51", PLANNED, true },
	{ "when it was planned is not known", "rev A 51", DATE_ABSENT, false },
	{ "it is gone", "rev B 51", PLANNED, false },
	{ "its link is empty, as while it is pushed", "rev A empty", DAYS(0), true },
	{ "its link names another", "rev A other", DAYS(0), true },
};

static void test_debts(void **state)
{
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct store *store = NULL;
		struct inventory_manifest *manifest = NULL;
		uint32_t id;

		if (i > 0)
			store_setup(state);
		store = *state;
		history_write(store, "team/app", ROWS[i].script);
		inventory_free(store->inventory);
		store->inventory = inventory_new();
		id = inventory_manifest(store->inventory,
					inventory_repository(store->inventory, "team/app"),
					history_digest('A'));
		manifest = &store->inventory->manifests[id];
		manifest->pending = true;
		manifest->pending_since = ROWS[i].since;
		push_times_check_pending(store->inventory, store->layout);
		if (manifest->repushed != ROWS[i].repushed || manifest->pending == ROWS[i].repushed)
			fail_msg("%s", ROWS[i].what);
		if (i + 1 < sizeof ROWS / sizeof *ROWS)
			store_teardown(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_debts),
	};

	return cmocka_run_group_tests_name("inventory_debts", tests, NULL, NULL);
}
