/* What is made of the answers of du, good and bad. */
#include "measure/measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <string.h>

/* The prefix is a shell that plays du; $* is the command that it was asked to run. */
static void test_du_answers(void **state)
{
	static const struct {
		const char *what;
		const char *script;
		uint64_t allocated; /* MEASURE_UNKNOWN: an error */
		uint64_t unreadable;
		const char *message;
	} rows[] = {
		{ "the command as it should be",
		  "test \"$*\" = 'du -sk /store' && printf '12\\t/store\\n'", 12288, 0, "" },
		{ "a blank instead of a tab", "echo '7 /store'", 7168, 0, "" },
		{ "nothing there", "echo 'du: /store: No such file or directory' >&2; exit 1",
		  MEASURE_UNKNOWN, 0, "du: /store: No such" },
		{ "a file vanished",
		  "printf '5\\t/store\\n'; echo 'du: x: No such file or directory' >&2; exit 1",
		  5120, 0, "" },
		{ "two folders closed",
		  "printf '5\\t/store\\n'; printf 'du: x: Permission denied\\ndu: y: no\\n' >&2; "
		  "exit 1",
		  5120, 2, "du: x: Permission denied" },
		{ "nothing counted, and a failure", "printf '0\\t/store\\n'; exit 1",
		  MEASURE_UNKNOWN, 0, "exit status 1" },
		{ "no du in the image", "echo 'no du here' >&2; echo more >&2; exit 127",
		  MEASURE_UNKNOWN, 0, "no du here" },
		{ "killed", "kill -9 $$", MEASURE_UNKNOWN, 0, "signal 9" },
		{ "no number", "echo 'hello /store'", MEASURE_UNKNOWN, 0, "not understood" },
		{ "a negative number", "echo '-5 /store'", MEASURE_UNKNOWN, 0, "not understood" },
		{ "only a number", "echo 5", MEASURE_UNKNOWN, 0, "not understood" },
		{ "silence", "true", MEASURE_UNKNOWN, 0, "not understood" },
		{ "more than 64 bits of bytes", "echo '18014398509481984 /store'", MEASURE_UNKNOWN,
		  0, "not understood" },
		{ "more than 64 bits", "echo '99999999999999999999 /store'", MEASURE_UNKNOWN, 0,
		  "not understood" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *const exec[] = { "sh", "-c", rows[i].script, "sh", NULL };
		struct measurement result;
		struct err err = { 0 };
		int expected = rows[i].allocated == MEASURE_UNKNOWN ? -1 : 0;
		int measured = measure_by_du(exec, "/store", &result, &err);
		const char *text = measured == 0 ? result.first_unreadable : err.msg;

		if (measured != expected || result.allocated != rows[i].allocated ||
		    result.unreadable != rows[i].unreadable || !strstr(text, rows[i].message))
			fail_msg("%s: %d, %" PRIu64 ", %" PRIu64 ", \"%s\"", rows[i].what, measured,
				 result.allocated, result.unreadable, text);
		assert_null(strchr(text, '\n'));
	}
}

static void test_du_that_cannot_start(void **state)
{
	const char *const exec[] = { "clean-registry-no-such-program", NULL };
	struct measurement result;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(measure_by_du(exec, "/store", &result, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_true(result.allocated == MEASURE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_du_answers),
		cmocka_unit_test(test_du_that_cannot_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
