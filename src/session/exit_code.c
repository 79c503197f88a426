/* One table of what ends a command, and of the code for that. */
#include "session/exit_code.h"

#include "util/err.h"
#include "util/stop_signal.h"

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
