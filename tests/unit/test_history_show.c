/* Runs as a table, over time, as JSON and as CSV: rows of a script, and what is shown of them. */
#include "history/history.h"
#include "history/show.h"

#include "util/buf.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

#define NOW INT64_C(1780000000) /* 2026-05-28T20:26:40Z */
#define DAY INT64_C(86400)
#define U   HISTORY_UNKNOWN
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* Runs, one a day, the last of them at NOW. */
struct runs {
	struct history_entry entries[400];
	struct history history;
	struct history_view view;
};

static struct history_entry *add(struct runs *runs, int64_t at, uint64_t freed, uint64_t storage,
				 uint64_t tags)
{
	struct history_entry *entry = &runs->entries[runs->history.count++];

	memset(entry, 0xff, sizeof *entry); /* all unknown */
	entry->started_at = at;
	entry->finished_at = at + 5;
	entry->exit_code = 0;
	strcpy(entry->command, "run");
	entry->duration_ms = 5250;
	entry->bytes_freed = freed;
	entry->storage_bytes = storage;
	entry->tags = tags;
	entry->tags_deleted = entry->tags_kept = tags == U ? U : 0;
	return entry;
}

static struct runs *new_runs(void)
{
	struct runs *runs = xcalloc(1, sizeof *runs);

	runs->history.entries = runs->entries;
	runs->view = (struct history_view){ .history = &runs->history,
					    .registry = "https://r.example/\"x\"",
					    .now = NOW,
					    .width = 60 };
	return runs;
}

static void test_setup(void)
{
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
}

/* What SHOW prints; the caller's. */
static char *shown(const struct runs *runs, void (*show)(const struct history_view *, FILE *))
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	show(&runs->view, stream);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void assert_shown(struct runs *runs, void (*show)(const struct history_view *, FILE *),
			 const char *expected)
{
	char *text = shown(runs, show);

	assert_string_equal(text, expected);
	free(text);
}

static void test_a_plot(void **state)
{
	struct runs *runs = new_runs();

	(void)state;
	for (int64_t i = 0; i < 9; i++)
		add(runs, NOW - (8 - i) * DAY, (uint64_t)i * 4 * MIB, 100 * GIB, 60 + (uint64_t)i);
	runs->view.utf8 = true;
	assert_shown(runs, history_plot,
		     "\nFreed\n"
		     "   32 MiB │       ▄█\n"
		     "          │    ▁▄███\n"
		     "          │  ▁▅█████\n"
		     "      0 B │▁▅███████\n"
		     "\nSize of the storage\n"
		     "  100 GiB │█████████\n"
		     "          │█████████\n"
		     "          │█████████\n"
		     "      0 B │█████████\n"
		     "\nTags\n"
		     "       68 │       ▄█\n"
		     "          │    ▁▄███\n"
		     "          │  ▁▅█████\n"
		     "       60 │▁▅███████\n"
		     "           2026-05-20  2026-05-28\n"
		     "A column is about 1 day; none: not known.\n");
	runs->view.utf8 = false;
	assert_shown(runs, history_plot,
		     "\nFreed\n"
		     "   32 MiB |       :#\n"
		     "          |    .:###\n"
		     "          |  .:#####\n"
		     "      0 B |.:#######\n"
		     "\nSize of the storage\n"
		     "  100 GiB |#########\n"
		     "          |#########\n"
		     "          |#########\n"
		     "      0 B |#########\n"
		     "\nTags\n"
		     "       68 |       :#\n"
		     "          |    .:###\n"
		     "          |  .:#####\n"
		     "       60 |.:#######\n"
		     "           2026-05-20  2026-05-28\n"
		     "A column is about 1 day; none: not known.\n");
	free(runs);
}

struct plot_row {
	const char *sentence;
	struct {
		double days; /* before NOW */
		uint64_t freed;
	} runs[12];          /* until a freed of 0 */
	const char *highest; /* line of the plot of what was freed; NULL: there is none */
};

