/* Tells people and services what became of a run: `notify` (webhooks, mail, commands), and a
 * service that notices when runs stay away (report.ping_url).
 *
 * Nothing here ever changes an exit code: what cannot be told is a warning, and does not keep the
 * others from being told. All of it together takes at most a minute, after a stop signal five
 * seconds, and ends at once at the second. Whoever calls it sees to it that a dry run does not
 * (S9). */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "util/err.h"

#include <stdbool.h>

struct config;        /* config/config.h */
struct config_notify; /* config/config.h */
struct report;        /* report/run_json.h */
struct state;         /* state/state.h */

/* Masks the secrets of `notify` and report.ping_url from now on (util/secrets.h). */
void notify_hide(const struct config *config);

/* Whether ITEM, which is called NAME, could be told, as far as files and commands of this host show
 * that: nothing is sent, and no command is run. -1 (ERR_USAGE, ERR_IO): why not, beginning with
 * NAME. A secret that everybody can read is a warning in the log. */
int notify_check(const struct config_notify *item, const char *name, struct err *err)
	__attribute__((warn_unused_result));

/* A run has begun, which sees that no other is at work. */
void notify_begun(const struct config *config);

struct notify_ended {
	const struct report *report; /* its exit code is final; most of it may be missing */
	const struct state *state;   /* NULL: it could not be opened */
	const char *why;             /* why it ended before the log was open, or NULL */
	bool pings;                  /* it is one that report.ping_url is for */
};
/* A run, or a verification, has ended. */
void notify_ended(const struct notify_ended *ended);

#endif
