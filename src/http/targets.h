/* The places that a registry redirects to (object storages), and which of them cannot be reached
 * from here: that is found once, not for each blob. Private to src/http. */
#ifndef HTTP_TARGETS_H
#define HTTP_TARGETS_H

#include "http/silence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct target;

/* Zero-initialised is empty. No more than TARGETS_MOST are remembered, each as long as the engine.
 */
struct targets {
	struct target *items;
	size_t count, capacity;
};
#define TARGETS_MOST 64

void targets_free(struct targets *targets);
/* Where URL leads: its scheme, host and port, without credentials. The caller's. */
char *targets_place(const char *url);
/* The same for people: masked (util/secrets.h), and cut to 100 bytes. */
char *targets_told(const char *url);
/* True when both lead to the same place. */
bool targets_same(const char *a, const char *b);
/* The place of URL answered at NOW (monotonic, milliseconds): whatever was thought of it before. */
void targets_answered(struct targets *targets, const char *url, int64_t now);
/* True when the place of URL has answered before. */
bool targets_known(const struct targets *targets, const char *url);
/* The place of URL did not answer TRY. True when it is silent for good (http/silence.h). */
bool targets_silent(struct targets *targets, const char *url, const struct silence_try *try)
	__attribute__((warn_unused_result));
/* Gives the place of URL up for good because of WHY (copied), unless it has answered at SINCE_MS or
 * later. True when that is news. */
bool targets_give_up(struct targets *targets, const char *url, int64_t since_ms, const char *why);
/* Why the place of URL was given up, or NULL. Borrowed until TARGETS change. */
const char *targets_given_up(const struct targets *targets, const char *url);

#endif
