/* The answer of Scaleway Registry Purge, field by field, of runs that ended in each way. */
#include "report/scaleway_json.h"

#include "apply/outcome.h"
#include "apply_scaleway/namespaces.h"
#include "config/config.h"
#include "config_file.h"
#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "measure/measure.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "report/run_json.h"
#include "scaleway/object.h"
#include "scan_scaleway/catalog.h"
#include "util/date.h"
#include "util/secrets.h"
#include "world.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEAM "11111111-1111-4111-8111-111111111111"
#define APP  "22222222-2222-4222-8222-222222222222"
#define OLD  "33333333-3333-4333-8333-333333333333"
#define TEMP "44444444-4444-4444-8444-444444444444"
#define NEW  "55555555-5555-4555-8555-555555555555"
#define GONE "66666666-6666-4666-8666-666666666666"
#define KEY  "77777777-7777-4777-8777-777777777777"

#define CONFIG(registry, cleanup)                                                                \
	"{\"registry\": {\"kind\": \"scaleway\", \"region\": \"fr-par\", \"secret_key\": \"" KEY \
	"\"" registry "}, \"cleanup\": {\"days_to_keep\": 90, \"protected_tags\": []" cleanup "}}"

/* Two tags that go, for different reasons, and one that stays. */
#define WORLD                                                      \
	"repository team/app\nimage a 100\nimage b 1\nimage c 2\n" \
	"tag old a\ntag x-temp b\ntag new c"

struct run {
	struct loaded loaded;
	struct inventory *inventory;
	struct policy *policy;
	struct plan *plan;
	struct forecast *forecast;
	struct outcome outcome;
	struct scaleway_object namespaces[1], images[1], tags[3];
	size_t places[1];
	char *errors[3];
	struct scaleway_catalog catalog;
	struct scaleway_namespace spaces[3];
	struct scaleway_namespaces emptied;
	struct report report;
};

static struct scaleway_object object(enum scaleway_kind kind, const char *id, const char *name)
{
	return (struct scaleway_object){ .kind = kind,
					 .status = SCALEWAY_READY,
					 .id = (char *)(uintptr_t)id,
					 .name = (char *)(uintptr_t)name,
					 .created_text =
						 (char *)(uintptr_t) "2024-01-01T10:00:00.5Z",
					 .updated_text =
						 (char *)(uintptr_t) "2024-01-15T10:00:00Z" };
}

static void fill_catalog(struct run *run)
{
	run->namespaces[0] = object(SCALEWAY_NAMESPACE, TEAM, "team");
	run->images[0] = object(SCALEWAY_IMAGE, APP, "app");
	for (uint32_t t = 0; t < 3; t++) {
		const char *name = run->inventory->tags[t].name;

		run->tags[t] = object(SCALEWAY_TAG,
				      strcmp(name, "old") == 0   ? OLD
				      : strcmp(name, "new") == 0 ? NEW
								 : TEMP,
				      name);
	}
	run->catalog = (struct scaleway_catalog){ .namespaces = run->namespaces,
						  .namespace_count = 1,
						  .images = run->images,
						  .image_count = 1,
						  .tags = run->tags,
						  .tag_count = 3,
						  .places = run->places,
						  .errors = run->errors };
}

/* Read and planned; nothing was done yet. */
static void begin(struct run *run, const char *config)
{
	*run = (struct run){ .loaded = load(config) };
	assert_int_equal(run->loaded.status, 0);
	run->inventory = world_new(WORLD);
	run->policy = policy_new(&run->loaded.config);
	/* As what reads them sets it. */
	for (size_t t = 0; t < run->inventory->tag_count; t++)
		run->inventory->tags[t].pushed =
			run->inventory->manifests[run->inventory->tags[t].manifest].created;
	run->inventory->pushes_known = true;
	run->plan = plan_build(run->inventory, run->policy, WORLD_NOW);
	run->forecast = forecast_build(run->inventory, run->plan);
	outcome_init(&run->outcome, run->inventory, run->plan);
	fill_catalog(run);
	run->report = (struct report){ .config = &run->loaded.config,
				       .command = "run",
				       .started_at = WORLD_NOW,
				       .finished_at = WORLD_NOW + 2,
				       .next_collection = DATE_ABSENT,
				       .inventory = run->inventory,
				       .plan = run->plan,
				       .outcome = &run->outcome,
				       .forecast = run->forecast,
				       .scaleway = &run->catalog };
	measure_nothing(&run->report.before);
	measure_nothing(&run->report.after);
}

