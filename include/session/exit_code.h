/* The exit codes of every command (clean-registry(8), EXIT STATUS). */
#ifndef SESSION_EXIT_CODE_H
#define SESSION_EXIT_CODE_H

#include <stdbool.h>
#include <stddef.h>

struct err; /* util/err.h */

enum exit_code {
	EXIT_ALL_DONE = 0,
	EXIT_PARTLY = 1,
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 3,
	EXIT_COLLECTOR = 4,
	EXIT_BUSY = 5,
	EXIT_SAFETY = 6,
	/* 70: util/xalloc.h; 128+n: stopped by signal n */
};

/* What a command did beside what ended it. */
struct exit_facts {
	size_t errors;         /* that did not end it */
	bool changed;          /* something was deleted, or written, before it ended */
	bool collector_failed; /* after the deletes */
};

/* ERR ended the command, or is none. Of several reasons the first that applies: 128+n, 4, 1, 0; 2,
 * 3, 5 and 6 say that nothing was changed. */
int exit_code(const struct err *err, struct exit_facts facts);

/* Of the exit codes of two registries the worse one: 128+n, 70, 4, 1, 3, 6, 2, 5, 0. What may have
 * been left half done goes before what did nothing. */
int exit_code_worse(int one, int other);
/* What it means, in a few words. Static. */
const char *exit_code_words(int code);

#endif
