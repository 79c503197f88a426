/* The tables and the JSON of where the space goes, to the letter: plain text, and on terminals of
 * several widths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "forecast/usage.h"
#include "forecast/usage_tags.h"
#include "report/usage_json.h"
#include "report/usage_text.h"
#include "storage/uploads.h"
#include "util/xalloc.h"
#include "world.h"
#include "world_bodies.h"

#include <json-c/json.h>

#define KIB "1024"

/* team/app: 4 MiB alone, shares 2 MiB; tools: 1 MiB alone, shares 2 MiB; tiny: 1 byte. */
static const char WORLD[] =
	"repository team/app\nstorage\nblob l 2097152\nblob m 4194304\nblob n 1048576\n"
	"blob g 3145728\nimage A 9\nimage U 9\nlayers A l m\nlayers U m\ntag v1 A\ntag latest A\n"
	"repository tools\nimage B 3\nlayers B l n\ntag b B\nrepository tiny\nimage C none\n"
	"tag c C";

struct shown {
	struct inventory *inventory;
	struct usage *space;
	struct usage_tags *tags;
	struct space_view view;
	struct uploads uploads;
};

static void show_nothing(struct shown *shown)
{
	usage_tags_free(shown->tags);
	usage_free(shown->space);
	inventory_free(shown->inventory);
}

static void look_at(struct shown *shown, const char *world)
{
	*shown = (struct shown){ .inventory = world_new(world), .uploads = UPLOADS_NONE };
	world_bodies(shown->inventory);
	shown->space = usage_build(shown->inventory);
	shown->view = (struct space_view){
		.registry = "http://r",
		.storage = shown->inventory->from_storage ? "/srv/registry" : NULL,
		.inventory = shown->inventory,
		.space = shown->space,
		.uploads = shown->inventory->from_storage ? &shown->uploads : NULL,
		.repository = INVENTORY_NONE,
		.at = WORLD_NOW,
	};
}

static void look_at_tags(struct shown *shown, uint32_t repository)
{
	shown->tags = usage_tags_build(shown->inventory, repository);
	shown->view.tags = shown->tags;
	shown->view.repository = repository;
}

