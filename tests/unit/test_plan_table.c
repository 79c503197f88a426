/* The table of what a plan does, to the letter: for people who decide by it. */
#include "config_file.h"

#include "forecast/forecast.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "report/plan_table.h"
#include "world.h"

#define DAY INT64_C(86400)

/* team/app loses 5 MiB alone and, together with tools, 2 MiB; lib and other keep all. */
static const char WORLD[] =
	"repository lib\nstorage\nblob l 2097152\nblob m 4194304\nblob n 1048576\n"
	"blob g 3145728\nimage A 1\ntag latest A\n"
	"repository other\nimage B 2\ntag b B\ntag c B\n"
	"repository team/app\nimage C 90\nimage D 60\nimage E 1\nlayers C l m\nlayers D n\n"
	"tag v1 C\ntag v2 D\ntag v3 E\n"
	"repository tools\nimage F 400\nlayers F l\ntag f F";

struct drawn {
	struct loaded loaded;
	struct inventory *inventory;
	struct policy *policy;
	struct plan *plan;
	struct forecast *forecast;
};

static void draw(struct drawn *drawn, const char *world, const char *cleanup)
{
	CLEANUP(free_p)
	char *config = xasprintf("{" REGISTRY ", \"cleanup\": {%s}, "
				 "\"paths\": {\"config\": \"/c.yml\", \"host_storage\": \"/s\"}}",
				 cleanup);

	*drawn = (struct drawn){ .loaded = load(config), .inventory = world_new(world) };
	drawn->policy = policy_new(&drawn->loaded.config);
	for (uint32_t m = 0; m < drawn->inventory->manifest_count; m++)
		drawn->inventory->manifests[m].untagged_since = WORLD_NOW - 40 * DAY;
	drawn->plan = plan_build(drawn->inventory, drawn->policy, WORLD_NOW);
	drawn->forecast = forecast_build(drawn->inventory, drawn->plan);
}

static void wipe(struct drawn *drawn)
{
	forecast_free(drawn->forecast);
	plan_free(drawn->plan);
	policy_free(drawn->policy);
	inventory_free(drawn->inventory);
	clear(&drawn->loaded);
}

static void assert_table(const struct drawn *drawn, struct terminal terminal, const char *expected)
{
	CLEANUP(free_p) char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	plan_table(drawn->inventory, drawn->plan, drawn->forecast, terminal, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
}

static const struct terminal PLAIN = { 0 };

static void most_bytes_come_first_and_parts_add_up(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, WORLD, "\"days_to_keep\": 30");
	assert_table(
		&drawn, PLAIN,
		"REPOSITORY           TAGS  DELETE    KEEP     FREED  OLDEST      NEWEST\n"
		"team/app                3       2       1     5 MiB  2026-02-27  2026-03-29\n"
		"tools                   1       1       0     0 B    2025-04-23  2025-04-23\n"
		"2 others                3       0       3     0 B    -           -\n"
		"---------------------------------------------------------------------------\n"
		"shared by several                             2 MiB\n"
		"garbage                                       3 MiB\n"
		"total                   7       3       4    10 MiB  2025-04-23  2026-03-29\n");
	wipe(&drawn);
}

static void untagged_manifests_have_a_column_if_any_goes(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "storage\nblob l 1024\nimage A 1\nimage U 1\nlayers U l\ntag a A",
	     "\"days_to_keep\": 30, \"untagged_days\": 30");
	assert_table(
		&drawn, PLAIN,
		"REPOSITORY           TAGS  DELETE    KEEP  UNTAGGED     FREED  OLDEST      "
		"NEWEST\n"
		"repo                    1       0       1         1     1 KiB  -           -\n"
		"--------------------------------------------------------------------------------"
		"-----\n"
		"total                   1       0       1         1     1 KiB  -           -\n");
	wipe(&drawn);
}

static void what_keeps_all_is_one_line(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, WORLD, "\"days_to_keep\": 3000");
	assert_table(&drawn, PLAIN,
		     "REPOSITORY           TAGS  DELETE    KEEP     FREED  OLDEST      NEWEST\n"
		     "4 others                7       0       7     0 B    -           -\n"
		     "---------------------------------------------------------------------------\n"
		     "garbage                                       3 MiB\n"
		     "total                   7       0       7     3 MiB  -           -\n");
	wipe(&drawn);
	draw(&drawn, "image A 1", "\"days_to_keep\": 30");
	drawn.inventory->repository_count = 0;
	assert_table(&drawn, PLAIN,
		     "REPOSITORY           TAGS  DELETE    KEEP     FREED  OLDEST      NEWEST\n"
		     "---------------------------------------------------------------------------\n"
		     "total                   0       0       0     0 B    -           -\n");
	wipe(&drawn);
}

static void what_is_not_told_has_no_column(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "repository team/app\nimage A 90\nimage B 1\ntag a A\ntag b B",
	     "\"days_to_keep\": 30");
	drawn.inventory->opaque = true;
	assert_table(&drawn, PLAIN,
		     "REPOSITORY           TAGS  DELETE    KEEP  OLDEST      NEWEST\n"
		     "team/app                2       1       1  2026-02-27  2026-02-27\n"
		     "-----------------------------------------------------------------\n"
		     "total                   2       1       1  2026-02-27  2026-02-27\n");
	wipe(&drawn);
}

static void what_has_no_date_shows_none(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "image A none\nimage B none\ntag a A\ntag b B",
	     "\"tag_name_pattern\": \"^a$\"");
	assert_table(&drawn, PLAIN,
		     "REPOSITORY           TAGS  DELETE    KEEP     FREED  OLDEST      NEWEST\n"
		     "repo                    2       1       1     0 B    -           -\n"
		     "---------------------------------------------------------------------------\n"
		     "total                   2       1       1     0 B    -           -\n");
	wipe(&drawn);
}

#define LONG "a/very/long/name/of/a/repository/that/has/no/room"

static void names_give_way_to_the_terminal(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "repository " LONG "\nimage A 90\ntag a A", "\"days_to_keep\": 30");
	assert_table(&drawn, PLAIN,
		     "REPOSITORY                                           TAGS  DELETE    KEEP    "
		     " FREED  OLDEST      NEWEST\n"
		     "a/very/long/name/of/a/repository/that/has/no/room       1       1       0    "
		     " 0 B    2026-02-27  2026-02-27\n"
		     "-----------------------------------------------------------------------------"
		     "------------------------------\n"
		     "total                                                   1       1       0    "
		     " 0 B    2026-02-27  2026-02-27\n");
	assert_table(&drawn, (struct terminal){ .width = 79, .utf8 = true, .color = true },
		     "\033[1mREPOSITORY           TAGS  DELETE    KEEP     FREED  OLDEST      "
		     "NEWEST\033[0m\n"
		     "…that/has/no/room       1       1       0     0 B    2026-02-27  2026-02-27\n"
		     "───────────────────────────────────────────────────────────────────────────\n"
		     "total                   1       1       0     0 B    2026-02-27  "
		     "2026-02-27\n");
	wipe(&drawn);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_bytes_come_first_and_parts_add_up),
		cmocka_unit_test(untagged_manifests_have_a_column_if_any_goes),
		cmocka_unit_test(what_keeps_all_is_one_line),
		cmocka_unit_test(what_is_not_told_has_no_column),
		cmocka_unit_test(what_has_no_date_shows_none),
		cmocka_unit_test(names_give_way_to_the_terminal),
	};

	return cmocka_run_group_tests_name("tables of plans", tests, make_folder, remove_folder);
}