static const struct plot_row PLOTS[] = {
	{ "one run is no plot", { { 1, 5 } }, NULL },
	{ "nor is what is not known", { { 3, U }, { 2, U }, { 1, 7 } }, NULL },
	{ "all alike", { { 3, 7 }, { 2, 7 }, { 1, 7 } }, "###" },
	{ "a night is missing", { { 5, 7 }, { 4, 7 }, { 2, 7 }, { 1, 7 } }, "## ##" },
	{ "a run that says nothing", { { 4, 7 }, { 3, U }, { 2, 7 }, { 1, 7 } }, "# ##" },
	{ "some minutes late", { { 3.01, 7 }, { 1.98, 7 }, { 1, 7 }, { 0, 7 } }, "####" },
	{ "two in a night are added up",
	  { { 4, 7 }, { 3, 7 }, { 2, 7 }, { 1.001, 7 }, { 1, 7 }, { 0, 14 } },
	  "   ##" },
	{ "the clock was wrong",
	  { { 3, 7 }, { -9999, 7 }, { 2, 7 }, { 20000, 7 }, { 1, 7 } },
	  "###" },
	{ "not in order", { { 1, 7 }, { 3, 7 }, { 2, 7 } }, "###" },
	{ "at the same moment", { { 1, 7 }, { 1, 7 } }, "#" },
	{ "as much as there is",
	  { { 3, U - 1 }, { 2, U - 1 }, { 1.001, U - 1 }, { 1, U - 1 } },
	  "###" },
};

/* The line of the largest, behind what is beside it. */
static const char *highest_line(const char *text)
{
	for (int i = 0; i < 2 && text; i++)
		text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
	return text ? strchr(text, '|') + 1 : NULL;
}

static void test_what_is_plotted_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PLOTS / sizeof *PLOTS; i++) {
		struct runs *runs = new_runs();
		char *text;

		for (size_t k = 0; PLOTS[i].runs[k].freed; k++)
			add(runs, NOW - (int64_t)(PLOTS[i].runs[k].days * (double)DAY),
			    PLOTS[i].runs[k].freed, U, U);
		text = shown(runs, history_plot);
		if (!PLOTS[i].highest && *text)
			fail_msg("%s: %s", PLOTS[i].sentence, text);
		if (PLOTS[i].highest) {
			const char *line = highest_line(text);
			size_t length = strlen(PLOTS[i].highest);

			if (!line || strncmp(line, PLOTS[i].highest, length) != 0 ||
			    line[length] != '\n')
				fail_msg("%s: %s", PLOTS[i].sentence, text);
		}
		free(text);
		free(runs);
	}
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length > longest)
			longest = length;
		text += length + (text[length] == '\n');
	}
	return longest;
}

static void test_nothing_is_wider_than_the_terminal(void **state)
{
	struct runs *runs = new_runs();

	(void)state;
	for (int64_t i = 0; i < 366; i++) {
		struct history_entry *entry =
			add(runs, NOW - (365 - i) * DAY, (uint64_t)i * 999 * MIB, 1023 * GIB,
			    i % 5 ? 123456789 : U);

		entry->exit_code = (int)(i % 8);
		entry->duration_ms = (uint64_t)i * 60000;
	}
	for (unsigned width = 40; width < 200; width += 7) {
		char *text;

		runs->view.width = width;
		text = shown(runs, history_plot);
		assert_true(longest_line(text) < width || width < 60);
		assert_null(strstr(text, " \n"));
		free(text);
		text = shown(runs, history_table);
		assert_null(strstr(text, " \n"));
		*strstr(text, "in part: ") = '\0';
		assert_true(longest_line(text) < width);
		free(text);
	}
	free(runs);
}