/* What PRINT writes; the caller frees it. */
static char *printed(const struct shown *shown, struct terminal terminal)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	if (shown->view.tags)
		usage_text_tags(&shown->view, terminal, out);
	else
		usage_text(&shown->view, terminal, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_prints(const struct shown *shown, struct terminal terminal, const char *expected)
{
	CLEANUP(free_p) char *text = printed(shown, terminal);

	assert_string_equal(text, expected);
}

static const struct terminal PLAIN = { 0 };

static void test_plain(void **state)
{
	struct shown shown;

	(void)state;
	look_at(&shown, WORLD);
	assert_prints(
		&shown, PLAIN,
		"http://r: 3 repositories, 4 tags, 4 manifests\n"
		"\n"
		"REPOSITORY         TAGS  MANIFESTS  UNTAGGED     ALONE    SHARED\n"
		"team/app              2          2         1     4 MiB     2 MiB\n"
		"tools                 1          1         0     1 MiB     2 MiB\n"
		"tiny                  1          1         0     1 B       0 B\n"
		"----------------------------------------------------------------\n"
		"shared by several                                2 MiB\n"
		"garbage                                          3 MiB\n"
		"total                 4          4         1    10 MiB\n"
		"\n"
		"Counted: the data of the 8 blobs in /srv/registry.\n"
		"ALONE adds up to the total. SHARED is counted in each repository that "
		"shares.\n"
		"Garbage: 1 blob that nothing refers to. A collection removes it: the next run's\n"
		"that deletes something, each run's with gc.when: always, or clean-registry "
		"collect.\n"
		"No upload is in progress.\n");
	show_nothing(&shown);
}

static void test_terminal(void **state)
{
	struct terminal terminal = { .width = 83, .utf8 = true };
	struct shown shown;

	(void)state;
	look_at(&shown, WORLD);
	shown.view.top = 1;
	assert_prints(
		&shown, terminal,
		"http://r: 3 repositories, 4 tags, 4 manifests\n"
		"\n"
		"REPOSITORY         TAGS  MANIFESTS  UNTAGGED     ALONE    SHARED  █ alone ░ "
		"shared\n"
		"team/app              2          2         1     4 MiB     2 MiB  "
		"██████████▋░░░░░\n"
		"2 others              2          2         0     1 MiB     2 MiB  ██▋░░░░░\n"
		"────────────────────────────────────────────────────────────────\n"
		"shared by several                                2 MiB            ░░░░░\n"
		"garbage                                          3 MiB            ████████\n"
		"total                 4          4         1    10 MiB\n"
		"\n"
		"Counted: the data of the 8 blobs in /srv/registry.\n"
		"ALONE adds up to the total. SHARED is counted in each repository that shares.\n"
		"Garbage: 1 blob that nothing refers to. A collection removes it: the next run's\n"
		"that deletes something, each run's with gc.when: always, or clean-registry "
		"collect.\n"
		"No upload is in progress.\n");
	show_nothing(&shown);
}

/* The first COUNT lines after the heading of the table. */
static void assert_lines(const struct shown *shown, struct terminal terminal, const char *expected)
{
	CLEANUP(free_p) char *text = printed(shown, terminal);
	const char *begin = strstr(text, "\n\n");

	assert_non_null(begin);
	if (strncmp(begin + 2, expected, strlen(expected)) != 0)
		fail_msg("%u columns: instead of\n%s\n%s", terminal.width, expected, begin + 2);
}

static void test_widths(void **state)
{
	struct shown shown;

	(void)state;
	look_at(&shown, WORLD);
	/* Without UTF-8. */
	assert_lines(&shown, (struct terminal){ .width = 83 },
		     "REPOSITORY         TAGS  MANIFESTS  UNTAGGED     ALONE    SHARED  # alone . "
		     "shared\n"
		     "team/app              2          2         1     4 MiB     2 MiB  "
		     "###########.....\n"
		     "tools                 1          1         0     1 MiB     2 MiB  ###.....\n"
		     "tiny                  1          1         0     1 B       0 B\n"
		     "----------------------------------------------------------------\n");
	/* No room for the legend. */
	assert_lines(&shown, (struct terminal){ .width = 76, .utf8 = true },
		     "REPOSITORY         TAGS  MANIFESTS  UNTAGGED     ALONE    SHARED\n"
		     "team/app              2          2         1     4 MiB     2 MiB  ██████░░░\n"
		     "tools                 1          1         0     1 MiB     2 MiB  █▌░░░\n"
		     "tiny                  1          1         0     1 B       0 B    ▏\n");
	/* None for bars. */
	assert_lines(&shown, (struct terminal){ .width = 74, .utf8 = true },
		     "REPOSITORY         TAGS  MANIFESTS  UNTAGGED     ALONE    SHARED\n"
		     "team/app              2          2         1     4 MiB     2 MiB\n");
	show_nothing(&shown);
}

static void test_colors(void **state)
{
	struct terminal terminal = { .width = 76, .utf8 = true, .color = true };
	struct shown shown;

	(void)state;
	look_at(&shown, WORLD);
	assert_lines(&shown, terminal,
		     "\033[1mREPOSITORY         TAGS  MANIFESTS  UNTAGGED     ALONE    "
		     "SHARED\033[0m\n"
		     "team/app              2          2         1     4 MiB     2 MiB  "
		     "\033[36m██████░░░\033[0m\n");
	show_nothing(&shown);
}

#define LONG "a/very/long/name/of/a/repository/that/has/no/room"

static void test_long_and_odd_names(void **state)
{
	struct shown shown;

	(void)state;
	look_at(&shown, "repository " LONG "\nstorage\nimage A 1\ntag \033x\xc3\xa4 A");
	assert_lines(&shown, PLAIN,
		     "REPOSITORY                                         TAGS  MANIFESTS  UNTAGGED "
		     "    ALONE    SHARED\n" LONG
		     "     1          1         0     1 B       0 B\n");
	assert_lines(&shown, (struct terminal){ .width = 80, .utf8 = true },
		     "REPOSITORY              TAGS  MANIFESTS  UNTAGGED     ALONE    SHARED\n"
		     "…tory/that/has/no/room     1          1         0     1 B       0 B    "
		     "████████\n");
	assert_lines(&shown, (struct terminal){ .width = 80 },
		     "REPOSITORY              TAGS  MANIFESTS  UNTAGGED     ALONE    SHARED\n"
		     "~tory/that/has/no/room     1          1         0     1 B       0 B    "
		     "########\n");
	look_at_tags(&shown, 0);
	assert_lines(&shown, (struct terminal){ .width = 80 },
		     "TAG                 SIZE     ALONE  CREATED     PUSHED      DIGEST\n"
		     "?x??               1 B       1 B    ");
	show_nothing(&shown);
}

static void test_tags(void **state)
{
	struct shown shown;

	(void)state;
	look_at(&shown, WORLD);
	look_at_tags(&shown, 0);
	shown.inventory->tags[0].pushed = WORLD_NOW;
	shown.inventory->tags[1].pushed = DATE_ABSENT;
	assert_prints(&shown, (struct terminal){ .width = 90 },
		      "http://r, repository team/app: 2 tags\n"
		      "\n"
		      "TAG                 SIZE     ALONE  CREATED     PUSHED      DIGEST        "
		      "# alone . rest\n"
		      "latest             6 MiB     0 B    2026-05-19  -           559aead08264  "
		      "...............\n"
		      "v1                 6 MiB     0 B    2026-05-19  2026-05-28  559aead08264  "
		      "...............\n"
		      "------------------------------------------------------------------------\n"
		      "total              6 MiB\n"
		      "\n"
		      "Counted: the data of blobs in /srv/registry.\n"
		      "SIZE counts what tags share in each of them; the total counts it once. "
		      "ALONE is\nwhat deleting that tag alone would free.\n");
	shown.view.top = 1;
	assert_lines(&shown, PLAIN,
		     "TAG                 SIZE     ALONE  CREATED     PUSHED      DIGEST\n"
		     "latest             6 MiB     0 B    2026-05-19  -           "
		     "sha256:559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd\n"
		     "1 other            6 MiB\n"
		     "-----------");
	show_nothing(&shown);
}

static void test_tags_without_manifest(void **state)
{
	struct shown shown;

	(void)state;
	look_at(&shown, "storage\nimage A 9\ntag a A\ndangling lost");
	look_at_tags(&shown, 0);
	assert_lines(&shown, (struct terminal){ .width = 90 },
		     "TAG                 SIZE     ALONE  CREATED     PUSHED      DIGEST        "
		     "# alone . rest\n"
		     "a                  1 B       1 B    2026-05-19  -           559aead08264  "
		     "###############\n"
		     "lost                   -         -  -           -           -\n");
	show_nothing(&shown);
}

static void test_api(void **state)
{
	struct shown shown;

	(void)state;
	look_at(&shown, "blob l " KIB "\nimage A 1\nlayers A l\ntag a A");
	shown.view.failures = 2;
	assert_prints(&shown, PLAIN,
		      "http://r: 1 repository, 1 tag, 1 manifest\n"
		      "\n"
		      "REPOSITORY         TAGS  MANIFESTS  UNTAGGED     ALONE    SHARED\n"
		      "repo                  1          1         -     1 KiB     0 B\n"
		      "----------------------------------------------------------------\n"
		      "shared by several                                0 B\n"
		      "garbage                                              -\n"
		      "total                 1          1         -     1 KiB\n"
		      "\n"
		      "Counted: 2 blobs, as their manifests state it. Garbage, untagged\n"
		      "manifests and uploads cannot be seen through the API.\n"
		      "ALONE adds up to the total. SHARED is counted in each repository that "
		      "shares.\n"
		      "INCOMPLETE: 2 things could not be read; the log names them.\n");
	show_nothing(&shown);
}

static void test_uploads_and_trouble(void **state)
{
	CLEANUP(free_p) char *text = NULL;
	struct shown shown;

	(void)state;
	look_at(&shown, "storage\nimage A 1\ntag a A");
	shown.view.failures = 1;
	shown.uploads = (struct uploads){
		.count = 2, .bytes = 1536, .newest = WORLD_NOW, .newest_repository = "team/app"
	};
	setenv("TZ", "UTC", 1);
	text = printed(&shown, PLAIN);
	assert_non_null(strstr(text, "\nNot counted: 2 uploads in progress with 1.5 KiB, written "
				     "to last\nat 2026-05-28 20:26:40 in team/app.\n"
				     "INCOMPLETE: 1 thing could not be read; the log names it.\n"
				     "What that refers to may be called garbage here.\n"));
	show_nothing(&shown);
}

static struct json_object *parsed(const struct shown *shown)
{
	CLEANUP(free_p) char *text = NULL;
	struct json_object *object = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	usage_json(&shown->view, out);
	assert_int_equal(fclose(out), 0);
	object = json_tokener_parse(text);
	assert_non_null(object);
	return object;
}

static void assert_json(const struct shown *shown, const char *expected)
{
	struct json_object *object = parsed(shown), *wanted = json_tokener_parse(expected);

	assert_non_null(wanted);
	assert_string_equal(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY),
			    json_object_to_json_string_ext(wanted, JSON_C_TO_STRING_PRETTY));
	json_object_put(object);
	json_object_put(wanted);
}

