/* several/lines: the name of its registry in front of each line of a child's. */
#include "several/lines.h"

#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *sentence;
	const char *said;
	const char *plain;   /* what is passed on */
	const char *journal; /* the same, where the journal reads it */
} ROWS[] = {
	{ "text", "2026 [INFO] i\n", "east: 2026 [INFO] i\n", "east: 2026 [INFO] i\n" },
	{ "an empty line", "\n", "east: \n", "east: \n" },
	{ "an object has the name", "{\"time\":\"t\",\"registry\":\"east\"}\n",
	  "{\"time\":\"t\",\"registry\":\"east\"}\n", "{\"time\":\"t\",\"registry\":\"east\"}\n" },
	{ "another object", "{\"x\":1}\n", "east: {\"x\":1}\n", "east: {\"x\":1}\n" },
	{ "a mark", "<4>[WARNING] w\n", "east: <4>[WARNING] w\n", "<4>east: [WARNING] w\n" },
	{ "a mark and an object", "<6>{\"time\":\"t\"}\n", "east: <6>{\"time\":\"t\"}\n",
	  "<6>{\"time\":\"t\"}\n" },
	{ "no mark", "<9>x\n<4\n<\n", "east: <9>x\neast: <4\neast: <\n",
	  "east: <9>x\neast: <4\neast: <\n" },
	{ "the last line has no end", "a\nb", "east: a\neast: b\n", "east: a\neast: b\n" },
};

/* What becomes of SAID, into TEXT; JOURNAL: that reads it. */
static void pass(const char *said, bool journal, char *text, size_t size)
{
	int from[2], to[2];
	struct lines_sink sink;
	struct lines lines = { .name = "east", .sink = &sink };
	struct stat status;
	char stream[64];
	ssize_t got;

	assert_int_equal(pipe(from), 0);
	assert_int_equal(pipe(to), 0);
	assert_int_equal(fstat(to[1], &status), 0);
	(void)snprintf(stream, sizeof stream, "%lu:%lu", (unsigned long)status.st_dev,
		       (unsigned long)status.st_ino);
	unsetenv("JOURNAL_STREAM");
	if (journal)
		setenv("JOURNAL_STREAM", stream, 1);
	sink = lines_sink_of(to[1]);
	lines.fd = from[0];
	assert_int_equal(write(from[1], said, strlen(said)), strlen(said));
	close(from[1]);
	lines_pass(&lines, true);
	lines_sink_clear(&sink);
	close(to[1]);
	got = read(to[0], text, size - 1);
	assert_true(got >= 0);
	text[got] = '\0';
	close(to[0]);
	unsetenv("JOURNAL_STREAM");
}

static void names_stand_where_they_should(void **state)
{
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		pass(ROWS[i].said, false, text, sizeof text);
		if (strcmp(text, ROWS[i].plain) != 0)
			fail_msg("%s: %s", ROWS[i].sentence, text);
		pass(ROWS[i].said, true, text, sizeof text);
		if (strcmp(text, ROWS[i].journal) != 0)
			fail_msg("%s, for the journal: %s", ROWS[i].sentence, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names_stand_where_they_should) };

	return cmocka_run_group_tests_name("several lines", tests, NULL, NULL);
}
