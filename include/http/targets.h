/* The places that a registry redirects to (object storages), and which of them cannot be reached
 * from here: that is found once, not for each blob. Private to src/http. */
#ifndef HTTP_TARGETS_H
#define HTTP_TARGETS_H

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
char *target_place(const char *url);
/* True when both lead to the same place. */
bool target_same(const char *a, const char *b);
/* The place of URL answered at NOW (monotonic, milliseconds): whatever was thought of it before. */
void targets_answered(struct targets *targets, const char *url, int64_t now);
/* A request that began at BEGAN_MS gave the place of URL up, because of WHY (copied). It is given
 * up for good unless it has answered since then or, where it was CONNECTED, ever. True when that is
 * news. */
bool targets_give_up(struct targets *targets, const char *url, int64_t began_ms, bool connected,
		     const char *why);
/* Why the place of URL was given up, or NULL. Borrowed until TARGETS change. */
const char *targets_given_up(const struct targets *targets, const char *url);

#endif
