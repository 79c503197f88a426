/* Trouble, recovery, changes: from exit codes. */
#include "notify/event.h"

#include "config/config.h"
#include "session/exit_code.h"

bool event_counts(int exit_code)
{
	return exit_code != EXIT_BUSY;
}

enum event_outcome event_outcome(int exit_code)
{
	return exit_code == EXIT_ALL_DONE ? EVENT_GOOD : EVENT_TROUBLE;
}

unsigned event_kinds(int exit_code, bool changed, enum event_outcome before)
{
	unsigned kinds = 1U << NOTIFY_ALWAYS;

	if (changed)
		kinds |= 1U << NOTIFY_CHANGES;
	if (!event_counts(exit_code))
		return kinds;
	if (event_outcome(exit_code) == EVENT_TROUBLE)
		kinds |= 1U << NOTIFY_TROUBLE;
	else if (before == EVENT_TROUBLE)
		kinds |= 1U << NOTIFY_RECOVERY;
	return kinds;
}
