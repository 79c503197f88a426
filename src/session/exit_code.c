/* One table of what ends a command, and of the code for that. */
#include "session/exit_code.h"

#include "util/err.h"
#include "util/stop_signal.h"
#include "util/xalloc.h"

#include <stddef.h>

int exit_code(const struct err *err, struct exit_facts facts)
{
	static const enum exit_code CODES[] = {
		[ERR_NONE] = EXIT_ALL_DONE,       [ERR_IO] = EXIT_PARTLY,
		[ERR_USAGE] = EXIT_USAGE,         [ERR_UNREACHABLE] = EXIT_UNREACHABLE,
		[ERR_COLLECTOR] = EXIT_COLLECTOR, [ERR_BUSY] = EXIT_BUSY,
		[ERR_SAFETY] = EXIT_SAFETY,       [ERR_STOPPED] = EXIT_PARTLY,
	};
	enum exit_code code = CODES[err->kind];

	if (err->kind == ERR_STOPPED || stop_signal())
		return 128 + stop_signal();
	if (code == EXIT_COLLECTOR || facts.collector_failed)
		return EXIT_COLLECTOR;
	if (facts.changed && (code == EXIT_UNREACHABLE || code == EXIT_BUSY || code == EXIT_SAFETY))
		return EXIT_PARTLY;
	return code == EXIT_ALL_DONE && facts.errors ? EXIT_PARTLY : (int)code;
}

/* The worst first; of those that are in no table, and so mean a signal, all are worse. */
static const struct {
	int code;
	const char *words;
} WORST_FIRST[] = {
	{ EXIT_INTERNAL, "out of memory, or an internal error" },
	{ EXIT_COLLECTOR, "the collector failed, or cannot work" },
	{ EXIT_PARTLY, "done in part, or trouble was found" },
	{ EXIT_UNREACHABLE, "not reached, or refused" },
	{ EXIT_SAFETY, "refused by a safety limit" },
	{ EXIT_USAGE, "configuration or state at fault" },
	{ EXIT_BUSY, "another one is at work" },
	{ EXIT_ALL_DONE, "everything planned was done" },
};
#define CODES (sizeof WORST_FIRST / sizeof *WORST_FIRST)

/* Where CODE is in the table; CODES: nowhere. */
static size_t place_of(int code)
{
	size_t i = 0;

	while (i < CODES && WORST_FIRST[i].code != code)
		i++;
	return i;
}

int exit_code_worse(int one, int other)
{
	size_t a = place_of(one), b = place_of(other);

	if (a == CODES || b == CODES)
		return a == CODES ? one : other;
	return a <= b ? one : other;
}

const char *exit_code_words(int code)
{
	size_t place = place_of(code);

	return place < CODES ? WORST_FIRST[place].words : "stopped by a signal";
}
