/* The table of questions: that its rows hang together, whoever added one. */
#include "run/questions.h"

#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static size_t place_of(const char *name)
{
	size_t i = 0;

	while (i < QUESTIONS_COUNT && strcmp(QUESTIONS[i].name, name) != 0)
		i++;
	return i;
}

static void names_are_stable_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < QUESTIONS_COUNT; i++) {
		const char *name = QUESTIONS[i].name;

		assert_int_equal(place_of(name), i);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		assert_true(QUESTIONS[i].text && *QUESTIONS[i].text);
		assert_true(QUESTIONS[i].stages != 0);
		assert_true(!QUESTIONS[i].ask != !QUESTIONS[i].ask_run);
	}
}

/* What is needed was asked before, by the same command, and says what is told of it. */
static void needs_come_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < QUESTIONS_COUNT; i++) {
		for (size_t n = 0; n < QUESTIONS_NEEDS && QUESTIONS[i].needs[n]; n++) {
			size_t needed = place_of(QUESTIONS[i].needs[n]);

			assert_in_range(needed, 0, i - 1);
			assert_non_null(QUESTIONS[needed].otherwise);
			assert_true(QUESTIONS[needed].stages & QUESTIONS_CHECK);
			assert_true(QUESTIONS[needed].kind == QUESTIONS_OF_ANY ||
				    QUESTIONS[needed].kind == QUESTIONS[i].kind);
		}
	}
}

/* What no configuration leaves to be asked is barred by that alone. */
static void all_need_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(place_of("configuration"), 0);
	for (size_t i = 1; i < QUESTIONS_COUNT; i++)
		if (QUESTIONS[i].stages & QUESTIONS_CHECK)
			assert_non_null(QUESTIONS[i].needs[0]);
}

/* The order in which a run asks: limits first, the collector last (docs/code.md). */
static void a_run_asks_in_this_order(void **state)
{
	static const struct {
		unsigned stages;
		const char *names[10];
	} CASES[] = {
		{ QUESTIONS_FIRST, { "limits", "last_collection" } },
		{ QUESTIONS_ACTING | QUESTIONS_TRIED,
		  { "collector_idle", "hazards", "probe", "collector" } },
		{ QUESTIONS_ACTING | QUESTIONS_FORESEEN,
		  { "collector_idle", "hazards", "read_only", "pull_through", "deletion", "door",
		    "collector" } },
	};

	(void)state;
	for (size_t c = 0; c < sizeof CASES / sizeof *CASES; c++) {
		size_t found = 0;

		for (size_t i = 0; i < QUESTIONS_COUNT; i++) {
			if (!(QUESTIONS[i].stages & CASES[c].stages))
				continue;
			assert_non_null(CASES[c].names[found]);
			assert_string_equal(QUESTIONS[i].name, CASES[c].names[found++]);
		}
		assert_null(CASES[c].names[found]);
	}
}

/* Of Scaleway's registry a run asks for its limits alone: there is no collector and no server of
 * ours. Without a configuration the questions are those of the v2 API. */
static void each_kind_has_its_own(void **state)
{
	struct config scaleway = { .registry = { .kind = KIND_SCALEWAY } };
	struct config v2 = { .registry = { .kind = KIND_V2 } };

	(void)state;
	for (size_t i = 0; i < QUESTIONS_COUNT; i++) {
		const struct question *question = &QUESTIONS[i];
		bool in_run = question->stages & ~(unsigned)QUESTIONS_CHECK;

		assert_int_equal(questions_applies(question, NULL),
				 questions_applies(question, &v2));
		assert_true(questions_applies(question, &v2) ||
			    questions_applies(question, &scaleway));
		if (in_run && questions_applies(question, &scaleway))
			assert_string_equal(question->name, "limits");
		if (question->collects)
			assert_false(questions_applies(question, &scaleway));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_stable_words),
		cmocka_unit_test(needs_come_before),
		cmocka_unit_test(all_need_the_configuration),
		cmocka_unit_test(a_run_asks_in_this_order),
		cmocka_unit_test(each_kind_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
