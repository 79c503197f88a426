/* Retain lists: patterns, files, and what becomes of tags. */
#include "list_text.h"
#include "lists/retain_list.h"
#include "temporary.h"
#include "util/buf.h"
#include "util/notes.h"

#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void patterns_have_an_id_and_a_revision(void **state)
{
	static const struct {
		const char *pattern, *problem; /* how it begins; NULL: none */
	} cases[] = {
		{ "domino-{id}:{revision}", NULL },
		{ "dominodatalab/environment:{id}-{revision}", NULL },
		{ "a:{revision}{id}", NULL },
		{ "{id}:v{revision}.0", NULL },
		{ "a/{id}/b:{revision}", NULL },
		{ "a:{revision}.{id}_", NULL },
		{ "", "must be REPOSITORY:TAG" },
		{ "a-{id}-{revision}", "must be REPOSITORY:TAG" },
		{ "host:5000/a:{id}-{revision}", "must be REPOSITORY:TAG, without a host" },
		{ "a:{revision}", "must have {id} once" },
		{ "a-{id}:{id}-{revision}", "must have {id} once" },
		{ "a:{id}", "must have {revision} once, in the tag" },
		{ "a-{revision}:{id}", "must have {revision} once, in the tag" },
		{ "a-{revision}:{id}-{revision}", "must have {revision} once, in the tag" },
		{ "a:{id}-{revision}-{revision}", "must have {revision} once, in the tag" },
		{ "a:{id}-{revision}{tag}", "has a placeholder other" },
		{ "a:{id}-{{revision}", "has a placeholder other" },
		{ "a:{id}-{revision}}", "can be of no tag" },
		{ "a:-{id}-{revision}", "can be of no tag" },
		{ "a:{id}/{revision}", "can be of no tag" },
		{ "A:{id}-{revision}", "can be of no repository" },
		{ ":{id}-{revision}", "can be of no repository" },
		{ "a/:{id}-{revision}", "can be of no repository" },
		{ "/{id}:{revision}", "can be of no repository" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *problem = retain_list_pattern_problem(cases[i].pattern);

		print_message("# %s: %s\n", cases[i].pattern, problem ? problem : "");
		if (!cases[i].problem) {
			assert_null(problem);
		} else {
			assert_non_null(problem);
			assert_memory_equal(problem, cases[i].problem, strlen(cases[i].problem));
		}
	}
}

static char domino_old[] = "domino-{id}:{revision}";
static char domino_new[] = "dominodatalab/environment:{id}-{revision}";
static char domino_file[] = "/list";
static char *domino_patterns[] = { domino_old, domino_new, NULL };
static const struct config_retain_list DOMINO = {
	.file = domino_file, .patterns = { .items = domino_patterns, .count = 2 }
};

static struct retain_list *parse(const struct config_retain_list *settings, const char *text)
{
	struct notes faults = { 0 };
	struct retain_list *list =
		retain_list_parse(settings->file, &settings->patterns, text, strlen(text), &faults);

	assert_notes(&faults, "");
	assert_non_null(list);
	return list;
}

static void files_are_read_as_people_write_them(void **state)
{
	static const char *const texts[] = {
		"62798b9bee0eb12322fc97e8 31 30\n6286a3c76d4fd0362f8ba3ec\n",
		"\xef\xbb\xbf"
		"62798b9bee0eb12322fc97e8\t31 30\r\n\r\n6286a3c76d4fd0362f8ba3ec\r\n",
		"# ids\n\n  62798b9bee0eb12322fc97e8   31 30 # the newest\n#x y\n \t\n"
		"6286a3c76d4fd0362f8ba3ec",
		"62798b9bee0eb12322fc97e8 0031 30 30#\n6286a3c76d4fd0362f8ba3ec#1 2",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct retain_list *list = parse(&DOMINO, texts[i]);
		size_t id = 7;

		assert_int_equal(retain_list_count(list), 2);
		assert_string_equal(retain_list_id(list, 0), "62798b9bee0eb12322fc97e8");
		assert_string_equal(retain_list_id(list, 1), "6286a3c76d4fd0362f8ba3ec");
		assert_int_equal(
			retain_list_ask(list, "domino-62798b9bee0eb12322fc97e8", "31", &id),
			RETAIN_STAYS);
		assert_int_equal(id, 0);
		assert_int_equal(retain_list_ask(list, "dominodatalab/environment",
						 "6286a3c76d4fd0362f8ba3ec-2", &id),
				 RETAIN_GOES);
		assert_int_equal(id, 1);
		retain_list_free(list);
	}
	retain_list_free(NULL);
}

static void faults_name_their_lines(void **state)
{
	static const struct {
		const char *text, *faults;
	} cases[] = {
		{ "", "/list: lists no id" },
		{ "\xef\xbb\xbf# nothing\r\n", "/list: lists no id" },
		{ "a 1\nb x2", "/list: line 2: \"x2\" is no revision: it must be digits" },
		{ "a 1\n\nb -2\nc 1.0",
		  "/list: line 3: \"-2\" is no revision: it must be digits\n"
		  "/list: line 4: \"1.0\" is no revision: it must be digits" },
		{ "a 1,2", "/list: line 1: \"1,2\" is no revision: it must be digits" },
		{ "a 1\nb 2\na 3", "/list: line 3: a is on line 1 already" },
		{ "a:b 1", "/list: line 1: \"a:b\" can be no id: it could stand in no name" },
		{ "\xc3\xa4 1",
		  "/list: line 1: \"\xc3\xa4\" can be no id: it could stand in no name" },
		{ "a 1\nb\v2", "/list: line 2: NUL or another control character" },
		{ "a 1\rb 2\n", "/list: line 1: NUL or another control character" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct notes faults = { 0 };

		print_message("# case %zu\n", i);
		assert_null(retain_list_parse(DOMINO.file, &DOMINO.patterns, cases[i].text,
					      strlen(cases[i].text), &faults));
		assert_notes(&faults, cases[i].faults);
	}
}

static void what_is_no_list_is_not_read_to_its_end(void **state)
{
	struct notes faults = { 0 };
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_add(&text, "\0x\n", 3);
	assert_null(
		retain_list_parse(DOMINO.file, &DOMINO.patterns, text.data, text.length, &faults));
	assert_int_equal(faults.count, 21);
	assert_string_equal(faults.lines[19], "/list: line 20: NUL or another control character");
	assert_string_equal(faults.lines[20], "/list: the rest was not read");
	notes_clear(&faults);
	buf_free(&text);
}

static void tags_stay_or_go(void **state)
{
	static const struct {
		const char *pattern, *file, *repository, *tag;
		enum retain_answer answer;
	} cases[] = {
		{ "d-{id}:{revision}", "a 1", "d-a", "1", RETAIN_STAYS },
		{ "d-{id}:{revision}", "a 1", "d-a", "001", RETAIN_STAYS },
		{ "d-{id}:{revision}", "a 1", "d-a", "2", RETAIN_GOES },
		{ "d-{id}:{revision}", "a 1", "d-a", "11", RETAIN_GOES },
		{ "d-{id}:{revision}", "a 0", "d-a", "000", RETAIN_STAYS },
		{ "d-{id}:{revision}", "a 0", "d-a", "1", RETAIN_GOES },
		{ "d-{id}:{revision}", "a 1", "d-a", "v1", RETAIN_NOT_LISTED },
		{ "d-{id}:{revision}", "a 1", "d-a", "1-rc", RETAIN_NOT_LISTED },
		{ "d-{id}:{revision}", "a 1", "d-a", "latest", RETAIN_NOT_LISTED },
		{ "d-{id}:{revision}", "a 1", "d-b", "2", RETAIN_NOT_LISTED },
		{ "d-{id}:{revision}", "a 1", "d-", "2", RETAIN_NOT_LISTED },
		{ "d-{id}:{revision}", "a 1", "d", "2", RETAIN_NOT_LISTED },
		{ "d-{id}:{revision}", "a 1", "xd-a", "2", RETAIN_NOT_LISTED },
		{ "d-{id}:{revision}", "a 1", "d-a/b", "2", RETAIN_NOT_LISTED },
		{ "d-{id}:{revision}", "A 1", "d-a", "2", RETAIN_NOT_LISTED },
		{ "d/{id}/x:{revision}", "a", "d/a/x", "2", RETAIN_GOES },
		{ "d/{id}/x:{revision}", "a/b", "d/a/b/x", "2", RETAIN_GOES },
		{ "aa{id}aa:{revision}", "a", "aaa", "2", RETAIN_NOT_LISTED },
		{ "d-{id}:{revision}", "a 123456789012345678901234567890", "d-a",
		  "0123456789012345678901234567890", RETAIN_STAYS },
		{ "d-{id}:{revision}", "a 123456789012345678901234567890", "d-a",
		  "123456789012345678901234567891", RETAIN_GOES },
		{ "e:{id}-{revision}", "a 1", "e", "a-1", RETAIN_STAYS },
		{ "e:{id}-{revision}", "a 1", "e", "a-01", RETAIN_STAYS },
		{ "e:{id}-{revision}", "a 1", "e", "a-2", RETAIN_GOES },
		{ "e:{id}-{revision}", "a 1", "e", "a-", RETAIN_NOT_LISTED },
		{ "e:{id}-{revision}", "a 1", "e", "-2", RETAIN_NOT_LISTED },
		{ "e:{id}-{revision}", "a 1", "e", "a2", RETAIN_NOT_LISTED },
		{ "e:{id}-{revision}", "a 1", "e", "a-2-x", RETAIN_NOT_LISTED },
		{ "e:{id}-{revision}", "a 1", "e", "b-2", RETAIN_NOT_LISTED },
		{ "e:{id}-{revision}", "a 1", "ee", "a-2", RETAIN_NOT_LISTED },
		{ "e:{id}-{revision}", "a 1", "e/e", "a-2", RETAIN_NOT_LISTED },
		{ "e:v{id}-{revision}x", "a 1", "e", "va-1x", RETAIN_STAYS },
		{ "e:v{id}-{revision}x", "a 1", "e", "va-2", RETAIN_NOT_LISTED },
		{ "e:r{revision}.{id}", "a 1", "e", "r1.a", RETAIN_STAYS },
		{ "e:r{revision}.{id}", "a 1", "e", "r2.a", RETAIN_GOES },
		{ "e:r{revision}.{id}", "a 1", "e", "rx.a", RETAIN_NOT_LISTED },
		/* An id may have the separator in it. */
		{ "e:{id}-{revision}", "a-b 1", "e", "a-b-2", RETAIN_GOES },
		{ "e:{id}-{revision}", "a-1 1\na 1", "e", "a-1-2", RETAIN_GOES },
		/* Several ways to read one tag. */
		{ "e:{id}{revision}", "a 12\na1 3", "e", "a12", RETAIN_STAYS },
		{ "e:{id}{revision}", "a 13\na1 2", "e", "a12", RETAIN_STAYS },
		{ "e:{id}{revision}", "a 13\na1 3", "e", "a12", RETAIN_GOES },
		{ "e:{id}{revision}", "a1 3", "e", "a12", RETAIN_GOES },
		{ "e:{id}{revision}", "a12", "e", "a12", RETAIN_NOT_LISTED },
		{ "e:{revision}{id}", "2 1\n12", "e", "12", RETAIN_STAYS },
		{ "e:{revision}-{id}", "2-3 1\n3 2", "e", "1-2-3", RETAIN_STAYS },
		{ "e:{id}--{revision}", "a-\na 1", "e", "a---2", RETAIN_GOES },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char pattern[64];
		struct config_retain_list settings = {
			.file = domino_file,
			.patterns = { .items = (char *[]){ pattern, NULL }, .count = 1 },
		};
		struct retain_list *list;

		print_message("# %s, %s: %s:%s\n", cases[i].pattern, cases[i].file,
			      cases[i].repository, cases[i].tag);
		memcpy(pattern, cases[i].pattern, strlen(cases[i].pattern) + 1);
		list = parse(&settings, cases[i].file);
		assert_int_equal(retain_list_ask(list, cases[i].repository, cases[i].tag, NULL),
				 cases[i].answer);
		retain_list_free(list);
	}
}

static void a_listed_revision_of_any_pattern_stays(void **state)
{
	char one[] = "e:{id}-{revision}", two[] = "e:{id}{revision}";
	struct config_retain_list settings = {
		.file = domino_file,
		.patterns = { .items = (char *[]){ one, two, NULL }, .count = 2 },
	};
	struct retain_list *list = parse(&settings, "a\na- 2");
	size_t id = 7;

	(void)state;
	assert_int_equal(retain_list_ask(list, "e", "a-2", &id), RETAIN_STAYS);
	assert_int_equal(id, 1);
	assert_int_equal(retain_list_ask(list, "e", "a-3", &id), RETAIN_GOES);
	id = 7;
	assert_int_equal(retain_list_ask(list, "e", "b-3", &id), RETAIN_NOT_LISTED);
	assert_int_equal(id, 7);
	retain_list_free(list);
}

static void only_files_that_nobody_else_can_write_are_read(void **state)
{
	char *folder = temporary_folder();
	CLEANUP(free_p) char *path = xasprintf("%s/list", folder);
	CLEANUP(free_p) char *no_file = xasprintf("%s: not a regular file", folder);
	CLEANUP(free_p) char *absent = xasprintf("%s: No such file or directory", path);
	CLEANUP(free_p)
	char *open = xasprintf("%s: it can be written by others than its owner; run: chmod go-w %s",
			       path, path);
	struct config_retain_list settings = { .file = path, .patterns = DOMINO.patterns };
	struct notes faults = { 0 };
	struct retain_list *list;

	(void)state;
	assert_null(retain_list_load(settings.file, &settings.patterns, &faults));
	assert_notes(&faults, absent);
	temporary_text(folder, "list", "a 1\n");
	assert_int_equal(chmod(path, 0646), 0);
	assert_null(retain_list_load(settings.file, &settings.patterns, &faults));
	assert_notes(&faults, open);
	assert_int_equal(chmod(path, 0644), 0);
	list = retain_list_load(settings.file, &settings.patterns, &faults);
	assert_notes(&faults, "");
	assert_int_equal(retain_list_count(list), 1);
	retain_list_free(list);
	assert_int_equal(truncate(path, (64 << 20) + 1), 0);
	assert_null(retain_list_load(settings.file, &settings.patterns, &faults));
	assert_int_equal(faults.count, 1);
	assert_non_null(strstr(faults.lines[0], "list: longer than 64 MiB"));
	notes_clear(&faults);
	settings.file = folder;
	assert_null(retain_list_load(settings.file, &settings.patterns, &faults));
	assert_notes(&faults, no_file);
	temporary_remove(folder);
}

/* 100,000 ids, of which the first keeps 100,000 revisions, and as many tags of either. */
static void large_lists_take_no_time(void **state)
{
	struct buf text = { 0 };
	struct retain_list *list;
	struct timespec start, end;
	char tag[64];

	(void)state;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	buf_text(&text, "first");
	for (int i = 0; i < 100000; i++)
		buf_format(&text, " %d", i * 2);
	for (int i = 1; i < 100000; i++)
		buf_format(&text, "\n%024x %d", (unsigned)i, i);
	list = parse(&DOMINO, buf_string(&text));
	assert_int_equal(retain_list_count(list), 100000);
	for (int i = 1; i < 100000; i++) {
		snprintf(tag, sizeof tag, "%024x-%d", (unsigned)i, i);
		assert_int_equal(retain_list_ask(list, "dominodatalab/environment", tag, NULL),
				 RETAIN_STAYS);
		snprintf(tag, sizeof tag, "%d", i);
		assert_int_equal(retain_list_ask(list, "domino-first", tag, NULL),
				 i % 2 ? RETAIN_GOES : RETAIN_STAYS);
	}
	retain_list_free(list);
	buf_free(&text);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	assert_true(end.tv_sec - start.tv_sec < 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_have_an_id_and_a_revision),
		cmocka_unit_test(files_are_read_as_people_write_them),
		cmocka_unit_test(faults_name_their_lines),
		cmocka_unit_test(what_is_no_list_is_not_read_to_its_end),
		cmocka_unit_test(tags_stay_or_go),
		cmocka_unit_test(a_listed_revision_of_any_pattern_stays),
		cmocka_unit_test(only_files_that_nobody_else_can_write_are_read),
		cmocka_unit_test(large_lists_take_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