static void fill_two(struct runs *runs)
{
	struct history_entry *entry = add(runs, NOW - DAY, 3435973837, 44 * GIB, 1212);

	entry->tags_deleted = 12;
	entry->tags_kept = 1200;
	entry->collected = 1;
	entry = add(runs, NOW, U, U, U);
	entry->exit_code = 130;
	entry->duration_ms = U;
	strcpy(entry->command, "collect");
}

static void test_a_table(void **state)
{
	struct runs *runs = new_runs();

	(void)state;
	fill_two(runs);
	runs->view.width = 0;
	assert_shown(runs, history_table,
		     "BEGAN             COMMAND  OUTCOME  DELETED  KEPT    FREED  STORAGE   TOOK\n"
		     "2026-05-27 20:26  run      done          12  1200  3.2 GiB   44 GiB  5.2 s\n"
		     "2026-05-28 20:26  collect  stopped        -     -        -        -      -\n"
		     "stopped: exit code 130, stopped by a signal\n");
	runs->view.width = 40;
	assert_shown(runs, history_table,
		     "BEGAN        OUTCOME  DELETED    FREED\n"
		     "05-27 20:26  done          12  3.2 GiB\n"
		     "05-28 20:26  stopped        -        -\n"
		     "stopped: exit code 130, stopped by a signal\n");
	runs->view.first = 2;
	assert_shown(runs, history_table, "BEGAN  OUTCOME  DELETED  FREED  STORAGE\n");
	free(runs);
}

static void test_json(void **state)
{
	struct runs *runs = new_runs();

	(void)state;
	assert_shown(runs, history_json,
		     "{ \"version\": 1, \"registry\": \"https://r.example/\\\"x\\\"\", "
		     "\"damaged_lines\": 0, \"runs\": [] }\n");
	fill_two(runs);
	runs->view.first = 1;
	assert_shown(runs, history_json,
		     "{ \"version\": 1, \"registry\": \"https://r.example/\\\"x\\\"\", "
		     "\"damaged_lines\": 0, \"runs\": [\n"
		     "{ \"started_at\": \"2026-05-28T20:26:40Z\", \"finished_at\": "
		     "\"2026-05-28T20:26:45Z\", \"command\": \"collect\", \"exit_code\": 130, "
		     "\"outcome\": \"stopped by a signal\", \"seconds\": null, "
		     "\"repositories\": null, \"tags\": null, \"tags_kept\": null, "
		     "\"tags_deleted\": null, \"manifests_deleted\": null, \"tags_damaged\": null, "
		     "\"warnings\": null, \"errors\": null, \"collected\": null, "
		     "\"freed_bytes\": null, \"freed_blobs\": null, \"storage_bytes\": null, "
		     "\"image_bytes\": null, \"garbage_bytes\": null, \"untagged_bytes\": null, "
		     "\"trash_bytes\": null, \"file_system_free\": null }\n"
		     "] }\n");
	free(runs);
}

static void test_csv(void **state)
{
	struct runs *runs = new_runs();

	(void)state;
	fill_two(runs);
	assert_shown(runs, history_csv,
		     "started_at,finished_at,command,exit_code,outcome,seconds,repositories,tags,"
		     "tags_kept,tags_deleted,manifests_deleted,tags_damaged,warnings,errors,"
		     "collected,freed_bytes,freed_blobs,storage_bytes,image_bytes,garbage_bytes,"
		     "untagged_bytes,trash_bytes,file_system_free\r\n"
		     "2026-05-27T20:26:40Z,2026-05-27T20:26:45Z,run,0,\"everything planned was "
		     "done\",5.250,,1212,1200,12,,,,,true,3435973837,,47244640256,,,,,\r\n"
		     "2026-05-28T20:26:40Z,2026-05-28T20:26:45Z,collect,130,\"stopped by a "
		     "signal\",,,,,,,,,,,,,,,,,,\r\n");
	free(runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_plot),
		cmocka_unit_test(test_what_is_plotted_where),
		cmocka_unit_test(test_nothing_is_wider_than_the_terminal),
		cmocka_unit_test(test_a_table),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_csv),
	};

	test_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