static void test_json(void **state)
{
	struct shown shown;

	(void)state;
	look_at(&shown, WORLD);
	shown.view.top = 1;
	shown.uploads = (struct uploads){
		.count = 1, .bytes = 7, .newest = WORLD_NOW, .newest_repository = "up"
	};
	assert_json(&shown,
		    "{\"version\": 1, \"at\": \"2026-05-28T20:26:40Z\", \"registry\": "
		    "\"http://r\", \"source\": \"storage\", \"storage\": \"/srv/registry\", "
		    "\"errors\": 0, \"bytes\": 10485764, \"blobs\": 8, \"alone_bytes\": 5242884, "
		    "\"shared_bytes\": 2097152, \"garbage_bytes\": 3145728, \"garbage_blobs\": 1, "
		    "\"tags\": 4, \"manifests\": 4, \"untagged_manifests\": 1, "
		    "\"uploads\": {\"count\": 1, \"bytes\": 7, "
		    "\"newest_at\": \"2026-05-28T20:26:40Z\", \"newest_repository\": \"up\"}, "
		    "\"repositories\": [{\"repository\": \"team/app\", \"tags\": 2, "
		    "\"manifests\": 2, \"untagged_manifests\": 1, \"alone_bytes\": 4194306, "
		    "\"shared_bytes\": 2097152}], "
		    "\"rest\": {\"repositories\": 2, \"tags\": 2, \"manifests\": 2, "
		    "\"untagged_manifests\": 0, \"alone_bytes\": 1048578, "
		    "\"shared_bytes\": 2097152}}");
	show_nothing(&shown);
}

