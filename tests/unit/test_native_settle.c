/* The wait of the program that is installed; tests of whole runs are linked with another one. */
#include "run/native_settle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_it_is_a_minute(void **state)
{
	(void)state;
	assert_int_equal(NATIVE_SETTLE_SECONDS, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_it_is_a_minute) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
