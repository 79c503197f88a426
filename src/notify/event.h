/* After which runs who is told: pure. Private to src/notify. */
#ifndef NOTIFY_EVENT_H
#define NOTIFY_EVENT_H

#include <stdbool.h>

/* How a run ended, as the next one remembers it. */
enum event_outcome {
	EVENT_UNKNOWN, /* nothing is remembered */
	EVENT_GOOD,
	EVENT_TROUBLE,
};

/* Of EXIT_CODE, which is not that of a run which did nothing because another one was at work. */
enum event_outcome event_outcome(int exit_code);
/* False: the run did nothing, as another one, or a collector, was at work (exit code 5). */
bool event_counts(int exit_code);
/* What happened, a bit (1U << NOTIFY_ALWAYS, …) for each kind: by the exit code, by whether the run
 * changed anything, and by how the one BEFORE it ended. */
unsigned event_kinds(int exit_code, bool changed, enum event_outcome before);

#endif