static void test_json_of_unknown(void **state)
{
	struct shown shown;

	(void)state;
	look_at(&shown, "image A 1\ntag a A");
	shown.view.failures = 3;
	assert_json(&shown,
		    "{\"version\": 1, \"at\": \"2026-05-28T20:26:40Z\", \"registry\": "
		    "\"http://r\", \"source\": \"api\", \"storage\": null, "
		    "\"errors\": 3, \"bytes\": 1, \"blobs\": 1, \"alone_bytes\": 1, "
		    "\"shared_bytes\": 0, \"garbage_bytes\": null, \"garbage_blobs\": null, "
		    "\"tags\": 1, \"manifests\": 1, \"untagged_manifests\": null, "
		    "\"uploads\": null, "
		    "\"repositories\": [{\"repository\": \"repo\", \"tags\": 1, "
		    "\"manifests\": 1, \"untagged_manifests\": null, \"alone_bytes\": 1, "
		    "\"shared_bytes\": 0}], \"rest\": null}");
	show_nothing(&shown);
}

static void test_json_of_tags(void **state)
{
	struct shown shown;

	(void)state;
	look_at(&shown, "storage\nimage A 9\ntag a A\ndangling \"lost\"");
	look_at_tags(&shown, 0);
	shown.inventory->tags[0].pushed = WORLD_NOW;
	assert_json(&shown,
		    "{\"version\": 1, \"at\": \"2026-05-28T20:26:40Z\", \"registry\": "
		    "\"http://r\", \"source\": \"storage\", \"storage\": \"/srv/registry\", "
		    "\"errors\": 0, \"repository\": {\"repository\": \"repo\", \"tags\": 2, "
		    "\"manifests\": 1, \"untagged_manifests\": 0, \"alone_bytes\": 1, "
		    "\"shared_bytes\": 0}, \"bytes\": 1, \"tags\": [{\"tag\": \"a\", "
		    "\"digest\": "
		    "\"sha256:559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd\", "
		    "\"created_at\": \"2026-05-19T20:26:40Z\", "
		    "\"pushed_at\": \"2026-05-28T20:26:40Z\", \"bytes\": 1, "
		    "\"exclusive_bytes\": 1}, {\"tag\": \"\\\"lost\\\"\", \"digest\": null, "
		    "\"created_at\": null, \"pushed_at\": null, \"bytes\": null, "
		    "\"exclusive_bytes\": null}], \"rest\": null}");
	shown.view.top = 1;
	show_nothing(&shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_colors),
		cmocka_unit_test(test_long_and_odd_names),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_tags_without_manifest),
		cmocka_unit_test(test_api),
		cmocka_unit_test(test_uploads_and_trouble),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_of_unknown),
		cmocka_unit_test(test_json_of_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
