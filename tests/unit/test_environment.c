/* util/environment: variables that are overwritten, and environments beside each other. */
#include "util/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As a process has it when it starts. */
static char secret[] = "SECRET=s3cr3t", other[] = "OTHER=stays", longer[] = "SECRETS=not this one";
static char *variables[] = { secret, other, longer, NULL };

static void start(void)
{
	memcpy(secret, "SECRET=s3cr3t", sizeof secret);
	variables[0] = secret;
	variables[1] = other;
	variables[2] = longer;
	variables[3] = NULL;
	environ = variables;
}

static void what_is_forgotten_is_overwritten(void **state)
{
	char **before = environ;

	(void)state;
	start();
	environment_forget("SECRET");
	assert_null(getenv("SECRET"));
	assert_string_equal(secret, "SECRET=");
	assert_string_equal(getenv("OTHER"), "stays");
	assert_string_equal(getenv("SECRETS"), "not this one");
	environment_forget("NONE");
	/* cmocka looks there for how it shall print. */
	environ = before;
}

static void a_copy_keeps_what_another_forgets(void **state)
{
	struct environment *started, *first, *second;
	char **before = environ;

	(void)state;
	start();
	started = environment_copy();
	first = environment_copy_of(started);
	environment_use(first);
	environment_forget("SECRET");
	assert_null(getenv("SECRET"));
	assert_string_equal(secret, "SECRET=s3cr3t");
	/* What the process was started with loses it only now. */
	environment_hide_others(first);
	assert_string_equal(secret, "SECRET=");
	assert_string_equal(other, "OTHER=stays");
	assert_string_equal(longer, "SECRETS=not this one");
	second = environment_copy_of(started);
	environment_use(second);
	assert_string_equal(getenv("SECRET"), "s3cr3t");
	/* Back to one that has it no more. */
	environment_use(first);
	environment_free(second);
	assert_null(getenv("SECRET"));
	assert_string_equal(getenv("OTHER"), "stays");
	environ = before;
	environment_free(first);
	environment_free(started);
	environment_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* This one first: it is about the very first environment. */
		cmocka_unit_test(a_copy_keeps_what_another_forgets),
		cmocka_unit_test(what_is_forgotten_is_overwritten),
	};

	return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
