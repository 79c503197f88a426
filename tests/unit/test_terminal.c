/* What a descriptor's terminal can show, asked of real pseudo-terminals. */
#include "util/terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *sentence;
	unsigned short columns;
	const char *term, *locale, *no_color;
	struct terminal expected;
} ROWS[] = {
	{ "as wide as it says", 132, "xterm", "C", NULL, { 132, false, true } },
	{ "one that does not say", 0, "xterm", "C", NULL, { 80, false, true } },
	{ "one that exaggerates", 20000, "xterm", "C", NULL, { 1000, false, true } },
	{ "UTF-8", 80, "xterm", "C.UTF-8", NULL, { 80, true, true } },
	{ "an unknown locale", 80, "xterm", "xx_XX.UTF-8", NULL, { 80, false, true } },
	{ "no colours", 80, "xterm", "C.UTF-8", "1", { 80, true, false } },
	{ "NO_COLOR is empty", 80, "xterm", "C.UTF-8", "", { 80, true, true } },
	{ "a dumb one", 80, "dumb", "C.UTF-8", NULL, { 0, false, false } },
	{ "an unnamed one", 80, NULL, "C.UTF-8", NULL, { 0, false, false } },
	{ "one without a name", 80, "", "C.UTF-8", NULL, { 0, false, false } },
};

static void set(const char *name, const char *value)
{
	assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void test_terminals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct winsize window = { .ws_row = 25, .ws_col = ROWS[i].columns };
		struct terminal terminal;
		int ours = -1, theirs = -1;

		print_message("# %s\n", ROWS[i].sentence);
		assert_int_equal(openpty(&ours, &theirs, NULL, NULL, &window), 0);
		set("TERM", ROWS[i].term);
		set("LC_ALL", ROWS[i].locale);
		set("NO_COLOR", ROWS[i].no_color);
		terminal = terminal_of(theirs);
		close(theirs);
		close(ours);
		assert_int_equal(terminal.width, ROWS[i].expected.width);
		assert_int_equal(terminal.utf8, ROWS[i].expected.utf8);
		assert_int_equal(terminal.color, ROWS[i].expected.color);
	}
}

static void test_no_terminal(void **state)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct terminal terminal;

	(void)state;
	set("TERM", "xterm");
	set("LC_ALL", "C.UTF-8");
	terminal = terminal_of(fd);
	close(fd);
	assert_int_equal(terminal.width, 0);
	assert_false(terminal.utf8);
	assert_false(terminal.color);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminals),
		cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