static void end(struct run *run)
{
	forecast_free(run->forecast);
	outcome_clear(&run->outcome);
	plan_free(run->plan);
	policy_free(run->policy);
	inventory_free(run->inventory);
	clear(&run->loaded);
}

static uint32_t tag(const struct run *run, const char *name)
{
	for (uint32_t t = 0; t < run->inventory->tag_count; t++)
		if (strcmp(run->inventory->tags[t].name, name) == 0)
			return t;
	fail_msg("no tag %s", name);
	return 0;
}

static void assert_same(char *found, const char *expected)
{
	struct json_object *answer = json_tokener_parse(found);
	struct json_object *wanted = json_tokener_parse(expected);

	assert_non_null(wanted);
	if (!answer || !json_object_equal(answer, wanted))
		fail_msg("expected %s\nfound %s", json_object_to_json_string(wanted), found);
	json_object_put(answer);
	json_object_put(wanted);
	free(found);
}

static void assert_answers(const struct run *run, const char *why, const char *expected)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct err err = { 0 };

	assert_non_null(out);
	assert_int_equal(scaleway_json_write(&run->report, why, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	assert_same(text, expected);
}

#define FIELDS(id, name, reasons)                                                  \
	"\"tag_id\": \"" id "\", \"tag_name\": \"" name "\", \"image_id\": \"" APP \
	"\", \"image_name\": \"app\", \"namespace_name\": \"team\", "              \
	"\"deletion_reasons\": " reasons                                           \
	", \"created_at\": \"2024-01-01T10:00:00.5Z\", \"updated_at\": \"2024-01-15T10:00:00Z\""
#define SUMMARY(found, deleted, errors, spaces, space_errors, dry)                 \
	"\"summary\": {\"total_images_analyzed\": 1, \"total_tags_analyzed\": 3, " \
	"\"total_tags_found\": " #found ", \"successfully_deleted\": " #deleted    \
	", \"errors\": " #errors ", \"namespaces_deleted\": " #spaces              \
	", \"namespace_errors\": " #space_errors ", \"dry_run\": " #dry ", \"criteria_used\": "

static void a_run_tells_what_it_deleted_and_why(void **state)
{
	struct run run;

	(void)state;
	begin(&run, CONFIG("", ", \"tag_name_pattern\": \"o(ld|x)|-temp$\""));
	outcome_set(&run.outcome, tag(&run, "old"), TAG_DELETED);
	outcome_set(&run.outcome, tag(&run, "x-temp"), TAG_DELETED);
	assert_answers(
		&run, NULL,
		"{\"statusCode\": 200, \"body\": {\"message\": ["
		"{\"status\": \"deleted\", " FIELDS(
			OLD, "old",
			"[\"old\", \"name_match\"]") "},"
						     "{\"status\": "
						     "\"deleted\", " FIELDS(TEMP, "x-temp", "[\"name_match\"]") "}]," SUMMARY(
							     2, 2, 0, 0, 0,
							     false) "{\"delete_old_"
								    "tags\": true, "
								    "\"tag_name_"
								    "pattern\": "
								    "\"o(ld|x)|-temp$"
								    "\", "
								    "\"delete_unused_"
								    "namespaces\": "
								    "false, "
								    "\"target_"
								    "namespace_id\": "
								    "null, "
								    "\"target_image_"
								    "id\": null}}}}");
	end(&run);
}

static void a_dry_run_deletes_nothing_and_fails_at_nothing(void **state)
{
	struct run run;

	(void)state;
	begin(&run, CONFIG(", \"namespace\": \"team\"", ", \"delete_old_tags\": true"));
	run.report.dry_run = true;
	assert_answers(&run, NULL,
		       "{\"statusCode\": 200, \"body\": {\"message\": ["
		       "{\"status\": \"planned\", " FIELDS(OLD, "old", "[\"old\"]") "}]," SUMMARY(
			       1, 0, 0, 0, 0,
			       true) "{\"delete_old_tags\": true, \"tag_name_pattern\": null, "
				     "\"delete_unused_namespaces\": false, "
				     "\"target_namespace_id\": \"" TEAM "\", "
				     "\"target_image_id\": null}}}}");
	end(&run);
}

/* A key that an answer repeated is masked. */
static void what_failed_is_told_with_its_cause(void **state)
{
	struct run run;

	(void)state;
	begin(&run, CONFIG(", \"image\": \"" APP "\"",
			   ", \"delete_old_tags\": false, \"tag_name_pattern\": \".\""));
	secrets_add(KEY);
	run.inventory->failures = 1;
	run.report.exit_code = 1;
	run.errors[tag(&run, "old")] = (char *)(uintptr_t) "403 permissions_denied";
	outcome_set(&run.outcome, tag(&run, "old"), TAG_FAILED);
	outcome_set(&run.outcome, tag(&run, "x-temp"), TAG_CHANGED);
	assert_answers(
		&run, "refused: " KEY,
		"{\"statusCode\": 500, \"body\": {"
		"\"error\": \"refused: ************************************\","
		"\"message\": [{\"status\": \"planned\", " FIELDS(
			NEW, "new",
			"[\"name_match\"]") ", \"error\": \"not come to: it is left for the "
					    "next run\"},"
					    "{\"status\": \"error\", " FIELDS(
						    OLD, "old",
						    "[\"name_match\"]") ", \"error\": \"403 "
									"permissions_"
									"denied\"},"
									"{\"status\": "
									"\"changed\","
									" " FIELDS(TEMP, "x-temp", "[\"name_match\"]") ", \"error\": \"it changed meanwhile: it is left for the next run\"}]," SUMMARY(
										3, 0, 2, 0, 0,
										false) "{\"d"
										       "elet"
										       "e_"
										       "old_"
										       "tags"
										       "\": "
										       "fals"
										       "e, "
										       "\"ta"
										       "g_"
										       "name"
										       "_pat"
										       "tern"
										       "\": "
										       "\"."
										       "\", "
										       "\"de"
										       "lete"
										       "_unu"
										       "sed_"
										       "name"
										       "spac"
										       "es\""
										       ": "
										       "fals"
										       "e, "
										       "\"ta"
										       "rget"
										       "_nam"
										       "espa"
										       "ce_"
										       "id\""
										       ": "
										       "null"
										       ", "
										       "\"ta"
										       "rget"
										       "_ima"
										       "ge_"
										       "id\""
										       ": "
										       "\"" APP
										       "\"}}"
										       "}}");
	secrets_clear();
	end(&run);
}

static void namespaces_stand_behind_the_tags(void **state)
{
	struct run run;

	(void)state;
	begin(&run, CONFIG("", ", \"delete_old_tags\": false, \"delete_empty_namespaces\": true"));
	run.spaces[0] = (struct scaleway_namespace){ .id = (char *)(uintptr_t)GONE,
						     .name = (char *)(uintptr_t) "old-project",
						     .fate = SCALEWAY_NAMESPACE_DELETED };
	run.spaces[1] = (struct scaleway_namespace){ .id = (char *)(uintptr_t)TEAM,
						     .name = (char *)(uintptr_t) "team",
						     .fate = SCALEWAY_NAMESPACE_FAILED,
						     .error = "still there" };
	run.emptied = (struct scaleway_namespaces){ run.spaces, 2, 1, 1 };
	run.report.namespaces = &run.emptied;
	run.report.exit_code = 1;
	assert_answers(
		&run, "1 namespace",
		"{\"statusCode\": 500, \"body\": {\"error\": \"1 namespace\", \"message\": ["
		"{\"namespace_id\": \"" GONE "\", \"namespace_name\": \"old-project\", "
		"\"status\": \"deleted\", \"type\": \"namespace\", "
		"\"reason\": \"empty_namespace\"},"
		"{\"namespace_id\": \"" TEAM "\", \"namespace_name\": \"team\", "
		"\"status\": \"error\", \"type\": \"namespace\", "
		"\"reason\": \"empty_namespace\", \"error\": \"still there\"}]," SUMMARY(
			0, 0, 0, 1, 1,
			false) "{\"delete_old_tags\": false, \"tag_name_pattern\": null, "
			       "\"delete_unused_namespaces\": true, \"target_namespace_id\": null, "
			       "\"target_image_id\": null}}}}");
	end(&run);
}

static void a_run_that_read_nothing_has_an_error(void **state)
{
	struct run run;

	(void)state;
	begin(&run, CONFIG("", ""));
	run.report.inventory = NULL;
	run.report.plan = NULL;
	run.report.outcome = NULL;
	run.report.forecast = NULL;
	run.report.scaleway = NULL;
	run.report.exit_code = 3;
	assert_answers(&run, "not reached",
		       "{\"statusCode\": 500, \"body\": {\"error\": \"not reached\", "
		       "\"message\": [], \"summary\": {\"total_images_analyzed\": 0, "
		       "\"total_tags_analyzed\": 0, \"total_tags_found\": 0, "
		       "\"successfully_deleted\": 0, \"errors\": 1, \"namespaces_deleted\": 0, "
		       "\"namespace_errors\": 0, \"dry_run\": false, \"criteria_used\": "
		       "{\"delete_old_tags\": true, \"tag_name_pattern\": null, "
		       "\"delete_unused_namespaces\": false, \"target_namespace_id\": null, "
		       "\"target_image_id\": null}}}}");
	end(&run);
}

static void a_configuration_at_fault_is_answered(void **state)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct err err = { 0 };

	(void)state;
	assert_non_null(out);
	assert_int_equal(scaleway_json_refuse("cleanup.tag_name_pattern: \"(\"", out, &err), 0);
	assert_int_equal(fclose(out), 0);
	assert_same(text, "{\"statusCode\": 500, \"body\": {\"error\": "
			  "\"cleanup.tag_name_pattern: \\\"(\\\"\", \"message\": [], "
			  "\"summary\": {\"total_images_analyzed\": 0, \"total_tags_analyzed\": 0, "
			  "\"total_tags_found\": 0, \"successfully_deleted\": 0, \"errors\": 1, "
			  "\"namespaces_deleted\": 0, \"namespace_errors\": 0, \"dry_run\": false, "
			  "\"criteria_used\": null}}}");
}

static void a_stream_that_takes_nothing_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct err err = { 0 };

	(void)state;
	assert_non_null(full);
	assert_int_equal(scaleway_json_refuse("why", full, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_tells_what_it_deleted_and_why),
		cmocka_unit_test(a_dry_run_deletes_nothing_and_fails_at_nothing),
		cmocka_unit_test(what_failed_is_told_with_its_cause),
		cmocka_unit_test(namespaces_stand_behind_the_tags),
		cmocka_unit_test(a_run_that_read_nothing_has_an_error),
		cmocka_unit_test(a_configuration_at_fault_is_answered),
		cmocka_unit_test(a_stream_that_takes_nothing_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
