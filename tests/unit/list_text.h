/* What a file that is a list says, and what is wrong with it. */
#ifndef TESTS_LIST_TEXT_H
#define TESTS_LIST_TEXT_H

#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* NOTES are EXPECTED, one a line, and are cleared. */
static inline void assert_notes(struct notes *notes, const char *expected)
{
	char text[8192] = "";

	for (size_t i = 0; i < notes->count; i++) {
		assert_true(strlen(text) + strlen(notes->lines[i]) + 2 < sizeof text);
		if (i > 0)
			strcat(text, "\n");
		strcat(text, notes->lines[i]);
	}
	notes_clear(notes);
	assert_string_equal(text, expected);
}

#endif
