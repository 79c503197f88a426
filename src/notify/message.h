/* What is told of a run: a subject, a text for people, and the report. Private to src/notify. */
#ifndef NOTIFY_MESSAGE_H
#define NOTIFY_MESSAGE_H

#include "notify/report_file.h"

#include <stdbool.h>
#include <stddef.h>

struct deadline; /* notify/deadline.h */
struct report;   /* report/run_json.h */

#define MESSAGE_LINES 20 /* errors and warnings in the text; of more it says how many */

struct notify_message {
	/* One line of plain ASCII without control characters: "clean-registry: HOST: 12 tags
	 * deleted, 3.2 GiB freed"; nothing in it is from elsewhere than the configuration. */
	char *subject;
	/* Lines of UTF-8, each with its newline, without other control characters; names and
	 * messages from elsewhere are in it. Secrets are masked. At most some 12 KiB. */
	char *text;
	bool trouble, recovered; /* at most one of them */
	/* As JSON; fd is -1 where it could not be written. BRIEF: without its long lists. */
	struct report_file whole, brief;
	struct deadline *deadline; /* for the recipient */
};

/* Whether the run that REPORT is about deleted, collected or removed something. */
bool message_changed(const struct report *report);
/* Fills subject and text; KINDS are bits as those of notify/event.h; WHY: why it ended before the
 * log was open, or NULL. */
void message_make(struct notify_message *message, const struct report *report, unsigned kinds,
		  const char *why);
void message_clear(struct notify_message *message);

/* How many of the first MOST bytes of TEXT are whole characters of UTF-8; all when it is shorter.
 */
size_t message_cut(const char *text, size_t most);

#endif
