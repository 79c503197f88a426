/* util/messages: what is kept, and what is only counted. */
#include "util/messages.h"

#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void the_first_are_kept_in_their_order(void **state)
{
	struct messages messages = { 0 };

	(void)state;
	for (int i = 0; i < MESSAGES_MOST + 5; i++) {
		CLEANUP(free_p) char *text = xasprintf("message %d", i);

		messages_add(&messages, i % 3 == 0, text);
	}
	assert_int_equal(messages.count, MESSAGES_MOST);
	assert_int_equal(messages.warnings + messages.errors, MESSAGES_MOST + 5);
	assert_int_equal(messages.errors, 335);
	assert_string_equal(messages.items[0].text, "message 0");
	assert_true(messages.items[0].is_error);
	assert_string_equal(messages.items[MESSAGES_MOST - 1].text, "message 999");
	messages_clear(&messages);
	assert_int_equal(messages.count + messages.warnings + messages.errors, 0);
}

static void a_long_one_is_cut(void **state)
{
	CLEANUP(free_p) char *text = xcalloc(1, MESSAGES_LENGTH + 100);
	struct messages messages = { 0 };

	(void)state;
	memset(text, 'x', MESSAGES_LENGTH + 99);
	messages_add(&messages, false, text);
	assert_int_equal(strlen(messages.items[0].text), MESSAGES_LENGTH);
	messages_clear(&messages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_are_kept_in_their_order),
		cmocka_unit_test(a_long_one_is_cut),
	};

	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
