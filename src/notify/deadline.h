/* How long telling may take: each recipient its time, all of them together a minute, and only a few
 * seconds once a stop signal has asked us to end. Private to src/notify. */
#ifndef NOTIFY_DEADLINE_H
#define NOTIFY_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEADLINE_ALL_MS      60000 /* for all together */
#define DEADLINE_STOPPING_MS 5000  /* what is left of that after the first stop signal */
#define DEADLINE_SHARE_MS    2000  /* what is kept for each that is still to come */

struct deadline {
	int64_t all_until_ms; /* monotonic */
	int64_t until_ms;     /* for what is told now */
	unsigned seconds;     /* that this may take by its configuration, for messages */
	bool stopping;        /* a stop signal came; both were brought forward */
	bool none;            /* the others took all of it */
};

/* Begins the time for all. */
void deadline_begin(struct deadline *deadline);
/* Begins the time for the next recipient: SECONDS, or less, so that FOLLOWING others have some. */
void deadline_next(struct deadline *deadline, unsigned seconds, size_t following);
/* Milliseconds that the recipient has left; 0: its time is over, or a second stop signal came. */
int deadline_left(struct deadline *deadline);
/* Waits for so many milliseconds, or until the time is over. False: it is. */
bool deadline_pause(struct deadline *deadline, int milliseconds);
/* Why it is over, as a phrase; into TEXT, returned. */
const char *deadline_words(const struct deadline *deadline, char *text, size_t size);

#endif
